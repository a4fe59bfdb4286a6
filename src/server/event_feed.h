#pragma once

#include <chrono>
#include <string>

#include "run/run_directory.h"
#include "server/call.h"

namespace ka {

/// Follows a run's events.jsonl for one client, as server-sent events. Each event's id is the number of its line, so a client that was cut
/// off goes on after the last one it has. Reads the file only: a client that is slow or gone costs the run nothing.
class EventFeed {
 public:
  /// Begins after the line of number `after`.
  EventFeed(RunDirectory run, size_t after) : run_(std::move(run)), skip_(after) {}

  /// Returns what has come since the last call, a comment now and then where nothing has, and at the end of the run an event `end`.
  Reply::Piece next();

 private:
  std::string lines();

  RunDirectory run_;
  size_t skip_ = 0, line_ = 0;
  std::streamoff offset_ = 0;
  std::string state_;
  std::chrono::steady_clock::time_point looked_{}, spoke_{};
};

/// "queued", "running" or "ended": whether somebody works on a run, or will.
std::string activity(const RunDirectory& run);

}  // namespace ka
