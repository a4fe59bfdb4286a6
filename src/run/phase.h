#pragma once

#include <string>
#include <string_view>

#include "base/result.h"

namespace ka {

/// The steps of a run, in order. `write` both writes and judges the subgraphs' kernels; `judge` is the whole program's judgement.
/// `problem` is there only where a model writes the problem, `refactor` where the program cannot be traced.
enum class Phase { kProblem, kTrace, kRefactor, kRoute, kPlan, kWrite, kCompose, kJudge };
std::string_view name(Phase phase);
inline constexpr Phase kEveryPhase[] = {Phase::kProblem, Phase::kTrace, Phase::kRefactor, Phase::kRoute,
                                        Phase::kPlan,    Phase::kWrite, Phase::kCompose,  Phase::kJudge};
/// Those that every run goes through, and can be told to stop after.
inline constexpr Phase kPhases[] = {Phase::kTrace, Phase::kRoute, Phase::kPlan, Phase::kWrite, Phase::kCompose, Phase::kJudge};

/// Finds one of kPhases by its name; an input error about `where` lists them.
Result<Phase> phase_named(std::string_view text, std::string where);
/// Lists the names of kPhases: "trace, route, …".
std::string phase_names();

}  // namespace ka
