#pragma once

#include <filesystem>
#include <functional>
#include <string>

#include "base/result.h"
#include "process/fd.h"
#include "process/loop.h"

namespace ka {

enum class LeaseUse {
  kShared,     ///< beside others who share
  kExclusive,  ///< alone
};

/// Which GPU is wanted, and how.
struct LeaseRequest {
  std::string gpu;  ///< its UUID: names the lock
  LeaseUse use = LeaseUse::kShared;
  std::string doing;                          ///< what those who wait for one who has it alone are told: "timing"
  std::function<void(std::string)> progress;  ///< called with one line whenever what we wait for changes; may be empty
  std::filesystem::path folder;               ///< where locks lie; empty: lease_folder()
};

/// A place on a GPU that all processes of a user share. Given back by the destructor, and by the kernel where the process dies.
class Lease {
 public:
  Lease() = default;
  explicit Lease(Fd lock) : lock_(std::move(lock)) {}

 private:
  Fd lock_;
};

/// Waits for a lease, however long that takes. Who wants one alone comes before those who come later and would share, so that nobody waits
/// for ever. Errors: the loop was interrupted, or the folder cannot be used.
Task<Result<Lease>> take_lease(Loop& loop, LeaseRequest request);

/// How much of a GPU's memory somebody is about to use.
struct MemoryRequest {
  std::string gpu;                            ///< its UUID
  double share = 0;                           ///< of the whole memory, 0 to 1; rounded up to 64ths
  std::function<void(std::string)> progress;  ///< as in LeaseRequest
  std::filesystem::path folder;               ///< as in LeaseRequest
};

/// Waits until so much of a GPU's memory is nobody else's, in turn: who wants much keeps those who come later from taking what becomes
/// free. It is an account between our processes, not a limit. Errors as for take_lease().
Task<Result<Lease>> take_memory(Loop& loop, MemoryRequest request);

/// Returns this user's folder for locks, below /tmp: one for all of a user's processes, whatever their environment.
std::filesystem::path lease_folder();

}  // namespace ka
