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
    GpuSeat seat(pool.loop(), request.gpu, request.progress);
    KA_CO_CHECK_OK(co_await seat.sit(LeaseUse::kShared));
    Hearing hearing(pool, request, &seat);
    Result<Verdict> verdict = co_await hearing.run();
    if (request.gpu.empty() || !hearing.was_short_of_memory()) co_return verdict;
    if (request.progress) request.progress("the GPU's memory did not suffice beside others; judged again, alone");
  }
  GpuSeat alone(pool.loop(), request.gpu, request.progress);
  KA_CO_CHECK_OK(co_await alone.claim(1, 1));
  KA_CO_CHECK_OK(co_await alone.sit(LeaseUse::kExclusive, "judging what needs the whole memory"));
  Hearing hearing(pool, std::move(request), nullptr);
  Result<Verdict> verdict = co_await hearing.run();
  if (verdict) verdict->details["alone_on_gpu"] = true;
  co_return verdict;
}

std::string judge_version() { return fmt::format("{}-{}", kRules, sha256(compact(to_json(kNumerics))).substr(0, 8)); }

}  // namespace ka
