#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/json.h"
#include "base/result.h"

namespace ka {

enum class VerdictKind {
  kAccepted,
  kWrong,     ///< values, shape, dtype, strides, aliasing or mutations differ from the oracle beyond the bound
  kFallback,  ///< PyTorch computed something, or no kernel of the candidate wrote the output
  kCrashed,   ///< raised, did not compile, or died
  kTimedOut,
  kUnsafe,        ///< refused by the static policy before it ran
  kUnbound,       ///< no kernel_function or ModelNew of the contract's signature
  kFlaky,         ///< two runs on the same input disagree
  kVacuous,       ///< a property of the problem: a constant, zero, identity or stale output would pass its bound
  kInconclusive,  ///< the machine or the reference failed, so nothing is known about the candidate
};
std::string_view name(VerdictKind kind);
std::optional<VerdictKind> parse_verdict_kind(std::string_view name);

/// Figures of one output (or mutated buffer) on one input set.
struct OutputFigures {
  std::string name;          ///< "output 0", "mutation bn.running_mean"
  double rms_error = 0;      ///< rms of |candidate − oracle|
  double rms_reference = 0;  ///< rms of |PyTorch − oracle|
  double max_error = 0;      ///< largest |candidate − oracle|
  double max_relative = 0;   ///< largest |candidate − oracle| / s (docs/TRUST.md, numerics)
  double rms_allowed = 0;    ///< the first rule's bound on rms_error
  double max_allowed = 0;    ///< the second rule's bound on max_relative
  double bound_used = 0;     ///< largest of the two rules' left side over its right side; accepted when ≤ 1
  std::string worst_index;   ///< "[3, 17]"
  double worst_value = 0;
  double worst_expected = 0;
  std::string problem;  ///< empty, or why this output is wrong ("shape [2, 3], expected [3, 2]")
};

/// One input set: the seed and value distribution, and what came out.
struct TrialFigures {
  std::string distribution;
  int64_t seed = 0;
  std::vector<OutputFigures> outputs;
};

/// The judge's answer about one kernel or program.
struct Verdict {
  VerdictKind kind = VerdictKind::kInconclusive;
  std::string reason;     ///< one line for people
  std::string qualifier;  ///< "", "trivial", "reference-only", "against a problem written by MODEL"
  std::vector<TrialFigures> trials;
  std::vector<std::string> allowed_operators;  ///< every ATen operator seen in the candidate's forward, with counts
  std::vector<std::string> launched_kernels;
  double seconds = 0;  ///< wall time of the judgement
  Json details;        ///< versions, device, sandbox level, numerics table, captured stderr tail

  bool accepted() const { return kind == VerdictKind::kAccepted; }
  /// Returns the largest share of the bound that any output used; 0 without trials.
  double worst_bound_used() const;
};

Json to_json(const Verdict& verdict);
Result<Verdict> verdict_from_json(const Json& json);

}  // namespace ka
