#pragma once

#include <cstdint>
#include <filesystem>
#include <string>

#include "base/result.h"

namespace ka {

/// What a control group may hold; 0 is no limit.
struct ControlLimits {
  int64_t memory_mb = 0;
  int64_t processes = 0;
};

/// Finds where control groups (version 2) can be made: the nearest folder, from our own group upwards, that we may write and that hands
/// the controllers of memory and processes to its children. That is the root's for root, and a user's slice where systemd delegates one.
/// `root` is where they are mounted, `own` the text of /proc/self/cgroup. Errors say in one line why there is none.
Result<std::filesystem::path> find_control_groups(const std::filesystem::path& root = "/sys/fs/cgroup",
                                                  const std::filesystem::path& own = "/proc/self/cgroup");

/// A control group of ours: the kernel holds everything in it to its limits, whatever it forks.
class ControlGroup {
 public:
  /// Makes the group `name` in a folder. Removes groups there that processes of ours left when they were killed.
  static Result<ControlGroup> make(const std::filesystem::path& parent, const std::string& name, const ControlLimits& limits);
  ControlGroup(ControlGroup&& other) noexcept;
  ControlGroup& operator=(ControlGroup&& other) noexcept;
  /// Kills what is still in it and removes it.
  ~ControlGroup();

  const std::filesystem::path& folder() const { return folder_; }

 private:
  explicit ControlGroup(std::filesystem::path folder) : folder_(std::move(folder)) {}
  void remove();
  std::filesystem::path folder_;
};

/// Returns the limits of a worker whose children may each hold so much: the children of a few judgements, and never so much that the
/// machine's other programs starve.
ControlLimits worker_limits(const ControlLimits& child, const std::filesystem::path& memory = "/proc/meminfo");

}  // namespace ka
