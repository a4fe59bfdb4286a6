#pragma once

#include <chrono>
#include <filesystem>
#include <functional>
#include <map>
#include <string>
#include <vector>

#include "process/loop.h"
#include "suite/baselines.h"
#include "suite/suite.h"

namespace ka {

/// How one sitting works on a suite; nothing of it is remembered.
struct Sitting {
  Overrides settings;             ///< of every run
  Config config;                  ///< what they and the environment come to
  std::filesystem::path program;  ///< this program: every run and every bench is a process of its own
  std::filesystem::path folder;   ///< where they start
  int jobs = 1;  ///< problems worked on at a time; of those to be timed, one on each GPU has its turn, the others get ready
  std::vector<int> gpus = {0};       ///< devices they are spread over
  std::vector<std::string> names;    ///< the devices' names; empty where kernels run on none
  bool timing = false;               ///< there is a clock
  std::chrono::seconds limit{1800};  ///< of one run, and of one bench
  Baselines baselines;
};

/// Where a sitting is.
struct SuiteProgress {
  bool timing = false;  ///< the problems are judged, and being timed now
  size_t done = 0, of = 0, accepted = 0;
  double seconds = 0, left = 0;           ///< of this part; `left` is an estimate, 0 before the first one is done
  std::map<std::string, double> running;  ///< problem → for how many seconds
};

/// Someone who watches.
struct SuiteAudience {
  std::function<void(const SuiteRow&, const SuiteProgress&)> judged, timed;
  std::function<void(const SuiteProgress&)> tick;
};

/// Judges every problem that is not judged yet, several at a time, then times those accepted: several get ready side by side, as far as the
/// GPU's memory goes, and one at a time on each GPU is timed. Whatever happens to a problem costs its own row. Fails only where the suite's folder cannot be written, or with Fault::kInterrupted.
Task<Status> work_on(Loop& loop, Suite& suite, const Sitting& sitting, const SuiteAudience& audience);

}  // namespace ka
