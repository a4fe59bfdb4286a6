#include <algorithm>

#include "base/file.h"
#include "server/api.h"

namespace ka {
namespace {

constexpr std::string_view kKind = "suite";

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
  Json json = {{"suites", Json::array()}};
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

constexpr Route kRoutes[] = {
    {"GET", "/api/v1/suites", list},
    {"GET", "/api/v1/suites/{suite}/report", report},
};

}  // namespace

std::span<const Route> suite_routes() { return kRoutes; }

}  // namespace ka
