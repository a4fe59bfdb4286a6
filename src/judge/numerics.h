#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/json.h"
#include "kernel/verdict.h"

// The judge's arithmetic: when is a result as near to the oracle as PyTorch's own? (docs/TRUST.md, Numerics)

namespace ka {

/// The one table of constants. Changing one changes judge_version(), so cached verdicts are asked again.
struct NumericsTable {
  double rms_factor = 3;  ///< rms(e) ≤ rms_factor · rms(r) + rms_roundoffs · u · rms(oracle)
  double rms_roundoffs = 4;
  double max_factor = 4;  ///< max(e/s) ≤ max_factor · max(r/s) + max_roundoffs · u
  double max_roundoffs = 8;
  double few_elements = 8;    ///< n compared elements: both roundoff terms are multiplied by 1 + few_elements / n
  double spread_share = 0.1;  ///< where a substitute passes: rms(e) ≤ spread_share · spread + rms_roundoffs · u · rms(oracle)
  double reference_only = 4;    ///< multiplies both roundoff terms where the oracle is PyTorch in IEEE precision, not float64
  double trivial_share = 1e-3;  ///< an output whose size is below this share of PyTorch's own error is zero by definition
};
inline constexpr NumericsTable kNumerics;
Json to_json(const NumericsTable& table);

/// Returns the unit roundoff of an element type ("float32": 2^-24), or 0 for discrete ones.
double unit_roundoff(std::string_view dtype);

/// What the comparing process measured between one result and the oracle (docs/PROTOCOL.md, `measure`).
struct Distance {
  bool discrete = false;
  int64_t count = 0;  ///< how many elements the figures are about
  double rms_error = 0;
  double max_error = 0;
  double max_scaled = 0;    ///< max(e/s)
  int64_t misplaced = 0;    ///< elements that are NaN or infinite where they should not be, or the reverse
  int64_t differing = 0;    ///< of a discrete output
  std::string worst_index;  ///< "[3, 17]"
  double worst_value = 0;
  double worst_expected = 0;
};
/// Reads a Distance; a field that is missing or not a number makes it infinitely far.
Distance distance_from_json(const Json& json);
/// Fails, as our own fault, where a result's figures lack what a verdict about this element type rests on: a reply that was damaged on
/// its way convicts nobody, and widens no bound. `figures` may be null.
Status check_figures(const Json* figures, const std::string& result, std::string_view dtype);
/// Reads the oracle's size of one result, strictly as well; 0 of a discrete one, which is to be reported all the same.
Result<double> oracle_rms_from_json(const Json* sizes, const std::string& result, std::string_view dtype);

/// The oracle's own size, and PyTorch's distance from it: the worst of its runs.
struct Yardstick {
  std::string dtype;
  double oracle_rms = 0;
  double oracle_spread = 0;  ///< the oracle's standard deviation
  double reference_rms = 0;
  double reference_max = 0;
  bool reference_only = false;
  /// Takes over the worse of what is known and one more run of the reference.
  void widen(const Distance& run);
};

/// Largest of the two rules' left side over its right side; accepted when ≤ 1. Discrete outputs: 0 or infinity.
double bound_used(const Distance& distance, const Yardstick& yardstick);

/// The same for the tightened rule, relative to the oracle's own spread: for outputs that a substitute would pass.
double tight_bound_used(double rms_error, const Yardstick& yardstick);

/// Says in one line why a result is too far away; nothing when it is accepted.
std::optional<std::string> too_far(const Distance& distance, const Yardstick& yardstick);

/// Would this result be accepted even if PyTorch made no error, or is the oracle nothing but PyTorch's rounding?
bool is_trivially_near(const Distance& distance, const Yardstick& yardstick);

/// Puts what was measured into the verdict's form.
OutputFigures to_figures(std::string name, const Distance& distance, const Yardstick& yardstick);

}  // namespace ka
