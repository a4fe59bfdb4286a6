#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "base/json.h"
#include "run/workshop.h"

namespace ka {

/// Whether fused_code.py computes what the original does.
struct FusedCheck {
  bool equal = false;
  bool compared = true;  ///< false: it was not asked, for `reason`
  std::string reason;
  Json
      parts;  ///< what the program's parts were called with, and what ran outside of them (docs/PROTOCOL.md, `parts`), where asked
};

/// Runs the original and fused_code.py, each in a process of its own, on the original's inputs and state, and measures both against the
/// original in float64: equal means within the judge's bound on every output and every tensor that forward writes to.
Task<Result<FusedCheck>> compare_fused(Workshop& workshop, std::filesystem::path problem, std::filesystem::path fused);

/// The same for a program that a model has rewritten: on several draws of the problem's own inputs, and on values of the judge's making
/// with varied state. Input sets that the original raises on are left out. `parts` are classes whose calls are watched.
Task<Result<FusedCheck>> compare_rewritten(Workshop& workshop, std::filesystem::path problem, std::filesystem::path rewritten,
                                           std::vector<std::string> parts);

}  // namespace ka
