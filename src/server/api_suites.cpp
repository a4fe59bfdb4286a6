#include <algorithm>

#include "base/file.h"
#include "server/api.h"
#include "server/order.h"
#include "suite/statistics.h"
#include "suite/suite.h"

namespace ka {
namespace {

constexpr std::string_view kKind = "suite";
constexpr const char* kUploaded = "uploaded";  ///< the folder in the names of problems that came as texts

Result<RunDirectory> open(const Desk& desk, const std::string& suite) {
  const auto all = list_runs(desk.config().runs, kKind);
  if (std::find(all.begin(), all.end(), suite) == all.end())
    return fail(Fault::kInput, fmt::format("there is no suite '{}'", suite), {},
                "it may have been deleted; look at the list of suites");
  return RunDirectory::open(desk.config().runs, (desk.config().runs / suite).string(), kKind);
}

/// What the list says of a suite, from its last report; one that has none yet has only begun.
Json summary_of(const RunDirectory& suite) {
  Json summary = {{"id", suite.id()}, {"running", suite.is_live()}, {"problems", 0}, {"judged", 0}, {"accepted", 0}};
  if (const Result<Json> head = suite.read_json("suite.json")) {
    summary["started"] = string_or(*head, "started");
    const Json* machine = find(*head, "machine");
    summary["gpu"] = machine == nullptr ? "" : string_or(*machine, "gpu");
  }
  summary["report"] = suite.has("report.html");
  const Result<Json> report = suite.read_json("report.json");
  const Json* levels = report ? find(*report, "levels") : nullptr;
  if (levels == nullptr || !levels->is_array() || levels->empty()) return summary;
  for (const char* key : {"problems", "judged", "accepted"}) summary[key] = int_or(levels->back(), key);
  summary["seconds"] = number_or(*report, "seconds");
  return summary;
}

Reply list(Desk& desk, const Call&) {
  const Desk::SuiteStart start = desk.suite_start();
  Json json = {{"suites", Json::array()}, {"starting", start.waits}, {"failure", start.failure}};
  std::vector<std::string> ids = list_runs(desk.config().runs, kKind);
  std::reverse(ids.begin(), ids.end());
  for (const std::string& id : ids)
    if (const Result<RunDirectory> suite = open(desk, id)) json["suites"].push_back(summary_of(*suite));
  return json_reply(json);
}

/// The report is ours and has no script, and the browser is told to run none.
Reply report(Desk& desk, const Call& call) {
  const Result<RunDirectory> suite = open(desk, call.part("suite"));
  if (!suite) return error_reply(suite.error(), 404);
  Result<std::string> page = suite->read("report.html");
  if (!page)
    return error_reply({Fault::kInput, "this suite has no report yet", suite->id(), "it comes with the first problem"}, 404);
  Reply reply;
  reply.type = "text/html; charset=utf-8";
  reply.body = std::move(*page);
  reply.headers = {{"Content-Security-Policy", "default-src 'none'; style-src 'unsafe-inline'; sandbox; frame-ancestors 'none'"}};
  return reply;
}

Json short_row(const SuiteRow& row) {
  return {{"problem", row.problem}, {"run", row.run.empty() ? "" : std::filesystem::path(row.run).filename().string()},
          {"judged", row.judged},   {"status", row.status},
          {"verdict", row.verdict}, {"reason", row.reason},
          {"seconds", row.seconds}, {"speedup", speedup_over(row, kBest)}};
}

Reply show(Desk& desk, const Call& call) {
  const Result<RunDirectory> directory = open(desk, call.part("suite"));
  if (!directory) return error_reply(directory.error(), 404);
  const Result<Suite> suite = Suite::look(desk.config().runs, directory->path().string());
  if (!suite) return error_reply(suite.error());
  Json json = summary_of(*directory);
  json["rows"] = Json::array();
  for (const SuiteRow& row : suite->rows()) json["rows"].push_back(short_row(row));
  return json_reply(json);
}

/// The paths that a request names: problems and folders of /problems, and texts, which are kept.
Result<std::vector<std::string>> problems_of(const Desk& desk, const Json& body) {
  std::vector<std::string> paths;
  const Json* names = find(body, "problems");
  const Json* texts = find(body, "texts");
  for (const Json& name : names != nullptr && names->is_array() ? *names : Json::array()) {
    if (!name.is_string()) return fail(Fault::kInput, "a problem is named by its text", "problems");
    const auto folders = problem_folders(desk);
    const auto whole = std::find_if(folders.begin(), folders.end(), [&](const ProblemFolder& one) { return one.name == name; });
    if (whole != folders.end()) {
      paths.push_back(whole->path.string());
      continue;
    }
    KA_TRY(const std::filesystem::path path, find_problem(desk, name.get<std::string>()));
    paths.push_back(path.string());
  }
  for (const Json& one : texts != nullptr && texts->is_array() ? *texts : Json::array()) {
    const std::string text = string_or(one, "text");
    if (text.empty()) return fail(Fault::kInput, "a text is empty", "texts");
    KA_TRY(const std::filesystem::path path, keep_problem(desk, text, string_or(one, "name"), kUploaded));
    paths.push_back(path.string());
  }
  if (paths.empty()) return fail(Fault::kInput, "name problems or folders that are listed, or send texts", "problems");
  return paths;
}

/// Settings that a suite has no flag for, or another meaning.
bool is_of_runs_alone(const std::string& key) {
  for (const std::string_view one : {"jobs", "extract_model", "router_model", "test", "record", "runs", "python"})
    if (key == one) return true;
  return false;
}

Reply start(Desk& desk, const Call& call) {
  const Result<Json> body = parse_json(call.body, "the request");
  if (!body) return error_reply(body.error());
  const Result<Overrides> chosen = chosen_settings(*body);
  if (!chosen) return error_reply(chosen.error());
  Overrides settings = desk.given();
  std::erase_if(settings, [](const auto& setting) { return is_of_runs_alone(setting.first); });
  for (const auto& [key, value] : *chosen) {
    if (is_of_runs_alone(key))
      return error_reply({Fault::kInput, "a suite does not take this setting", key, "start a run with it"});
    settings[key] = value;
  }
  Result<std::vector<std::string>> words = problems_of(desk, *body);
  if (!words) return error_reply(words.error());
  for (const char* number : {"jobs", "first"})
    if (const int64_t value = int_or(*body, number); value > 0)
      words->insert(words->end(), {std::string("--") + number, std::to_string(value)});
  if (!bool_or(*body, "bench", true)) words->push_back("--no-bench");
  for (std::string& word : flag_words(settings)) words->push_back(std::move(word));
  const Status started = desk.start_suite(*words);
  if (!started) return error_reply(started.error(), started.error().fault == Fault::kInput ? 409 : 0);
  return json_reply({{"starting", true}}, 202);
}

Reply done(const Status& status, const std::string& suite) {
  if (!status) return error_reply(status.error(), status.error().fault == Fault::kInput ? 409 : 0);
  return json_reply({{"suite", suite}}, 202);
}

Reply stop(Desk& desk, const Call& call) {
  const Result<RunDirectory> suite = open(desk, call.part("suite"));
  if (!suite) return error_reply(suite.error(), 404);
  return done(desk.stop_suite(suite->id()), suite->id());
}

Reply resume(Desk& desk, const Call& call) {
  const Result<RunDirectory> suite = open(desk, call.part("suite"));
  if (!suite) return error_reply(suite.error(), 404);
  return done(desk.start_suite({}, suite->id()), suite->id());
}

constexpr HttpRoute kRoutes[] = {
    {"GET", "/api/v1/suites", list},
    {"POST", "/api/v1/suites", start},
    {"GET", "/api/v1/suites/{suite}", show},
    {"POST", "/api/v1/suites/{suite}/stop", stop},
    {"POST", "/api/v1/suites/{suite}/resume", resume},
    {"GET", "/api/v1/suites/{suite}/report", report},
};

}  // namespace

std::span<const HttpRoute> suite_routes() { return kRoutes; }

}  // namespace ka
