#include "run/phase.h"

#include "base/text.h"

namespace ka {

std::string_view name(Phase phase) {
  switch (phase) {
    case Phase::kProblem: return "problem";
    case Phase::kTrace: return "trace";
    case Phase::kRefactor: return "refactor";
    case Phase::kRoute: return "route";
    case Phase::kPlan: return "plan";
    case Phase::kWrite: return "write";
    case Phase::kCompose: return "compose";
    case Phase::kJudge: return "judge";
  }
  return "";
}

Result<Phase> phase_named(std::string_view text, std::string where) {
  for (const Phase phase : kPhases)
    if (name(phase) == text) return phase;
  return fail(Fault::kInput, fmt::format("'{}' is no phase", text), std::move(where), "one of: " + phase_names());
}

std::string phase_names() {
  std::vector<std::string> names;
  for (const Phase phase : kPhases) names.emplace_back(name(phase));
  return join(names, ", ");
}

}  // namespace ka
