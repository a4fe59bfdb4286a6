#pragma once

#include <filesystem>
#include <string>

#include "run/workshop.h"

namespace ka {

/// Whether fused_code.py computes what the original does.
struct FusedCheck {
  bool equal = false;
  bool compared = true;  ///< false: it was not asked, for `reason`
  std::string reason;
};

/// Runs the original and fused_code.py, each in a process of its own, on the original's inputs and state, and measures both against the
/// original in float64: equal means within the judge's bound on every output and every tensor that forward writes to.
Task<Result<FusedCheck>> compare_fused(Workshop& workshop, std::filesystem::path problem, std::filesystem::path fused);

}  // namespace ka
