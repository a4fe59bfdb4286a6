#include <CLI/CLI.hpp>
#include <memory>

#include "cli/command.h"
#include "cli/former_options.h"
#include "cli/run_until.h"

namespace ka::cli_drawer {

void extract(CommandTable& table) {
  const auto problem = std::make_shared<std::string>();
  const auto former = std::make_shared<FormerOptions>();
  table.add(
      {"extract",
       "cut a program into subgraphs, and stop there",
       "Leaves subgraphs.json, plan.txt and fused_code.py in the run's directory; `kernelagent dispatch RUN` goes on. A model is asked only\n"
       "where the program cannot be traced.",
       {"platform", "python", "runs", "mode", "authors", "route", "model", "extract_model", "prompts", "budget", "max_calls",
        "record", "memory_mb", "require_sandbox", "fused_check", "no_pass", "log_level"},
       [problem, former](CLI::App& app) {
         app.add_option("PROBLEM,--problem", *problem, "a problem file")->required();
         former->add_usual(app);
       },
       [problem, former](Invocation invocation) {
         former->apply(invocation);
         return run_until(*problem, Phase::kPlan, invocation);
       }});
}

}  // namespace ka::cli_drawer
