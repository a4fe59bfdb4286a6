#include "suite/row.h"

#include <algorithm>

#include "base/text.h"

namespace ka {
namespace {

/// Visits every field once, so that writing and reading cannot disagree.
void visit_fields(auto& row, auto&& f) {
  f("problem", row.problem), f("path", row.path), f("run", row.run), f("judged", row.judged), f("timed", row.timed);
  f("status", row.status), f("verdict", row.verdict), f("qualifier", row.qualifier), f("reason", row.reason),
      f("where", row.where);
  f("needs_bytes", row.needs_bytes), f("route", row.route), f("subgraphs", row.subgraphs), f("kernels", row.kernels);
  f("launches", row.launches), f("rms_error", row.rms_error), f("bound_used", row.bound_used), f("seconds", row.seconds);
  f("bench_seconds", row.bench_seconds), f("calls", row.calls), f("tokens", row.tokens), f("usd", row.usd);
  f("planned_bytes", row.planned_bytes), f("gpu", row.gpu), f("untimed", row.untimed);
}

struct Writer {
  Json& json;
  void operator()(const char* key, const double& value) { json[key] = number_to_json(value); }
  void operator()(const char* key, const auto& value) { json[key] = value; }
};

struct Reader {
  const Json& json;
  void operator()(const char* key, std::string& value) { value = string_or(json, key); }
  void operator()(const char* key, bool& value) { value = bool_or(json, key); }
  void operator()(const char* key, int64_t& value) { value = int_or(json, key); }
  void operator()(const char* key, double& value) {
    const Json* found = find(json, key);
    value = found == nullptr ? 0 : number_from_json(*found).value_or(0);
  }
};

Json to_json(const RowTime& time) {
  Json json = {{"name", time.name}, {"ms", time.ms}, {"low_ms", time.low_ms}, {"high_ms", time.high_ms}};
  if (!time.source.empty()) json["source"] = time.source;
  return json;
}

}  // namespace

bool SuiteRow::is_degenerate() const {
  return qualifier.find("vacuous") != std::string::npos || qualifier.find("trivial") != std::string::npos;
}

const RowTime* SuiteRow::time(std::string_view contender) const {
  const auto found = std::find_if(times.begin(), times.end(), [&](const RowTime& one) { return one.name == contender; });
  return found == times.end() ? nullptr : &*found;
}

double SuiteRow::speedup(std::string_view baseline) const {
  const RowTime *ours = time(kTriton), *other = time(baseline);
  return accepted() && ours != nullptr && other != nullptr && ours->ms > 0 ? other->ms / ours->ms : 0;
}

const RowTime* SuiteRow::best_baseline() const {
  const RowTime* best = nullptr;
  for (const char* name : {"eager", "compile", "reduce-overhead"})
    if (const RowTime* one = time(name); one != nullptr && (best == nullptr || one->ms < best->ms)) best = one;
  return best;
}

Json to_json(const SuiteRow& row) {
  Json json;
  visit_fields(row, Writer{json});
  json["authors"] = row.authors;
  json["work"] = to_json(row.work);
  json["times"] = Json::array();
  for (const RowTime& time : row.times) json["times"].push_back(to_json(time));
  return json;
}

Result<SuiteRow> row_from_json(const Json& json) {
  SuiteRow row;
  visit_fields(row, Reader{json});
  if (row.problem.empty()) return fail(Fault::kInput, "this is no row of a suite: it names no problem");
  if (const Json* authors = find(json, "authors"); authors != nullptr && authors->is_object())
    for (const auto& [name, count] : authors->items())
      if (count.is_number_integer()) row.authors[name] = count.get<int64_t>();
  if (const Json* work = find(json, "work")) row.work = work_from_json(*work);
  if (const Json* times = find(json, "times"); times != nullptr && times->is_array())
    for (const Json& one : *times)
      row.times.push_back({string_or(one, "name"), number_or(one, "ms"), number_or(one, "low_ms"), number_or(one, "high_ms"),
                           string_or(one, "source")});
  return row;
}

std::vector<RowTime> read_times(const Json& answer) {
  std::vector<RowTime> times;
  const auto add = [&](std::string name, const Json& one) {
    RowTime time{std::move(name), number_or(one, "median_ms"), 0, 0, {}};
    const Json* interval = find(one, "interval_ms");
    if (interval != nullptr && interval->is_array() && interval->size() == 2 && interval->at(0).is_number() &&
        interval->at(1).is_number())
      time.low_ms = interval->at(0).get<double>(), time.high_ms = interval->at(1).get<double>();
    if (time.ms > 0) times.push_back(std::move(time));
  };
  if (const Json* candidate = find(answer, "candidate")) add(std::string(kTriton), *candidate);
  if (const Json* baselines = find(answer, "baselines"); baselines != nullptr && baselines->is_array())
    for (const Json& one : *baselines) add(string_or(one, "name"), one);
  return times;
}

std::string what_failed(const Json& answer) {
  std::vector<std::string> all;
  const auto look = [&](const std::string& name, const Json& one) {
    if (const std::string failure = string_or(one, "failure"); !failure.empty())
      all.push_back(fmt::format("{}: {}", name, failure));
  };
  if (const Json* candidate = find(answer, "candidate")) look(std::string(kTriton), *candidate);
  if (const Json* baselines = find(answer, "baselines"); baselines != nullptr && baselines->is_array())
    for (const Json& one : *baselines) look(string_or(one, "name"), one);
  if (const Json* conditions = find(answer, "conditions"))
    if (const std::string disturbed = string_or(*conditions, "disturbed"); !disturbed.empty())
      all.push_back("disturbed: " + disturbed);
  return join(all, "; ");
}

}  // namespace ka
