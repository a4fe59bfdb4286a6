#pragma once

#include <chrono>
#include <string>

namespace ka {

using UtcTime = std::chrono::system_clock::time_point;

/// "2026-11-22T17:07:41.123Z".
std::string utc_timestamp(UtcTime time = std::chrono::system_clock::now());
/// "20261122_170741", as run ids begin.
std::string utc_compact(UtcTime time = std::chrono::system_clock::now());

/// Measures wall time from its making.
class Stopwatch {
 public:
  /// Returns the seconds since the start.
  double seconds() const { return std::chrono::duration<double>(std::chrono::steady_clock::now() - start_).count(); }

 private:
  std::chrono::steady_clock::time_point start_ = std::chrono::steady_clock::now();
};

}  // namespace ka
