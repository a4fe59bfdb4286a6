#include "judge/timing.h"

#include <algorithm>
#include <cmath>

namespace ka {

TimingSummary summarize(std::vector<double> samples_ms) {
  TimingSummary summary;
  std::erase_if(samples_ms, [](double value) { return !std::isfinite(value) || value <= 0; });
  if (samples_ms.empty()) return summary;
  std::sort(samples_ms.begin(), samples_ms.end());
  const size_t count = samples_ms.size();
  summary.samples = static_cast<int64_t>(count);
  summary.median_ms = count % 2 == 1 ? samples_ms[count / 2] : (samples_ms[count / 2 - 1] + samples_ms[count / 2]) / 2;
  const double half = 0.98 * std::sqrt(static_cast<double>(count));  // 1.96 standard deviations of a binomial count with p = 1/2
  const double middle = static_cast<double>(count) / 2;
  const auto place = [&](double rank) {
    return samples_ms[static_cast<size_t>(std::clamp(rank, 0.0, static_cast<double>(count - 1)))];
  };
  summary.low_ms = place(std::floor(middle - half));
  summary.high_ms = place(std::ceil(middle + half));
  return summary;
}

Json to_json(const TimingSummary& summary) {
  return Json{{"samples", summary.samples}, {"median_ms", summary.median_ms}, {"interval_ms", {summary.low_ms, summary.high_ms}}};
}

bool is_clear_win(const TimingSummary& faster, const TimingSummary& slower) {
  return faster.samples > 0 && slower.samples > 0 && faster.high_ms < slower.low_ms;
}

int calls_per_turn(double call_ms, double turn_ms) {
  if (!(call_ms > 0)) return 1;
  return static_cast<int>(std::clamp(turn_ms / call_ms, 1.0, 100.0));
}

}  // namespace ka
