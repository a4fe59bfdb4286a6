#pragma once

#include <span>
#include <string_view>
#include <vector>

#include "base/json.h"

// The arithmetic of timing: medians with intervals, comparisons, and event times held against another clock (docs/TRUST.md, Timing).

namespace ka {

/// One contender's turn: what its events said of every call, and how long the turn took by the clock of the process that asked for it.
struct Turn {
  std::vector<double> calls_ms;
  double wall_ms = 0;
};

/// The time of one call of a contender. A turn counts as one observation, its median: calls of one turn share its clock rate and
/// temperature, and would make the interval too narrow.
struct TimingSummary {
  int64_t turns = 0, calls = 0;
  double median_ms = 0;
  double low_ms = 0;  ///< the 95 % interval of the median, from order statistics: no distribution is assumed
  double high_ms = 0;
};
TimingSummary summarize(std::span<const Turn> turns);
/// {"median_ms","interval_ms":[low, high],"turns","samples"}
Json to_json(const TimingSummary& summary);

/// From so many turns on an interval holds the median with 95 %.
inline constexpr int kLeastTurns = 6;

/// Returns how many of the smallest and of the largest of `count` observations lie outside the 95 % interval of their median: the most that
/// the binomial distribution with p = 1/2 allows (Hahn and Meeker, Statistical Intervals, chapter 5).
int64_t trimmed_by_interval(int64_t count);

enum class Comparison { kFaster, kSlower, kNoDifference, kUnknown };
/// "faster", "slower", "no difference", "unknown".
std::string_view name(Comparison comparison);
/// Says how `one` stands to `other`: a difference only where the intervals part.
Comparison compare(const TimingSummary& one, const TimingSummary& other);

/// Event times against the asking process's clock.
struct ClockCheck {
  double events_ms = 0;  ///< per call, by the contender's events
  double wall_ms = 0;    ///< per call, by our clock, less what a call of nothing takes
  bool agree = true;     ///< within a tenth and what a launch takes by itself
  /// Returns what event times are multiplied with: 1, or more where our clock says more and they disagree.
  double factor() const;
};
/// Compares the clocks, turn by turn, and takes the medians. `cycle_ms`: what a call of nothing takes in a turn.
ClockCheck check_clock(std::span<const Turn> turns, double cycle_ms);

/// Multiplies event times by what the check found.
TimingSummary scaled(TimingSummary summary, double factor);

/// Returns how many calls of one contender make up a turn of about `turn_ms`: at least 1, at most 1000.
int calls_per_turn(double call_ms, double turn_ms);

}  // namespace ka
