#include <CLI/CLI.hpp>
#include <memory>

#include "cli/command.h"
#include "cli/run_until.h"

namespace ka::cli_drawer {

void refactor(CommandTable& table) {
  const auto problem = std::make_shared<std::string>();
  table.add(
      {"refactor",
       "have a model rewrite a program that cannot be traced, check that it is equal, and stop there",
       "Leaves orchestrator/code.py (packed in code.py.tgz) in the run's directory, and every round in orchestrator/workers/.\n"
       "`kernelagent run` does this by itself where a program cannot be traced and a model is named.",
       {"platform", "python", "runs", "mode", "judge_seed", "model", "extract_model", "seeds", "rounds", "prompts", "budget",
        "max_calls", "record", "timeout", "memory_mb", "require_sandbox", "log_level"},
       [problem](CLI::App& app) { app.add_option("PROBLEM", *problem, "a problem file")->required(); },
       [problem](Invocation invocation) -> Result<int> {
         KA_TRY(const Config config, invocation.config());
         if (config.rewriter().empty())
           return fail(Fault::kInput, "a model rewrites the program, and none is named", {},
                       "name one with --model; `kernelagent models` lists what is configured");
         invocation.flags["route"] = "refactor";
         RunRequest request;
         request.problem = *problem;
         request.until = Phase::kRefactor;
         return follow_run(request, invocation, RunShape::kProgram);
       }});
}

}  // namespace ka::cli_drawer
