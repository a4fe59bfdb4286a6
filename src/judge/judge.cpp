#include "judge/judge.h"

#include "base/digest.h"
#include "judge/hearing.h"

namespace ka {
namespace {

/// Counts changes of the rules that are not constants of the numerics table: policy, input plan, order of the checks.
constexpr int kRules = 4;

}  // namespace

Task<Result<Verdict>> judge(WorkerPool& pool, JudgeRequest request) {
  Hearing hearing(pool, std::move(request));
  Result<Verdict> verdict = co_await hearing.run();
  co_return verdict;
}

std::string judge_version() { return fmt::format("{}-{}", kRules, sha256(compact(to_json(kNumerics))).substr(0, 8)); }

}  // namespace ka
