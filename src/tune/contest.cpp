#include "tune/contest.h"

#include <algorithm>

namespace ka {

Task<Result<std::vector<ContenderTime>>> time_candidates(WorkerPool& pool, Contest contest) {
  std::vector<ContenderTime> all;
  const size_t group = std::max<size_t>(contest.at_once, 1);
  for (size_t first = 0; first < contest.candidates.size(); first += group) {
    const size_t end = std::min(first + group, contest.candidates.size());
    BenchRequest request = contest.request;
    request.candidate = contest.candidates[first];
    for (size_t next = first + 1; next < end; ++next) request.rivals.push_back(contest.candidates[next]);
    Result<BenchTimes> times = co_await bench(pool, std::move(request));
    if (times) {
      all.push_back(std::move(times->candidate));
      for (ContenderTime& rival : times->rivals) all.push_back(std::move(rival));
      continue;
    }
    if (times.error().fault == Fault::kInterrupted) co_return tl::unexpected<Error>(std::move(times).error());
    ContenderTime untimed;
    untimed.failure = times.error().message;
    all.resize(end, untimed);
  }
  co_return all;
}

}  // namespace ka
