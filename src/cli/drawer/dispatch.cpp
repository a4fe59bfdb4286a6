#include <CLI/CLI.hpp>
#include <memory>

#include "cli/command.h"
#include "cli/run_until.h"

namespace ka::cli_drawer {

void dispatch(CommandTable& table) {
  const auto what = std::make_shared<std::string>();
  table.add(
      {"dispatch",
       "write and judge the kernels of every subgraph, and stop there",
       "Leaves kernels_out/<subgraph>/ in the run's directory: the reference, the kernel, the judge's answer.\n"
       "`kernelagent compose RUN` goes on.",
       {"platform",     "python",        "runs",    "mode",         "effort",          "jobs",  "authors",  "route",   "fallback",
        "router_cache", "router_memory", "model",   "always_agent", "candidates",      "seeds", "rounds",   "prompts", "budget",
        "max_calls",    "record",        "timeout", "memory_mb",    "require_sandbox", "cache", "log_level"},
       [what](CLI::App& app) { app.add_option("PROBLEM|RUN", *what, "a problem file, or a run to go on with")->required(); },
       [what](const Invocation& invocation) { return run_until(*what, Phase::kWrite, invocation); }});
}

}  // namespace ka::cli_drawer
