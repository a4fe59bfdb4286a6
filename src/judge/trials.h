#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "judge/judge.h"

namespace ka {

/// One input set: where its values come from and what else is tried on it.
struct Trial {
  std::string distribution;  ///< "own": the problem's get_inputs(); otherwise one of inputs.py's
  int64_t seed = 0;
  bool own = false;
  bool jitter_state = false;   ///< parameters and buffers scaled at random, floating scalars varied
  bool redraw_state = false;   ///< parameters with other signs and without zeros, whole numbers in other places
  bool rearranged = false;     ///< same shapes, other strides
  bool repeat = false;         ///< run twice, with other poison and beside other work: results must agree
  bool moved = false;          ///< the second run finds everything elsewhere in memory
  bool lists_kernels = false;  ///< on CUDA, what ran on the GPU is listed
};

/// Do its made inputs hold NaN?
inline bool has_nan(const Trial& trial) { return trial.distribution == "nonfinite" || trial.distribution == "nan"; }

/// What the plan depends on.
struct ProblemSize {
  int64_t largest_input = 0;  ///< elements
  int64_t state_bytes = 0;
  bool floating_inputs = true;  ///< some input holds floating-point numbers
  bool can_rearrange = true;    ///< some input has an element to move
};

struct TrialPlan {
  std::vector<Trial> trials;
  std::string note;  ///< what was left out and why, or empty
};

/// From this many elements in one input, `standard` keeps to the problem's own inputs and the normal distribution.
inline constexpr int64_t kLargeInput = int64_t{1} << 28;

/// Lists the input sets of an effort level, in order; their seeds count up from `seed`. The first is always the problem's own.
TrialPlan plan_trials(Effort effort, const ProblemSize& size, int64_t seed);

/// Draws a seed that nobody can know beforehand, so that no kernel can hold the answers to its inputs.
int64_t draw_seed();

/// Returns the strides of the rearranged trial: the last two axes swapped in memory, or every second element of a vector.
std::vector<int64_t> rearranged_strides(const std::vector<int64_t>& shape);

}  // namespace ka
