#pragma once

#include <chrono>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "base/json.h"
#include "base/result.h"
#include "process/loop.h"
#include "process/task.h"

namespace ka {

enum class WorkerRole { kTrace, kCandidate, kReference, kCompare, kBench, kInspect };

struct PoolOptions {
  std::string python = "python3";        ///< interpreter with torch and triton
  std::filesystem::path worker_path;     ///< folder that holds kernelagent_worker/
  bool interpret = true;                 ///< TRITON_INTERPRET=1 (no GPU)
  int zygotes = 1;
  int64_t memory_mb = 16384;             ///< cap per child
  std::chrono::seconds start_timeout{180};
};

/// One child's line: requests and replies in order. Destroying it ends the child.
class WorkerSession {
 public:
  virtual ~WorkerSession() = default;
  /// Sends a request and waits for its reply. A timeout kills the child. Errors: Fault::kEnvironment when the child or zygote died
  /// or timed out (the message says which), otherwise the reply, whose "ok" may be false.
  virtual Task<Result<Json>> call(Json request, std::chrono::milliseconds timeout) = 0;
  virtual int pid() const = 0;
  /// How the last call failed, if the child is gone: "timed_out", "signal 9", "exit 1", or empty while it lives.
  virtual std::string ending() const = 0;
};

/// Warm Python zygotes that fork a child per session. Single-threaded: everything runs on the one poll loop.
class WorkerPool {
 public:
  virtual ~WorkerPool() = default;
  /// Starts zygotes lazily; a dead zygote is restarted once per request.
  static std::unique_ptr<WorkerPool> create(Loop& loop, PoolOptions options);
  virtual Task<Result<std::unique_ptr<WorkerSession>>> open(WorkerRole role) = 0;
  /// Versions the zygote reported (python, torch, triton, cuda), starting it if needed.
  virtual Task<Result<Json>> versions() = 0;
  virtual const PoolOptions& options() const = 0;
};

}  // namespace ka
