#pragma once

#include <functional>
#include <optional>
#include <string>

#include "process/lease.h"
#include "process/loop.h"

namespace ka {

/// A place on a GPU, alone or beside others, and a part of its memory. Whoever waits for memory has no place meanwhile: who has the memory
/// may be waiting for a place of its own, and neither would ever get any further.
class GpuSeat {
 public:
  /// `gpu`: its UUID; where it is empty nothing is waited for. `progress` is told what is; may be empty.
  GpuSeat(Loop& loop, std::string gpu, std::function<void(std::string)> progress)
      : loop_(loop), gpu_(std::move(gpu)), progress_(std::move(progress)) {}

  /// Takes a place, and gives up the one that it had before: two who share and both want more would wait for each other. `doing` is what
  /// one who is alone does, for those who wait.
  Task<Status> sit(LeaseUse use, std::string doing = "timing");
  /// Waits until that many of the GPU's `total` bytes are nobody else's, then for a place as it was before. An unknown total (0) needs no
  /// waiting.
  Task<Status> claim(double bytes, double total);

 private:
  Loop& loop_;
  std::string gpu_;
  std::function<void(std::string)> progress_;
  std::optional<LeaseUse> use_;
  std::string doing_;
  Lease place_, memory_;
};

}  // namespace ka
