#include "judge/judge.h"

#include "base/digest.h"
#include "judge/hearing.h"

namespace ka {
namespace {

/// Counts changes of the rules that are not constants of the numerics table: policy, input plan, order of the checks.
constexpr int kRules = 9;

}  // namespace

Task<Result<Verdict>> judge(WorkerPool& pool, JudgeRequest request) {
  if (!request.alone) {
    KA_CO_TRY(const Lease beside_others, co_await hold_gpu(pool, request.gpu, LeaseUse::kShared, request.progress));
    Hearing hearing(pool, request);
    Result<Verdict> verdict = co_await hearing.run();
    if (request.gpu.empty() || !hearing.was_short_of_memory()) co_return verdict;
    if (request.progress) request.progress("the GPU's memory did not suffice beside others; judged again, alone");
  }
  KA_CO_TRY(const Lease alone,
            co_await hold_gpu(pool, request.gpu, LeaseUse::kExclusive, request.progress, "judging what needs the whole memory"));
  request.gpu.clear();  // its memory is nobody else's
  Hearing hearing(pool, std::move(request));
  Result<Verdict> verdict = co_await hearing.run();
  if (verdict) verdict->details["alone_on_gpu"] = true;
  co_return verdict;
}

std::string judge_version() { return fmt::format("{}-{}", kRules, sha256(compact(to_json(kNumerics))).substr(0, 8)); }

}  // namespace ka
