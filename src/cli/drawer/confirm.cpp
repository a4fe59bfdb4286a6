#include <CLI/CLI.hpp>
#include <memory>

#include "cli/command.h"
#include "cli/run_until.h"
#include "run/problem_writer.h"

namespace ka::cli_drawer {

void confirm(CommandTable& table) {
  const auto run = std::make_shared<std::string>();
  table.add({"confirm",
             "say that the problem a model wrote for a run is what you meant, and judge again",
             "Read it first: `kernelagent show RUN problem.py`. The verdict then no longer says that a model wrote the problem.",
             {"runs", "log_level"},
             [run](CLI::App& app) { app.add_option("RUN", *run, "a run (its id, part of it, or `last`)")->required(); },
             [run](const Invocation& invocation) -> Result<int> {
               KA_TRY(const Config config, invocation.config());
               KA_CHECK_OK(confirm_problem(config, *run));
               RunRequest request;
               request.resume = *run;
               return follow_run(request, invocation, RunShape::kProgram);
             }});
}

}  // namespace ka::cli_drawer
