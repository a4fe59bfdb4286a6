#include "suite/row.h"

#include <algorithm>

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

Json to_json(const ContenderTime& time) {
  Json json = {{"name", time.name}, {"ms", time.ms}, {"low_ms", time.low_ms}, {"high_ms", time.high_ms}};
  if (!time.source.empty()) json["source"] = time.source;
  return json;
}

}  // namespace

bool SuiteRow::is_degenerate() const {
  return qualifier.find("vacuous") != std::string::npos || qualifier.find("trivial") != std::string::npos;
}

const ContenderTime* SuiteRow::time(std::string_view contender) const {
  const auto found = std::find_if(times.begin(), times.end(), [&](const ContenderTime& one) { return one.name == contender; });
  return found == times.end() ? nullptr : &*found;
}

double SuiteRow::speedup(std::string_view baseline) const {
  const ContenderTime *ours = time(kTriton), *other = time(baseline);
  return accepted() && ours != nullptr && other != nullptr && ours->ms > 0 ? other->ms / ours->ms : 0;
}

const ContenderTime* SuiteRow::best_baseline() const {
  const ContenderTime* best = nullptr;
  for (const ContenderTime& one : times)
    if (one.name != kTriton && one.name != "max-autotune" && (best == nullptr || one.ms < best->ms)) best = &one;
  return best;
}

Json to_json(const SuiteRow& row) {
  Json json;
  visit_fields(row, Writer{json});
  json["authors"] = row.authors;
  json["work"] = to_json(row.work);
  json["times"] = Json::array();
  for (const ContenderTime& time : row.times) json["times"].push_back(to_json(time));
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

std::vector<ContenderTime> read_times(const Json& answer) {
  std::vector<ContenderTime> times;
  const Json* details = find(answer, "details");
  if (details == nullptr || !details->is_object()) return times;
  for (const auto& [name, one] : details->items()) {
    const double ms = number_or(one, "median_ms");
    if (ms <= 0) continue;
    times.push_back(
        {name == "candidate" ? std::string(kTriton) : name, ms, number_or(one, "low_ms", ms), number_or(one, "high_ms", ms), {}});
  }
  return times;
}

}  // namespace ka
