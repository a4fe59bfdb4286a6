#include "suite/suite.h"

#include <algorithm>

#include "base/build_info.h"
#include "base/file.h"
#include "base/text.h"
#include "suite/report.h"

namespace ka {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kKind = "suite";
constexpr std::string_view kHead = "suite.json";
constexpr std::string_view kSittings = "sittings.json";

std::string row_file(const std::string& problem) { return "rows/" + problem + ".json"; }

Json to_json(const SuiteOrder& order) {
  Json json;
  json["shard"] = order.shard;
  json["bench"] = order.bench;
  json["bench_seconds"] = order.bench_seconds;
  json["against"] = order.against;
  json["baselines"] = order.baselines.string();
  json["settings"] = order.settings;
  json["problems"] = Json::array();
  for (const SuiteProblem& problem : order.problems)
    json["problems"].push_back({{"name", problem.name}, {"path", problem.path.string()}});
  return json;
}

SuiteOrder order_from_json(const Json& json) {
  SuiteOrder order;
  order.shard = string_or(json, "shard");
  order.bench = bool_or(json, "bench", true);
  order.bench_seconds = number_or(json, "bench_seconds", 2);
  order.against = string_or(json, "against");
  order.baselines = string_or(json, "baselines");
  if (const Json* settings = find(json, "settings"); settings != nullptr && settings->is_object())
    for (const auto& [key, value] : settings->items())
      if (value.is_string()) order.settings[key] = value.get<std::string>();
  if (const Json* problems = find(json, "problems"); problems != nullptr && problems->is_array())
    for (const Json& problem : *problems) order.problems.push_back({string_or(problem, "name"), string_or(problem, "path")});
  return order;
}

/// What must be equal for rows to stand in one report.
Json comparable(const Json& head) {
  const Json* machine = find(head, "machine");
  Json facts;
  for (const char* key : {"gpu", "driver", "python", "torch", "triton", "cuda"})
    facts[key] = machine != nullptr && machine->contains(key) ? machine->at(key) : Json();
  return facts;
}

Json machine_facts(const Json& machine) {
  Json facts;
  const Json* versions = find(machine, "versions");
  const Json* devices = find(machine, "devices");
  const Json first = devices != nullptr && !devices->empty() ? devices->front() : Json::object();
  facts["gpu"] = string_or(first, "name");
  facts["driver"] = string_or(first, "driver");
  for (const char* key : {"python", "torch", "triton", "cuda"}) facts[key] = versions == nullptr ? "" : string_or(*versions, key);
  facts["sandbox"] = string_or(machine, "sandbox");
  return facts;
}

bool goes_before(const SuiteRow& newer, const SuiteRow& older) {
  const auto worth = [](const SuiteRow& row) { return (row.accepted() ? 2 : 0) + (row.time(kTriton) != nullptr ? 1 : 0); };
  return worth(newer) >= worth(older);
}

}  // namespace

Suite::Suite(RunDirectory directory, Json head, SuiteOrder order)
    : directory_(std::move(directory)), head_(std::move(head)), order_(std::move(order)) {}

Result<Suite> Suite::begin(const fs::path& runs, SuiteOrder order, const Json& machine) {
  KA_TRY(RunDirectory directory, RunDirectory::create(runs, kKind));
  Json head;
  head["format"] = "kernelagent-suite";
  head["version"] = 1;
  head["suite"] = directory.id();
  head["started"] = utc_timestamp();
  head["kernelagent"] = {{"version", version()}, {"commit", commit()}};
  head["machine"] = machine_facts(machine);
  head["order"] = to_json(order);
  KA_CHECK_OK(directory.write(kHead, pretty(head)));
  Suite suite(std::move(directory), std::move(head), std::move(order));
  KA_CHECK_OK(suite.read_rows());
  return suite;
}

Result<Suite> Suite::look(const fs::path& runs, const std::string& name) {
  KA_TRY(RunDirectory directory, RunDirectory::open(runs, name, kKind));
  KA_TRY(Json head, directory.read_json(kHead));
  const Json* order = find(head, "order");
  if (string_or(head, "format") != "kernelagent-suite" || order == nullptr)
    return fail(Fault::kInput, "this is no suite", directory.file(kHead).string());
  SuiteOrder known = order_from_json(*order);
  Suite suite(std::move(directory), std::move(head), std::move(known));
  KA_CHECK_OK(suite.read_rows());
  return suite;
}

