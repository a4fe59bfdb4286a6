#include <algorithm>

#include "base/file.h"
#include "base/text.h"
#include "run/index.h"
#include "server/api.h"
#include "server/event_feed.h"
#include "server/order.h"

namespace ka {
namespace {

namespace fs = std::filesystem;

constexpr size_t kMost = 999'999'999;

Json to_json(const RunRow& row) {
  return {{"id", row.id},         {"problem", row.problem}, {"platform", row.platform}, {"started", row.started},
          {"status", row.status}, {"message", row.message}, {"kernels", row.kernels},   {"seconds", row.seconds}};
}

Result<size_t> number(const Call& call, const std::string& name, size_t fallback, size_t most) {
  const auto given = call.query.find(name);
  if (given == call.query.end()) return fallback;
  const std::string& text = given->second;
  const bool plain = !text.empty() && text.size() <= 9 && text.find_first_not_of("0123456789") == std::string::npos;
  if (!plain || std::stoul(text) > most) return fail(Fault::kInput, fmt::format("{} is a number from 0 to {}", name, most), name);
  return std::stoul(text);
}

bool is_wanted(const RunRow& row, const std::string& search, const std::string& status) {
  if (!status.empty() && row.status != status) return false;
  const std::string all = to_lower(row.id + "\n" + row.problem + "\n" + row.platform + "\n" + row.message);
  for (const std::string& word : split(to_lower(search), ' '))
    if (all.find(word) == std::string::npos) return false;
  return true;
}

/// Sorts by a column, descending with a minus before its name; false where there is no such column.
bool sort_rows(std::vector<RunRow>& rows, std::string column) {
  const bool down = column.starts_with('-');
  if (down) column.erase(0, 1);
  const auto by = [&](auto key) {
    std::stable_sort(rows.begin(), rows.end(),
                     [&](const RunRow& a, const RunRow& b) { return down ? key(b) < key(a) : key(a) < key(b); });
    return true;
  };
  if (column == "started") return by([](const RunRow& row) { return row.id; });
  if (column == "problem") return by([](const RunRow& row) { return fs::path(row.problem).filename().string(); });
  if (column == "platform") return by([](const RunRow& row) { return row.platform; });
  if (column == "status") return by([](const RunRow& row) { return row.status; });
  if (column == "kernels") return by([](const RunRow& row) { return row.kernels; });
  if (column == "seconds") return by([](const RunRow& row) { return row.seconds; });
  return false;
}

Reply list(Desk& desk, const Call& call) {
  Result<std::unique_ptr<RunIndex>> index = RunIndex::open(desk.config().runs);
  if (!index) return error_reply(index.error());
  Result<std::vector<RunRow>> rows = (*index)->runs(10'000);
  if (!rows) return error_reply(rows.error());
  for (RunRow& row : *rows)
    if (const Result<RunDirectory> run = desk.open(row.id); run && run->has(kQueueFile) && !run->is_live()) row.status = "queued";
  std::erase_if(*rows, [&](const RunRow& row) { return !is_wanted(row, call.asked("search"), call.asked("status")); });
  if (!sort_rows(*rows, call.asked("sort", "-started")))
    return error_reply({Fault::kInput, "there is no such column to sort by", call.asked("sort"),
                        "started, problem, platform, status, kernels or seconds, with - before it for descending"});
  const Result<size_t> offset = number(call, "offset", 0, kMost), limit = number(call, "limit", 100, 1000);
  if (!offset || !limit) return error_reply(offset ? limit.error() : offset.error());
  Json json = {{"total", rows->size()}, {"runs", Json::array()}};
  for (size_t i = *offset; i < rows->size() && i < *offset + *limit; ++i) json["runs"].push_back(to_json((*rows)[i]));
  return json_reply(json);
}

Reply start(Desk& desk, const Call& call) {
  const Result<Json> body = parse_json(call.body, "the request");
  if (!body) return error_reply(body.error());
  const Result<RunOrder> order = run_order(desk, *body);
  if (!order) return error_reply(order.error());
  const Result<std::string> run = desk.submit(*order);
  if (!run) return error_reply(run.error());
  return json_reply({{"run", *run}}, 201);
}

Reply show(Desk& desk, const Call& call) {
  const Result<RunDirectory> run = desk.open(call.part("run"));
  if (!run) return error_reply(run.error(), 404);
  const Result<RunRow> row = row_of_run(desk.config().runs, run->id());
  const Result<Json> settings = run->read_json("run.json");
  if (!row || !settings) return error_reply(row ? settings.error() : row.error());
  Json json = to_json(*row);
  json["activity"] = activity(*run);
  json["directory"] = absolute_path(run->path()).string();
  json["command"] = command_line(*settings);
  json["run"] = *settings;
  json["console"] = read_tail(desk.console(run->id()), 4000);
  for (const auto& [key, file] : {std::pair{"verdict", "compose_out/verdict.json"},
                                  {"certificate", "compose_out/certificate.json"},
                                  {"plan", "subgraphs.json"}}) {
    const Result<Json> found = run->read_json(file);
    json[key] = found ? *found : Json();
  }
  return json_reply(json);
}

Reply done(const Status& status, const Call& call) {
  if (!status) return error_reply(status.error(), status.error().fault == Fault::kInput ? 409 : 0);
  return json_reply({{"run", call.part("run")}}, 202);
}

/// Answers 404 where the run is not there, else does what is asked.
Reply change(Desk& desk, const Call& call, Status (Desk::*act)(const std::string&)) {
  if (const Result<RunDirectory> run = desk.open(call.part("run")); !run) return error_reply(run.error(), 404);
  return done((desk.*act)(call.part("run")), call);
}

Reply stop(Desk& desk, const Call& call) { return change(desk, call, &Desk::stop); }
Reply resume(Desk& desk, const Call& call) { return change(desk, call, &Desk::resume); }
Reply confirm(Desk& desk, const Call& call) { return change(desk, call, &Desk::confirm); }
Reply remove(Desk& desk, const Call& call) { return change(desk, call, &Desk::remove); }

Reply events(Desk& desk, const Call& call) {
  const Result<RunDirectory> run = desk.open(call.part("run"));
  if (!run) return error_reply(run.error(), 404);
  Result<size_t> after = number(call, "after", 0, kMost);
  Call last = call;
  last.query["after"] = call.header("last-event-id");
  if (after && !last.query["after"].empty()) after = number(last, "after", 0, kMost);
  if (!after) return error_reply(after.error());
  const auto feed = std::make_shared<EventFeed>(*run, *after);
  Reply reply;
  reply.type = "text/event-stream";
  reply.headers = {{"Cache-Control", "no-store"}};
  reply.follow = [feed] { return feed->next(); };
  return reply;
}

constexpr HttpRoute kRoutes[] = {
    {"GET", "/api/v1/runs", list},
    {"POST", "/api/v1/runs", start},
    {"GET", "/api/v1/runs/{run}", show},
    {"DELETE", "/api/v1/runs/{run}", remove},
    {"POST", "/api/v1/runs/{run}/stop", stop},
    {"POST", "/api/v1/runs/{run}/resume", resume},
    {"POST", "/api/v1/runs/{run}/confirm", confirm},
    {"GET", "/api/v1/runs/{run}/events", events},
};

}  // namespace

std::span<const HttpRoute> run_routes() { return kRoutes; }

}  // namespace ka
