#include "cli/run_until.h"

#include <cstdio>

#include "base/file.h"
#include "cli/terminal.h"
#include "run/pipeline.h"

namespace ka {

Result<int> run_until(const std::string& problem_or_run, Phase until, const Invocation& invocation,
                      std::unique_ptr<Workshop>* kept) {
  const bool is_run_folder = is_file(std::filesystem::path(problem_or_run) / "run.json");
  const bool is_problem =
      problem_or_run.ends_with(".py") || is_file(problem_or_run) || (is_dir(problem_or_run) && !is_run_folder);
  RunRequest request;
  if (is_problem) {
    request.problem = problem_or_run;
  } else {
    request.resume = problem_or_run;
  }
  request.until = until;
  return follow_run(request, invocation, RunShape::kProgram, kept);
}

Result<int> follow_run(const RunRequest& request, const Invocation& invocation, RunShape shape, std::unique_ptr<Workshop>* kept) {
  KA_TRY(const Config config, invocation.config());
  // Where standard output carries JSON, people read standard error.
  std::FILE* stream = invocation.json ? stderr : stdout;
  Terminal terminal(stream, detect_style(stream));
  KA_TRY(const RunOutcome outcome, run_problem(config, request, {&terminal, [&terminal] { terminal.tick(); }}, kept));
  if (!invocation.json) return outcome.exit;
  Json json = to_json(outcome);
  if (shape == RunShape::kKernel) {
    const bool success = outcome.end.status == "accepted";
    json["success"] = success;
    json["kernel_path"] = success ? outcome.end.program : "";
    json["session_dir"] = outcome.directory.string();
  }
  print_json(json);
  return outcome.exit;
}

}  // namespace ka
