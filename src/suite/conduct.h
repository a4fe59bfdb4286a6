#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "run/config.h"
#include "run/platforms.h"
#include "suite/batch.h"

namespace ka {

/// Where a sitting takes place: the settings, and what the machine has.
struct Site {
  Overrides settings;  ///< of every run
  Config config;       ///< what they and the environment come to
  Platform platform;
  Json machine;
  std::filesystem::path folder;  ///< the working folder, in which the runs start
};
/// Looks at the machine before anything begins, so that what every problem would lack is one error. `flags` go before `settings`.
Result<Site> look_over(const Overrides& settings, const Overrides& flags, const std::filesystem::path& folder);

/// What a sitting is asked for beside its order; nothing of it is remembered.
struct SittingRequest {
  int jobs = 0;           ///< problems worked on at a time; 0: two for each GPU, or a quarter of the cores
  std::vector<int> gpus;  ///< empty: the first
  std::chrono::seconds limit{1800};
  bool retry = false;  ///< judge again what was not accepted
};

/// Works on a suite until it is done, and writes its report, also where it was interrupted.
Status conduct(Suite& suite, const Site& site, const SittingRequest& request, const SuiteAudience& audience);

}  // namespace ka
