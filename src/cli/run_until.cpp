#include "cli/run_until.h"

#include <cstdio>

#include "base/file.h"
#include "cli/terminal.h"
#include "run/pipeline.h"

namespace ka {

Result<int> run_until(const std::string& problem_or_run, Phase until, const Invocation& invocation) {
  KA_TRY(const Config config, invocation.config());
  const bool is_run_folder = is_file(std::filesystem::path(problem_or_run) / "run.json");
  const bool is_problem =
      problem_or_run.ends_with(".py") || is_file(problem_or_run) || (is_dir(problem_or_run) && !is_run_folder);
  const RunRequest request = is_problem ? RunRequest{problem_or_run, {}, until} : RunRequest{{}, problem_or_run, until};
  // Where standard output carries JSON, people read standard error.
  std::FILE* stream = invocation.json ? stderr : stdout;
  Terminal terminal(stream, detect_style(stream));
  KA_TRY(const RunOutcome outcome, run_problem(config, request, {&terminal, [&terminal] { terminal.tick(); }}));
  if (invocation.json) print_json(to_json(outcome));
  return outcome.exit;
}

}  // namespace ka
