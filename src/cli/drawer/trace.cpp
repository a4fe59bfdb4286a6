#include <CLI/CLI.hpp>
#include <cstdio>
#include <memory>

#include "cli/command.h"
#include "run/look.h"

namespace ka::cli_drawer {
namespace {

Result<int> perform(const std::string& problem, const Invocation& invocation) {
  KA_TRY(const Config config, invocation.config());
  KA_TRY(const Traced traced, look_at(config, problem));
  for (const std::string& warning : traced.warnings) std::fputs(fmt::format("note: {}\n", warning).c_str(), stderr);
  if (invocation.json) {
    print_json(to_json(traced.graph));
  } else {
    print_text(print(traced.graph));
  }
  return kExitOk;
}

}  // namespace

void trace(CommandTable& table) {
  const auto problem = std::make_shared<std::string>();
  table.add(
      {"trace",
       "print the operators of a program with exact shapes",
       "--json prints the graph.json of a run.",
       {"python", "mode", "timeout", "memory_mb", "log_level"},
       [problem](CLI::App& app) { app.add_option("PROBLEM|GRAPH", *problem, "a problem file, or a graph.json")->required(); },
       [problem](const Invocation& invocation) { return perform(*problem, invocation); }});
}

}  // namespace ka::cli_drawer
