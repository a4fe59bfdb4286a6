#pragma once

#include <memory>
#include <string>

#include "cli/command.h"
#include "run/events.h"
#include "run/pipeline.h"

namespace ka {

/// Takes a problem file, or a run from where it is, up to a phase; draws on the terminal, or prints the outcome as JSON. `kept` as in
/// run_problem().
Result<int> run_until(const std::string& problem_or_run, Phase until, const Invocation& invocation,
                      std::unique_ptr<Workshop>* kept = nullptr);

/// What --json prints of a run: the program's outcome, or with it the fields by which callers of `generate` know a kernel.
enum class RunShape { kProgram, kKernel };

/// The same for any request.
Result<int> follow_run(const RunRequest& request, const Invocation& invocation, RunShape shape,
                       std::unique_ptr<Workshop>* kept = nullptr);

}  // namespace ka
