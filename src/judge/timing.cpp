#include "judge/timing.h"

#include <algorithm>
#include <cmath>

namespace ka {
namespace {

constexpr double kOutside = 0.025;       ///< on each side of a 95 % interval
constexpr double kDisagreement = 0.1;    ///< by which two clocks may differ
constexpr double kEventStepMs = 0.0005;  ///< an event's resolution (CUDA runtime API, cudaEventElapsedTime): no win is smaller
constexpr double kResolutionMs = 0.02;   ///< and this: a call of nothing lacks a launch's own latency, and a turn has its message

double median_of(std::vector<double> values) {
  if (values.empty()) return 0;
  std::sort(values.begin(), values.end());
  const size_t count = values.size();
  return count % 2 == 1 ? values[count / 2] : (values[count / 2 - 1] + values[count / 2]) / 2;
}

double mean_of(const std::vector<double>& values) {
  double sum = 0;
  for (const double value : values) sum += value;
  return values.empty() ? 0 : sum / static_cast<double>(values.size());
}

}  // namespace

int64_t trimmed_by_interval(int64_t count) {
  const double n = static_cast<double>(count);
  int64_t trimmed = 0;
  double below = 0;  // P(a binomial count with p = 1/2 is at most `trimmed`)
  for (int64_t k = 0; k < count / 2; ++k) {
    const double i = static_cast<double>(k);
    below += std::exp(std::lgamma(n + 1) - std::lgamma(i + 1) - std::lgamma(n - i + 1) - n * std::log(2.0));
    if (below > kOutside) break;
    trimmed = k;
  }
  return trimmed;
}

TimingSummary summarize(std::span<const Turn> turns) {
  TimingSummary summary;
  std::vector<double> medians;
  for (const Turn& turn : turns) {
    if (turn.calls_ms.empty()) continue;
    medians.push_back(median_of(turn.calls_ms));
    summary.calls += static_cast<int64_t>(turn.calls_ms.size());
  }
  if (medians.empty()) return summary;
  std::sort(medians.begin(), medians.end());
  summary.turns = static_cast<int64_t>(medians.size());
  summary.median_ms = median_of(medians);
  const size_t trimmed = static_cast<size_t>(trimmed_by_interval(summary.turns));
  summary.low_ms = medians[trimmed];
  summary.high_ms = medians[medians.size() - 1 - trimmed];
  return summary;
}

Json to_json(const TimingSummary& summary) {
  return Json{{"median_ms", summary.median_ms},
              {"interval_ms", {summary.low_ms, summary.high_ms}},
              {"turns", summary.turns},
              {"samples", summary.calls}};
}

std::string_view name(Comparison comparison) {
  switch (comparison) {
    case Comparison::kFaster: return "faster";
    case Comparison::kSlower: return "slower";
    case Comparison::kNoDifference: return "no difference";
    case Comparison::kUnknown: break;
  }
  return "unknown";
}

Comparison compare(const TimingSummary& one, const TimingSummary& other) {
  if (one.turns < kLeastTurns || other.turns < kLeastTurns) return Comparison::kUnknown;
  if (one.high_ms + kEventStepMs < other.low_ms) return Comparison::kFaster;
  if (one.low_ms > other.high_ms + kEventStepMs) return Comparison::kSlower;
  return Comparison::kNoDifference;
}

double ClockCheck::factor() const { return agree || wall_ms <= events_ms || !(events_ms > 0) ? 1 : wall_ms / events_ms; }

ClockCheck check_clock(std::span<const Turn> turns, double cycle_ms) {
  std::vector<double> events, wall;
  for (const Turn& turn : turns) {
    if (turn.calls_ms.empty()) continue;
    events.push_back(mean_of(turn.calls_ms));
    wall.push_back(std::max(0.0, turn.wall_ms / static_cast<double>(turn.calls_ms.size()) - cycle_ms));
  }
  ClockCheck check{median_of(std::move(events)), median_of(std::move(wall)), true};
  const auto within = [](double one, double other) { return one <= other * (1 + kDisagreement) + kResolutionMs; };
  check.agree = within(check.wall_ms, check.events_ms) && within(check.events_ms, check.wall_ms);
  return check;
}

TimingSummary scaled(TimingSummary summary, double factor) {
  summary.median_ms *= factor;
  summary.low_ms *= factor;
  summary.high_ms *= factor;
  return summary;
}

int calls_per_turn(double call_ms, double turn_ms) {
  if (!(call_ms > 0)) return 1;
  return static_cast<int>(std::clamp(turn_ms / call_ms, 1.0, 1000.0));
}

}  // namespace ka
