#pragma once

#include <optional>
#include <string>

#include "base/json.h"
#include "kernel/verdict.h"

namespace ka {

/// A reason to end a judgement with another verdict than accepted.
struct Finding {
  VerdictKind kind = VerdictKind::kWrong;
  std::string reason;
  bool of_strides = false;  ///< nothing but the strides of a result is another
};

/// What one call must look like beside its values: how many results, of which types, where they live, what they share memory with.
struct CallRules {
  std::string device_type;     ///< "cpu", "cuda"
  bool strict_strides = true;  ///< false where the inputs were rearranged
};

/// Compares the form of a candidate's results with the reference's (replies to `run`, docs/PROTOCOL.md). The candidate's reply is
/// believed in nothing that would acquit it.
std::optional<Finding> compare_form(const Json& candidate, const Json& reference, const CallRules& rules);

}  // namespace ka
