#include <CLI/CLI.hpp>
#include <memory>

#include "cli/command.h"
#include "cli/former_options.h"
#include "cli/run_until.h"

namespace ka::cli_drawer {

void compose(CommandTable& table) {
  const auto what = std::make_shared<std::string>(), subgraphs = std::make_shared<std::string>();
  const auto former = std::make_shared<FormerOptions>();
  table.add(
      {"compose",
       "compose a run's kernels into one program and judge it against the original problem",
       "Leaves compose_out/composed_kernel.py, summary.json and certificate.json. Kernels that are missing are written first.",
       {"platform", "python", "runs", "mode", "effort", "judge_seed", "jobs", "test", "timeout", "memory_mb", "log_level"},
       [what, subgraphs, former](CLI::App& app) {
         app.add_option("RUN", *what, "a run (its id, part of it, or `last`), or a problem file");
         app.add_option("--subgraphs", *subgraphs, "the subgraphs.json of a run")->type_name("FILE");
         former->add_idle(app, "--verify", "always done");
         former->add_idle(app, "--problem FILE", "the run knows its problem");
         former->add_idle(app, "--kernels-summary FILE", "the run knows its kernels");
         former->add_idle(app, "--model NAME", "composing asks no model");
         former->add_idle(app, "--max-iters N", "composing asks no model");
       },
       [what, subgraphs, former](Invocation invocation) -> Result<int> {
         KA_TRY(const std::string run, problem_or_run(*what, *subgraphs));
         return run_until(run, Phase::kJudge, invocation);
       }});
}

}  // namespace ka::cli_drawer
