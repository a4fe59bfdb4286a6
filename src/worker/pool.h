#pragma once

#include <chrono>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "base/json.h"
#include "base/result.h"
#include "process/fd.h"
#include "process/loop.h"
#include "process/task.h"
#include "worker/compiled_store.h"
#include "worker/protocol.h"

namespace ka {

struct PoolOptions {
  std::string python = "python3";     ///< interpreter with torch and triton
  std::filesystem::path worker_path;  ///< folder that holds kernelagent_worker/
  bool interpret = true;              ///< TRITON_INTERPRET=1 (no GPU)
  int zygotes = 1;
  int64_t memory_mb = 16384;   ///< cap per child
  int64_t cpu_seconds = 7200;  ///< processor time per child
  int64_t disk_mb = 2048;      ///< what one child may write to its private folder
  int64_t processes = 1024;    ///< processes of one child
  bool spares = true;          ///< from the second session of a role on, the next one's child is forked beforehand
  std::chrono::seconds start_timeout{180};
  std::chrono::seconds fork_timeout{60};
  bool sandbox = true;                          ///< bubblewrap where it works (process/sandbox.h)
  bool require_sandbox = false;                 ///< start no worker below the level "bubblewrap": Fault::kSandbox
  std::vector<std::filesystem::path> writable;  ///< folders that workers may write, beside their private ones
  std::vector<std::string> environment;         ///< further KEY=VALUE entries for workers
};

/// A request or a reply with the descriptors that travel with it: shared memory, which the message names by their places.
struct Parcel {
  Json message;
  std::vector<SharedFd> descriptors;
};

/// One child's line: requests and replies in order. Destroying it ends the child.
class WorkerSession {
 public:
  virtual ~WorkerSession() = default;
  /// Sends a request and waits for its reply. A timeout kills the child. Errors: Fault::kEnvironment when the child or zygote died
  /// or timed out (the message says which), Fault::kInterrupted; otherwise the reply, whose "ok" may be false (failure_of reads it).
  /// Sets "id" and encodes non-finite numbers. The child answers one call at a time; further calls wait for their turn.
  virtual Task<Result<Parcel>> exchange(Parcel request, std::chrono::milliseconds timeout) = 0;
  /// The same where no descriptors travel.
  Task<Result<Json>> call(Json request, std::chrono::milliseconds timeout);
  /// The child's number as its zygote sees it; another one than ours inside bubblewrap.
  virtual int pid() const = 0;
  /// How the last call failed, if the child is gone: "timed_out", "signal 9", "exit 1", "malformed", "hung_up", "zygote_died",
  /// "interrupted", or empty while it lives.
  virtual std::string ending() const = 0;
  /// Why a dead child was ended by its caps: "memory", "cpu", "processes", "disk", or empty.
  virtual std::string ending_reason() const { return {}; }
  /// The last that a dead child printed.
  virtual std::string output() const { return {}; }
  /// Lets the child end by itself, which lets a tool that it runs under end its report, and returns that.
  virtual Task<Result<std::string>> finish(std::chrono::milliseconds timeout);
};

/// Warm Python zygotes that fork a child per session. Single-threaded: everything runs on the one poll loop, which outlives the pool.
/// A session outlives the pool only to report that its child is gone.
class WorkerPool {
 public:
  virtual ~WorkerPool() = default;
  /// Starts zygotes lazily; a dead zygote is restarted once per request.
  static std::unique_ptr<WorkerPool> create(Loop& loop, PoolOptions options);
  /// Roles of compute-sanitizer need it on this machine: Fault::kEnvironment says that it was not found.
  virtual Task<Result<std::unique_ptr<WorkerSession>>> open(WorkerRole role) = 0;
  /// Versions the zygote reported (python, torch, triton, cuda), starting it if needed.
  virtual Task<Result<Json>> versions() = 0;
  /// The loop that everything runs on.
  virtual Loop& loop() = 0;
  /// The options in use.
  virtual const PoolOptions& options() const = 0;
  /// "bubblewrap", "bubblewrap, " and what is missing, or "process"; known once a zygote was started, and why it is no better.
  virtual std::string sandbox_level() const { return "process"; }
  virtual std::string sandbox_reason() const { return {}; }
  /// Who holds a worker to its limits of memory and processes: "control group" (the kernel, and the watch), or "watched" and why.
  virtual std::string limits() const { return "watched"; }
  /// What programs compiled, for later processes of the same text.
  CompiledStore& compiled() { return compiled_; }

 private:
  CompiledStore compiled_;
};

}  // namespace ka
