#pragma once

#include <string_view>

namespace ka {

/// The steps of a run, in order. `write` both writes and judges the subgraphs' kernels; `judge` is the whole program's judgement.
/// `problem` is there only where a model writes the problem, `refactor` where the program cannot be traced.
enum class Phase { kProblem, kTrace, kRefactor, kRoute, kPlan, kWrite, kCompose, kJudge };
std::string_view name(Phase phase);

}  // namespace ka
