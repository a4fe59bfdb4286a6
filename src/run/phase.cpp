#include "run/phase.h"

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

}  // namespace ka
