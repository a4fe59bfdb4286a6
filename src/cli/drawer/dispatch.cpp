#include <CLI/CLI.hpp>
#include <memory>

#include "cli/command.h"
#include "cli/former_options.h"
#include "cli/run_until.h"

namespace ka::cli_drawer {

void dispatch(CommandTable& table) {
  const auto what = std::make_shared<std::string>(), subgraphs = std::make_shared<std::string>();
  const auto former = std::make_shared<FormerOptions>();
  table.add({"dispatch",
             "write and judge the kernels of every subgraph, and stop there",
             "Leaves kernels_out/<subgraph>/ in the run's directory: the reference, the kernel, the judge's answer.\n"
             "`kernelagent compose RUN` goes on.",
             {"platform",     "python",       "runs",       "mode",         "effort",        "judge_seed", "jobs",
              "authors",      "route",        "fallback",   "router_cache", "router_memory", "model",      "extract_model",
              "router_model", "always_agent", "candidates", "tune",         "fusions",       "seeds",      "rounds",
              "prompts",      "budget",       "max_calls",  "record",       "timeout",       "memory_mb",  "require_sandbox",
              "cache",        "log_level"},
             [what, subgraphs, former](CLI::App& app) {
               app.add_option("PROBLEM|RUN", *what, "a problem file, or a run to go on with");
               app.add_option("--subgraphs", *subgraphs, "the subgraphs.json of a run to go on with")->type_name("FILE");
               former->add(app, "--agent-model", "NAME", "model");
               former->add(app, "--test-timeout-s", "SECONDS", "timeout");
             },
             [what, subgraphs, former](Invocation invocation) -> Result<int> {
               former->apply(invocation);
               KA_TRY(const std::string run, problem_or_run(*what, *subgraphs));
               return run_until(run, Phase::kWrite, invocation);
             }});
}

}  // namespace ka::cli_drawer
