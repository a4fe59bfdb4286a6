#include <CLI/CLI.hpp>
#include <memory>

#include "cli/command.h"
#include "cli/run_until.h"

namespace ka::cli_drawer {

void compose(CommandTable& table) {
  const auto what = std::make_shared<std::string>();
  table.add(
      {"compose",
       "compose a run's kernels into one program and judge it against the original problem",
       "Leaves compose_out/composed_kernel.py, summary.json and certificate.json. Kernels that are missing are written first.",
       {"platform", "python", "runs", "mode", "effort", "jobs", "timeout", "memory_mb", "log_level"},
       [what](CLI::App& app) {
         app.add_option("RUN", *what, "a run (its id, part of it, or `last`), or a problem file")->required();
       },
       [what](const Invocation& invocation) { return run_until(*what, Phase::kJudge, invocation); }});
}

}  // namespace ka::cli_drawer
