#include "judge/numerics.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "judge/defences.h"

namespace ka {
namespace {

constexpr double kInfinity = std::numeric_limits<double>::infinity();

double measured(const Json& json, std::string_view key) {
  const Json* field = find(json, key);
  if (field == nullptr) return kInfinity;
  const Result<double> value = number_from_json(*field);
  return value && !std::isnan(*value) ? *value : kInfinity;
}

bool is_discrete(std::string_view dtype) {
  return !dtype.starts_with("float") && !dtype.starts_with("bfloat") && !dtype.starts_with("complex");
}

/// A number that is not below zero, infinity included.
std::optional<double> size_of(const Json* json, std::string_view key) {
  const Json* field = json != nullptr ? find(*json, key) : nullptr;
  const Result<double> value = field != nullptr ? number_from_json(*field) : fail(Fault::kInternal, "");
  return value && *value >= 0 ? std::optional(*value) : std::nullopt;
}

tl::unexpected<Error> unmeasured(const std::string& result, std::string_view key) {
  return fail(Fault::kInternal, fmt::format("the comparing process reported no valid {} of {}", key, result));
}

/// What an output may be wrong by, by both rules.
struct Bounds {
  double rms = 0;
  double max = 0;
};

double roundoff_of(const Yardstick& yardstick) {
  return unit_roundoff(yardstick.dtype) * (yardstick.reference_only ? kNumerics.reference_only : 1);
}

/// The rms of a few errors says little about their size: of one element PyTorch may hit the oracle by luck.
Bounds bounds_of(const Yardstick& yardstick, int64_t count) {
  const double few = count > 0 ? 1 + kNumerics.few_elements / static_cast<double>(count) : 1;
  const double u = roundoff_of(yardstick) * few;
  return {kNumerics.rms_factor * yardstick.reference_rms + kNumerics.rms_roundoffs * u * yardstick.oracle_rms,
          kNumerics.max_factor * yardstick.reference_max + kNumerics.max_roundoffs * u};
}

double share(double value, double bound) {
  if (value <= 0) return 0;
  return bound > 0 ? value / bound : kInfinity;
}

}  // namespace

Json to_json(const NumericsTable& table) {
  return Json{{"rms_factor", table.rms_factor},         {"rms_roundoffs", table.rms_roundoffs},
              {"max_factor", table.max_factor},         {"max_roundoffs", table.max_roundoffs},
              {"few_elements", table.few_elements},     {"spread_share", table.spread_share},
              {"reference_only", table.reference_only}, {"trivial_share", table.trivial_share}};
}

double unit_roundoff(std::string_view dtype) {
  if (dtype == "float64" || dtype == "complex128") return 0x1p-53;
  if (dtype == "float32" || dtype == "complex64") return 0x1p-24;
  if (dtype == "float16") return 0x1p-11;
  if (dtype == "bfloat16") return 0x1p-8;
  if (dtype == "float8_e4m3fn") return 0x1p-4;
  if (dtype == "float8_e5m2") return 0x1p-3;
  return 0;
}

Distance distance_from_json(const Json& json) {
  Distance distance;
  distance.discrete = find(json, "differing") != nullptr;
  distance.count = int_or(json, "count", 0);
  if (distance.discrete) {
    distance.differing = int_or(json, "differing", std::numeric_limits<int64_t>::max());
  } else {
    distance.rms_error = measured(json, "rms_error");
    distance.max_error = measured(json, "max_error");
    distance.max_scaled = measured(json, "max_scaled");
    distance.misplaced = int_or(json, "misplaced", std::numeric_limits<int64_t>::max());
  }
  if (const Json* index = find(json, "worst_index"); index != nullptr && index->is_array()) {
    for (const Json& place : *index)
      distance.worst_index += (distance.worst_index.empty() ? "[" : ", ") + (place.is_number_integer() ? place.dump() : "?");
    distance.worst_index += distance.worst_index.empty() ? "[]" : "]";
    const auto value_of = [&](std::string_view key) {
      const Json* field = find(json, key);
      const Result<double> value = field != nullptr ? number_from_json(*field) : Result<double>(0.0);
      return value.value_or(0.0);
    };
    distance.worst_value = value_of("worst_value");
    distance.worst_expected = value_of("worst_expected");
  }
  return distance;
}

Status check_figures(const Json* figures, const std::string& result, std::string_view dtype) {
  const bool discrete = is_discrete(dtype);
  if (figures == nullptr || !figures->is_object() || discrete != (find(*figures, "differing") != nullptr))
    return unmeasured(result, "figures");
  if (find(*figures, "count") != nullptr && !size_of(figures, "count")) return unmeasured(result, "count");
  for (const char* key : {"rms_error", "max_scaled", "misplaced"}) {
    if (!discrete && !size_of(figures, key)) return unmeasured(result, key);
  }
  if (discrete && !size_of(figures, "differing")) return unmeasured(result, "differing");
  return {};
}

Result<double> oracle_rms_from_json(const Json* sizes, const std::string& result, std::string_view dtype) {
  if (sizes == nullptr || !sizes->is_object()) return unmeasured(result, "size");
  if (is_discrete(dtype)) return 0;
  const std::optional<double> rms = size_of(sizes, "rms");
  if (!rms) return unmeasured(result, "rms");
  return *rms;
}

void Yardstick::widen(const Distance& run) {
  if (run.discrete) return;
  reference_rms = std::max(reference_rms, run.rms_error);
  reference_max = std::max(reference_max, run.max_scaled);
}

double bound_used(const Distance& distance, const Yardstick& yardstick) {
  if (distance.discrete) return distance.differing == 0 || !is_on(Defence::kExactIntegers) ? 0 : kInfinity;
  if (distance.misplaced != 0 && is_on(Defence::kPlacement)) return kInfinity;
  const Bounds bounds = bounds_of(yardstick, distance.count);
  return std::max(is_on(Defence::kRmsBound) ? share(distance.rms_error, bounds.rms) : 0,
                  is_on(Defence::kLargestBound) ? share(distance.max_scaled, bounds.max) : 0);
}

double tight_bound_used(double rms_error, const Yardstick& yardstick) {
  return share(rms_error, kNumerics.spread_share * yardstick.oracle_spread +
                              kNumerics.rms_roundoffs * roundoff_of(yardstick) * yardstick.oracle_rms);
}

std::optional<std::string> too_far(const Distance& distance, const Yardstick& yardstick) {
  if (bound_used(distance, yardstick) <= 1) return std::nullopt;
  const std::string at = distance.worst_index.empty() ? std::string() : fmt::format(" at {}", distance.worst_index);
  const std::string values = fmt::format("{:.9g} instead of {:.9g}{}", distance.worst_value, distance.worst_expected, at);
  if (distance.discrete) return fmt::format("{} elements differ: {}", distance.differing, values);
  if (distance.misplaced != 0)
    return fmt::format("{} elements are NaN or infinite in the wrong places: {}", distance.misplaced, values);
  const Bounds bounds = bounds_of(yardstick, distance.count);
  if (share(distance.rms_error, bounds.rms) >= share(distance.max_scaled, bounds.max))
    return fmt::format("rms error {:.3g}, allowed {:.3g} (PyTorch's own {:.3g}); {}", distance.rms_error, bounds.rms,
                       yardstick.reference_rms, values);
  return fmt::format("relative error {:.3g}, allowed {:.3g} (PyTorch's own {:.3g}): {}", distance.max_scaled, bounds.max,
                     yardstick.reference_max, values);
}

bool is_trivially_near(const Distance& distance, const Yardstick& yardstick) {
  if (distance.discrete) return distance.differing == 0;
  if (distance.misplaced != 0) return false;
  Yardstick exact = yardstick;
  exact.reference_rms = exact.reference_max = 0;
  return bound_used(distance, exact) <= 1 ||
         yardstick.oracle_rms + distance.rms_error <= kNumerics.trivial_share * yardstick.reference_rms;
}

OutputFigures to_figures(std::string name, const Distance& distance, const Yardstick& yardstick) {
  OutputFigures figures;
  figures.name = std::move(name);
  figures.rms_error = distance.rms_error;
  figures.rms_reference = yardstick.reference_rms;
  figures.max_error = distance.max_error;
  figures.max_relative = distance.max_scaled;
  if (!distance.discrete) {
    const Bounds bounds = bounds_of(yardstick, distance.count);
    figures.rms_allowed = bounds.rms;
    figures.max_allowed = bounds.max;
  }
  figures.bound_used = bound_used(distance, yardstick);
  figures.worst_index = distance.worst_index;
  figures.worst_value = distance.worst_value;
  figures.worst_expected = distance.worst_expected;
  figures.problem = too_far(distance, yardstick).value_or("");
  return figures;
}

}  // namespace ka
