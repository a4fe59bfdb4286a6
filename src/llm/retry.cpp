#include "llm/retry.h"

#include <algorithm>
#include <cmath>

namespace ka {

std::optional<std::chrono::milliseconds> Backoff::wait_after(int attempts, const CallFailure& failure) {
  if (failure.kind != CallFailure::Kind::kTransient || attempts >= settings_.attempts) return std::nullopt;
  const double chance = std::uniform_real_distribution<double>(0.5, 1.0)(random_);
  const double own = std::min(static_cast<double>(settings_.cap.count()),
                              static_cast<double>(settings_.base.count()) * std::exp2(std::min(attempts - 1, 30)));
  if (!failure.retry_after) return std::chrono::milliseconds(static_cast<int64_t>(own * chance));
  const double wish = *failure.retry_after * 1000;
  if (wish > static_cast<double>(settings_.longest_wait.count())) return std::nullopt;
  // A little later than asked, each caller at another moment.
  return std::chrono::milliseconds(
      static_cast<int64_t>(std::ceil(wish + (chance - 0.5) * static_cast<double>(settings_.base.count()))));
}

Pace::Pace(double per_minute) {
  if (per_minute > 0) gap_ = std::chrono::nanoseconds(static_cast<int64_t>(60e9 / per_minute));
}

Deadline Pace::book(Deadline now) {
  const Deadline moment = std::max({now, next_, pause_});
  if (gap_.count() > 0) next_ = moment + gap_;
  return moment;
}

void Pace::pause(Deadline until) { pause_ = std::max(pause_, until); }

}  // namespace ka
