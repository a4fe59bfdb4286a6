#pragma once

#include <string>

#include "cli/command.h"
#include "run/events.h"

namespace ka {

/// Takes a problem file, or a run from where it is, up to a phase; draws on the terminal, or prints the outcome as JSON.
Result<int> run_until(const std::string& problem_or_run, Phase until, const Invocation& invocation);

}  // namespace ka
