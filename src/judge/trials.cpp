#include "judge/trials.h"

#include <algorithm>
#include <random>

#include "judge/defences.h"

namespace ka {
namespace {

constexpr int64_t kLargeState = int64_t{1} << 30;  ///< bytes beyond which state is not varied

std::vector<std::string> made_distributions(Effort effort) {
  std::vector<std::string> names = {"normal", "nonfinite"};
  if (effort == Effort::kQuick) return names;
  for (const char* name :
       {"uniform", "heavy_tailed", "large", "tiny", "mixed_sign", "sparse", "constant_rows", "zeros", "integers", "nan"})
    names.emplace_back(name);
  if (effort == Effort::kStandard) return names;
  for (const char* name : {"offset", "denormal"}) names.emplace_back(name);
  return names;
}

/// A parameter that is a single number is easily drawn so that it tells nothing: three sets draw.
bool redraws_state(std::string_view distribution) {
  return distribution == "uniform" || distribution == "sparse" || distribution == "integers";
}

}  // namespace

std::string_view name(Effort effort) {
  switch (effort) {
    case Effort::kQuick: return "quick";
    case Effort::kStandard: return "standard";
    case Effort::kThorough: return "thorough";
  }
  return "";
}

std::optional<Effort> parse_effort(std::string_view text) {
  for (const Effort effort : {Effort::kQuick, Effort::kStandard, Effort::kThorough}) {
    if (name(effort) == text) return effort;
  }
  return std::nullopt;
}

TrialPlan plan_trials(Effort effort, const ProblemSize& size, int64_t seed) {
  TrialPlan plan;
  const auto add = [&](Trial trial) {
    trial.seed = seed++;
    plan.trials.push_back(std::move(trial));
  };
  const bool large = size.largest_input >= kLargeInput && effort != Effort::kThorough;
  const bool jitter = size.state_bytes <= kLargeState;
  add({.distribution = "own", .own = true, .repeat = true});
  if (effort != Effort::kQuick) add({.distribution = "own", .own = true});
  std::vector<std::string> made = made_distributions(effort);
  if (!size.floating_inputs && effort != Effort::kQuick)
    made = {"normal", "uniform", "constant_rows", "zeros"};  // indices and flags
  if (large || (!size.floating_inputs && effort == Effort::kQuick)) made = {"normal"};
  for (const std::string& distribution : made) {
    const bool repeat = distribution == "normal" && !large;
    // The program is warm by then. A listing takes time, so that one is enough unless time is no matter.
    const bool lists_kernels = distribution == "normal" || effort == Effort::kThorough;
    add({.distribution = distribution,
         .jitter_state = jitter,
         .redraw_state = jitter && redraws_state(distribution),
         .repeat = repeat,
         .moved = repeat,
         .lists_kernels = lists_kernels});
  }
  if (effort != Effort::kQuick && !large && size.can_rearrange)
    add({.distribution = "normal", .jitter_state = jitter, .rearranged = true});
  if (large)
    plan.note = fmt::format("an input has {} elements, so only its own values and normal ones were tried", size.largest_input);
  return plan;
}

int64_t draw_seed() {
  constexpr int64_t kKnown = 1001;
  if (!is_on(Defence::kDrawnSeeds)) return kKnown;
  std::random_device device;
  return std::uniform_int_distribution<int64_t>(0, (int64_t{1} << 31) - 1)(device);
}

std::vector<int64_t> rearranged_strides(const std::vector<int64_t>& shape) {
  const size_t rank = shape.size();
  std::vector<int64_t> strides(rank, 1);
  if (rank == 0) return strides;
  if (rank == 1) return {2};
  std::vector<size_t> order(rank);  // axes from the innermost in memory outwards
  for (size_t i = 0; i < rank; ++i) order[i] = rank - 1 - i;
  std::swap(order[0], order[1]);
  int64_t step = 1;
  for (const size_t axis : order) {
    strides[axis] = step;
    step *= std::max<int64_t>(shape[axis], 1);
  }
  return strides;
}

}  // namespace ka
