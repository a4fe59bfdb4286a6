#pragma once

#include <string_view>

namespace ka {

/// The steps of a run, in order. `write` both writes and judges the subgraphs' kernels; `judge` is the whole program's judgement.
/// `problem` is there only where a model writes the problem, `refactor` where the program cannot be traced.
enum class Phase { kProblem, kTrace, kRefactor, kRoute, kPlan, kWrite, kCompose, kJudge };
std::string_view name(Phase phase);
/// Those that every run goes through, and can be told to stop after.
inline constexpr Phase kPhases[] = {Phase::kTrace, Phase::kRoute, Phase::kPlan, Phase::kWrite, Phase::kCompose, Phase::kJudge};

}  // namespace ka
