#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <random>

#include "llm/provider.h"
#include "llm/settings.h"
#include "process/loop.h"

namespace ka {

/// Decides whether and when a failed call is tried again.
class Backoff {
 public:
  Backoff(const RetrySettings& settings, uint64_t seed) : settings_(settings), random_(seed) {}
  /// Returns how long to wait before the next try after `attempts` failed ones; nothing: give up. Without a wish of the server's, the
  /// wait doubles up to the cap, and half of it is by chance, so that callers do not return together. A wish is a lower bound.
  std::optional<std::chrono::milliseconds> wait_after(int attempts, const CallFailure& failure);

 private:
  RetrySettings settings_;
  std::mt19937_64 random_;
};

/// Spreads calls to one service over time: a number per minute, and pauses that it asked for. Times are given, so it needs no clock.
class Pace {
 public:
  /// `per_minute` 0: no limit but pauses.
  explicit Pace(double per_minute);
  /// Books the next free moment, at `now` or later.
  Deadline book(Deadline now);
  /// No call before `until`.
  void pause(Deadline until);
  Deadline paused_until() const { return pause_; }

 private:
  std::chrono::nanoseconds gap_{0};
  Deadline next_ = Deadline::min(), pause_ = Deadline::min();
};

}  // namespace ka
