#pragma once

#include <string>

#include "run/dispatch.h"

namespace ka {

inline constexpr const char* kWrittenProblem = "problem.py";  ///< below the run's folder

/// Has the run's model write a problem file from a description; returns its text. What it writes must trace, else it hears why not and tries
/// again, `rounds` times. The file says who wrote it (judge/provenance.h). Prompts, replies and answers are kept in problem_out/.
/// An error where no model is set, it cannot be asked, or all its files fail.
Task<Result<std::string>> write_problem(RunContext& context, std::string description);

/// Takes a person's word that the problem of a run is what they meant: the line that qualifies its verdicts goes. The run is judged again
/// when it is resumed.
Status confirm_problem(const Config& config, const std::string& run);

}  // namespace ka
