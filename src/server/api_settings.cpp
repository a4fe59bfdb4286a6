#include "base/build_info.h"
#include "base/file.h"
#include "base/templates.h"
#include "run/model_services.h"
#include "run/platforms.h"
#include "server/api.h"
#include "server/entry_modes.h"

namespace ka {
namespace {

/// Under which heading the page shows a setting.
std::string_view group_of(std::string_view key) {
  for (const std::string_view mine : {"platform", "mode", "effort", "judge_seed", "test"})
    if (key == mine) return "Target and judge";
  for (const std::string_view mine :
       {"authors", "candidates", "tune", "judge_first", "no_pass", "launch_graph", "jobs", "cache", "fused_check"})
    if (key == mine) return "Kernels";
  for (const std::string_view mine : {"model", "extract_model", "router_model", "always_agent", "fusions", "seeds", "rounds",
                                      "prompts", "budget", "max_calls", "record"})
    if (key == mine) return "Language model";
  return "Machine and limits";
}

Json choices_of(const SettingRow& row) {
  if (is_boolean(row)) return {"yes", "no"};
  const std::string_view key = row.key;
  Json choices = Json::array();
  if (key == "platform") {
    choices.push_back("auto");
    for (const Platform& platform : platforms()) choices.push_back(platform.name);
  }
  if (key == "effort") choices = {"quick", "standard", "thorough"};
  if (key == "tune") choices = {"off", "quick", "full"};
  if (key == "mode") choices = {"train", "eval"};
  if (key == "route")
    for (const std::string_view way : kRouteChoices) choices.push_back(way);
  if (key == "judge_first") choices = {"auto", "program", "kernels"};
  if (key == "launch_graph") choices = {"auto", "always", "never"};
  if (key == "authors") choices = {"codegen,agent", "agent,codegen", "codegen", "agent"};
  return choices;
}

/// A setting's value as it is given on the command line.
std::string as_text(const Json& value) {
  if (value.is_boolean()) return value.get<bool>() ? "yes" : "no";
  return value.is_string() ? value.get<std::string>() : compact(value);
}

Json to_json(const EntryMode& mode) {
  return {{"name", mode.name},   {"title", mode.title}, {"meaning", mode.meaning},
          {"until", mode.until}, {"route", mode.route}, {"takes_words", mode.takes_words}};
}

Reply options(Desk& desk, const Call&) {
  Json rows = Json::array();
  const Json in_effect = to_json(desk.config());
  for (const SettingRow& row : setting_rows()) {
    const Json* now = find(in_effect, std::string(row.key));
    const auto given = desk.given().find(std::string(row.key));
    const auto origin = desk.config().origin.find(std::string(row.key));
    rows.push_back({{"key", row.key},
                    {"flag", row.flag},
                    {"argument", row.argument},
                    {"variable", row.variable},
                    {"default", row.fallback},
                    {"meaning", row.meaning},
                    {"group", group_of(row.key)},
                    {"choices", choices_of(row)},
                    {"choosable", is_choosable(row.key)},
                    {"given", given == desk.given().end() ? std::string() : given->second},
                    {"now", now == nullptr ? std::string(row.fallback) : as_text(*now)},
                    {"origin", origin == desk.config().origin.end() ? std::string() : origin->second}});
  }
  Json phases = Json::array(), every = Json::array(), modes = Json::array();
  for (const Phase phase : kPhases) phases.push_back(name(phase));
  for (const Phase phase : kEveryPhase) every.push_back(name(phase));
  for (const EntryMode& mode : entry_modes()) modes.push_back(to_json(mode));
  return json_reply({{"settings", std::move(rows)},
                     {"phases", std::move(phases)},
                     {"every_phase", std::move(every)},
                     {"modes", std::move(modes)}});
}

/// Keys are shown as present or missing; they are read from the environment and never leave it.
Reply providers(Desk& desk, const Call&) {
  const Result<ModelListing> listing = list_models(desk.folder(), false);
  if (!listing) return error_reply(listing.error());
  return json_reply(to_json(*listing));
}

Reply health(Desk& desk, const Call&) {
  const Desk::Load load = desk.load();
  return json_reply({{"status", "ok"},
                     {"version", version()},
                     {"commit", commit()},
                     {"runs", absolute_path(desk.config().runs).string()},
                     {"python", desk.config().python},
                     {"at_a_time", desk.at_a_time()},
                     {"running", load.running},
                     {"queued", load.queued}});
}

Reply openapi(Desk&, const Call&) {
  Reply reply;
  reply.body = template_text("data/openapi.json");
  return reply;
}

constexpr HttpRoute kRoutes[] = {
    {"GET", "/api/v1/options", options},
    {"GET", "/api/v1/providers", providers},
    {"GET", "/api/v1/health", health},
    {"GET", "/api/v1/openapi.json", openapi},
};

}  // namespace

std::span<const HttpRoute> setting_routes() { return kRoutes; }

}  // namespace ka
