#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "judge/findings.h"
#include "worker/protocol.h"

namespace ka {

/// What compute-sanitizer's report on one call of a candidate comes to.
struct SanitizerRuling {
  std::string said;                ///< one line for verdict and certificate: "no errors", "no summary: …"
  std::optional<Finding> finding;  ///< where it refuses the candidate
};

/// Judges the text that `compute-sanitizer --tool memcheck` or `racecheck` printed. An access outside of its memory is wrong, a race is
/// flaky; neither is held against the candidate where one of PyTorch's own kernels did it. A report without findings and without the
/// tool's closing line acquits of nothing, and `said` shows it.
SanitizerRuling rule_on_report(WorkerRole check, std::string_view report);

}  // namespace ka
