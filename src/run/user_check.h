#pragma once

#include "kernel/verdict.h"
#include "run/judgement.h"

namespace ka {

/// Runs the user's own test (the setting `test`) on a program that the judge accepts, in a sandboxed worker: it imports the program as
/// `kernel` and the problem as `problem`. Where it fails, the verdict becomes `wrong`; it cannot make one `accepted`.
Task<Status> apply_user_test(Workshop& workshop, Case which, Verdict* verdict);

}  // namespace ka
