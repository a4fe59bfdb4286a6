#pragma once

#include <filesystem>
#include <vector>

#include "judge/bench.h"

namespace ka {

/// Accepted candidates for one problem that are to be timed.
struct Contest {
  BenchRequest request;  ///< candidates aside
  std::vector<std::filesystem::path> candidates;
  size_t at_once = 1;  ///< so many fit the device beside each other
};

/// Times candidates against each other, the slower half leaving again and again (judge/race.h): one time each, in their order. Where they do
/// not all fit the device at once, in groups. Errors: an interruption. Whatever else stops a group is its candidates' failure.
Task<Result<std::vector<ContenderTime>>> time_candidates(WorkerPool& pool, Contest contest);

}  // namespace ka
