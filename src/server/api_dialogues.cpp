#include <algorithm>
#include <charconv>

#include "base/file.h"
#include "llm/ledger.h"
#include "llm/settings.h"
#include "server/api.h"

namespace ka {
namespace {

namespace fs = std::filesystem;

/// The folders of `parent` called `prefix` and a number, in the order of their numbers.
std::vector<std::pair<int, fs::path>> numbered(const fs::path& parent, std::string_view prefix) {
  std::vector<std::pair<int, fs::path>> found;
  std::error_code error;
  for (fs::directory_iterator at(parent, error), end; !error && at != end; at.increment(error)) {
    const std::string name = at->path().filename().string();
    int number = 0;
    if (!name.starts_with(prefix) || at->is_symlink(error) || !at->is_directory(error)) continue;
    const auto [rest, bad] = std::from_chars(name.data() + prefix.size(), name.data() + name.size(), number);
    if (bad == std::errc() && rest == name.data() + name.size()) found.emplace_back(number, at->path());
  }
  std::sort(found.begin(), found.end());
  return found;
}

/// The judge's answer about a round's kernel, without its trials; null before there is one.
Json short_verdict(const fs::path& round) {
  const Result<std::string> text = read_file(round / "verdict.json");
  const Result<Json> verdict = text ? parse_json(*text, "verdict.json") : Result<Json>(Json());
  if (!verdict || !verdict->is_object()) return nullptr;
  double used = 0;
  if (const Json* trials = find(*verdict, "trials"); trials != nullptr && trials->is_array())
    for (const Json& trial : *trials)
      if (const Json* outputs = find(trial, "outputs"); outputs != nullptr && outputs->is_array())
        for (const Json& output : *outputs) used = std::max(used, number_or(output, "bound_used"));
  return {{"verdict", string_or(*verdict, "verdict")}, {"reason", string_or(*verdict, "reason")}, {"bound_used", used}};
}

/// One dialogue: what was asked, replied and judged, round by round.
Json lane(const RunDirectory& run, std::string_view phase, const std::string& subgraph, int seed, const fs::path& folder) {
  Json rounds = Json::array();
  for (const auto& [number, path] : numbered(folder, "round_")) {
    const Result<std::vector<std::string>> files = list_dir(path);
    rounds.push_back({{"round", number},
                      {"folder", path.lexically_relative(run.path()).generic_string()},
                      {"files", files ? *files : std::vector<std::string>()},
                      {"verdict", short_verdict(path)}});
  }
  return {{"phase", phase}, {"subgraph", subgraph}, {"seed", seed}, {"rounds", std::move(rounds)}};
}

Reply dialogues(Desk& desk, const Call& call) {
  const Result<RunDirectory> run = desk.open(call.part("run"));
  if (!run) return error_reply(run.error(), 404);
  Json lanes = Json::array();
  if (run->has("problem_out/round_1/prompt.md")) lanes.push_back(lane(*run, "problem", "", 1, run->file("problem_out")));
  for (const auto& [seed, folder] : numbered(run->file("orchestrator/workers"), ""))
    lanes.push_back(lane(*run, "refactor", "", seed, folder));
  const Result<std::vector<std::string>> subgraphs = list_dir(run->file("kernels_out"));
  for (const std::string& subgraph : subgraphs ? *subgraphs : std::vector<std::string>())
    for (const auto& [seed, folder] : numbered(run->file("kernels_out") / subgraph, "seed_"))
      lanes.push_back(lane(*run, "write", subgraph, seed, folder));
  return json_reply({{"lanes", std::move(lanes)}});
}

template <class Limit, class Spent>
void limit(Json& json, const char* key, const Limit& most, Spent spent) {
  json["limits"][key] = most ? Json(*most) : Json();
  json["left"][key] = most ? Json(std::max<Spent>(0, static_cast<Spent>(*most) - spent)) : Json();
}

Reply ledger(Desk& desk, const Call& call) {
  const Result<RunDirectory> run = desk.open(call.part("run"));
  if (!run) return error_reply(run.error(), 404);
  const Result<std::vector<LedgerEntry>> entries = read_ledger(run->file("ledger.jsonl"));
  const Result<Json> head = run->read_json("run.json");
  if (!entries || !head) return error_reply(entries ? head.error() : entries.error());
  Json json = {{"calls", Json::array()}};
  LedgerTotals totals;
  for (const LedgerEntry& entry : *entries) {
    totals.count(entry);
    json["calls"].push_back(to_json(entry));
  }
  json["totals"] = to_json(totals);
  Budget budget;
  if (const Json* settings = find(*head, "settings")) {
    static_cast<void>(parse_budget(string_or(*settings, "budget"), budget));
    if (const int64_t calls = int_or(*settings, "max_calls"); calls > 0) budget.calls = calls;
    json["model"] = string_or(*settings, "model");
  }
  limit(json, "usd", budget.usd, totals.usd);
  limit(json, "tokens", budget.tokens, totals.usage.input + totals.usage.output);
  limit(json, "calls", budget.calls, totals.calls);
  return json_reply(json);
}

constexpr HttpRoute kRoutes[] = {
    {"GET", "/api/v1/runs/{run}/dialogues", dialogues},
    {"GET", "/api/v1/runs/{run}/ledger", ledger},
};

}  // namespace

std::span<const HttpRoute> dialogue_routes() { return kRoutes; }

}  // namespace ka
