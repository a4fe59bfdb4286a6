#include <CLI/CLI.hpp>
#include <memory>

#include "cli/command.h"
#include "run/look.h"

namespace ka::cli_drawer {
namespace {

Result<int> perform(const std::string& problem, const Invocation& invocation) {
  KA_TRY(const Config config, invocation.config());
  KA_TRY(const Route route, look_for_route(config, problem));
  if (invocation.json) {
    print_json(to_json(route));
    return route.ways.empty() ? exit_code(Fault::kInput) : kExitOk;
  }
  for (const Route::Refused& refused : route.refused)
    print_text(fmt::format("refused  {}  {}:{}  {}\n", refused.op, refused.location.file, refused.location.line, refused.reason));
  if (route.ways.empty()) return tl::unexpected<Error>(refusal(route, problem));
  print_text(fmt::format("{}: {}\n", route.strategy(), route.reason));
  print_text(to_text(route.features));
  for (size_t i = 1; i < route.ways.size(); ++i) print_text(fmt::format("  if that fails: {}\n", name(route.ways[i])));
  if (route.tie) print_text("  both are equally good: a run asks the model which comes first\n");
  for (const auto& [op, count] : route.operators) print_text(fmt::format("  {:>4} × {}\n", count, op));
  return kExitOk;
}

}  // namespace

void route(CommandTable& table) {
  const auto problem = std::make_shared<std::string>();
  table.add(
      {"route",
       "say which way a program takes, and why",
       "Prints the way, what decided, the ways that follow where it fails, and the operators. A way that led to an accepted program before\n"
       "comes first (router_cache.json). Exits 2 where an operator cannot be emitted and no model is named (--model), naming its line.",
       {"platform", "python", "runs", "mode", "authors", "route", "fallback", "router_cache", "router_memory", "model",
        "router_model", "timeout", "memory_mb", "log_level"},
       [problem](CLI::App& app) { app.add_option("PROBLEM|GRAPH", *problem, "a problem file, or a graph.json")->required(); },
       [problem](const Invocation& invocation) { return perform(*problem, invocation); }});
}

}  // namespace ka::cli_drawer