Result<Suite> Suite::resume(const fs::path& runs, const std::string& name) {
  KA_TRY(Suite suite, look(runs, name));
  KA_CHECK_OK(suite.directory_.lock());
  return suite;
}

Result<Suite> Suite::merge(const fs::path& runs, const std::vector<std::string>& names) {
  std::vector<Suite> parts;
  for (const std::string& name : names) {
    KA_TRY(Suite part, look(runs, name));
    parts.push_back(std::move(part));
  }
  std::sort(parts.begin(), parts.end(), [](const Suite& a, const Suite& b) { return a.id() < b.id(); });
  Json head = parts.front().head();
  SuiteOrder order = parts.front().order();
  order.problems.clear();
  order.shard.clear();
  Json from = Json::array(), sittings = Json::array();
  std::map<std::string, SuiteRow> rows;
  for (const Suite& part : parts) {
    const Json here = comparable(part.head()), first = comparable(head);
    for (const auto& [key, value] : first.items())
      if (here.at(key) != value)
        return fail(Fault::kInput, fmt::format("the suites differ in {}: {} and {}", key, compact(value), compact(here.at(key))),
                    part.id(), "only shards of one GPU model, driver and versions make one report");
    from.push_back(part.id());
    for (const Json& sitting : part.sittings_) sittings.push_back(sitting);
    for (const SuiteRow& row : part.rows()) {
      const auto known = rows.find(row.problem);
      if (known == rows.end() || goes_before(row, known->second)) rows[row.problem] = row;
    }
  }
  for (const auto& [name, row] : rows) order.problems.push_back({name, row.path});
  std::sort(order.problems.begin(), order.problems.end(),
            [](const SuiteProblem& a, const SuiteProblem& b) { return counts_before(a.name, b.name); });
  KA_TRY(RunDirectory directory, RunDirectory::create(runs, kKind));
  head["suite"] = directory.id();
  head["merged_from"] = std::move(from);
  head["order"] = to_json(order);
  KA_CHECK_OK(directory.write(kHead, pretty(head)));
  KA_CHECK_OK(directory.write(kSittings, pretty(sittings)));
  for (const auto& [name, row] : rows) {
    KA_CHECK_OK(directory.write(row_file(name), pretty(ka::to_json(row))));
  }
  Suite suite(std::move(directory), std::move(head), std::move(order));
  KA_CHECK_OK(suite.read_rows());
  return suite;
}

Status Suite::read_rows() {
  rows_.clear();
  for (const SuiteProblem& problem : order_.problems) {
    SuiteRow fresh;
    fresh.problem = problem.name;
    fresh.path = problem.path.string();
    const std::string file = row_file(problem.name);
    if (directory_.has(file)) {
      KA_TRY(const Json json, directory_.read_json(file));
      KA_TRY(fresh, row_from_json(json));
    }
    rows_.push_back(std::move(fresh));
  }
  if (const Result<Json> sittings = directory_.read_json(kSittings); sittings && sittings->is_array()) sittings_ = *sittings;
  return {};
}

double Suite::seconds() const {
  double total = 0;
  for (const Json& sitting : sittings_) total += number_or(sitting, "seconds");
  return total;
}

Status Suite::keep(const SuiteRow& row) {
  KA_CHECK_OK(directory_.write(row_file(row.problem), pretty(ka::to_json(row))));
  // This sitting's entry grows until the end, however that comes.
  if (!sittings_.empty() && string_or(sittings_.back(), "started") == began_) sittings_.erase(sittings_.end() - 1);
  sittings_.push_back({{"started", began_}, {"seconds", clock_.seconds()}});
  return directory_.write(kSittings, pretty(sittings_));
}

Status Suite::keep_log(const SuiteRow& row, const std::string& text) const {
  return directory_.write("logs/" + row.problem + ".txt", text);
}

Status Suite::report() const {
  const Report report = make_report(head_, rows_, seconds());
  KA_CHECK_OK(directory_.write("report.json", pretty(report.json)));
  KA_CHECK_OK(directory_.write("report.md", report.markdown));
  return directory_.write("report.html", report.html);
}

}  // namespace ka
