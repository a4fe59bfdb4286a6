#include <CLI/CLI.hpp>
#include <memory>

#include "cli/command.h"
#include "cli/former_options.h"
#include "cli/run_until.h"

namespace ka::cli_drawer {

void pipeline(CommandTable& table) {
  const auto problem = std::make_shared<std::string>();
  const auto former = std::make_shared<FormerOptions>();
  table.add(
      {"pipeline",
       "`run`, with the options that the first version's pipeline had",
       "Traces the program (a model rewrites it where it cannot be traced), cuts it into subgraphs, writes and judges their kernels, and\n"
       "composes and judges the whole. `extract`, `dispatch` and `compose` are its stages.",
       {"platform",        "python",        "runs",         "mode",      "effort",        "judge_seed",   "jobs",
        "authors",         "route",         "fallback",     "model",     "extract_model", "router_model", "prompts",
        "router_cache",    "router_memory", "always_agent", "fusions",   "candidates",    "tune",         "judge_first",
        "no_pass",         "launch_graph",  "budget",       "max_calls", "record",        "test",         "memory_mb",
        "require_sandbox", "cache",         "fused_check",  "log_level"},
       [problem, former](CLI::App& app) {
         app.add_option("PROBLEM,--problem", *problem, "a problem file")->required();
         former->add_usual(app);
         former->add(app, "--dispatch-model", "NAME", "model");
         former->add(app, "--dispatch-jobs", "N", "jobs");
         former->add(app, "--test-timeout-s", "SECONDS", "timeout");
         former->add(app, "--out-root", "FOLDER", "runs");
         former->add_idle(app, "--compose-model NAME", "composing asks no model");
         former->add_idle(app, "--compose-max-iters N", "composing asks no model");
       },
       [problem, former](Invocation invocation) {
         former->apply(invocation);
         return run_until(*problem, Phase::kJudge, invocation);
       }});
}

}  // namespace ka::cli_drawer
