#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <string>

#include "base/json.h"
#include "base/result.h"
#include "kernel/author.h"
#include "process/loop.h"
#include "run/config.h"
#include "run/platforms.h"
#include "worker/pool.h"

namespace ka {

/// What work is done with: the one poll loop, the warm workers and the platform. Made per command; starts nothing until asked.
class Workshop {
 public:
  /// Picks the platform and finds the worker's files; errors are the user's (platform) or the machine's (no worker).
  static Result<std::unique_ptr<Workshop>> open(const Config& config);
  ~Workshop();

  const Config& config() const { return config_; }
  const Platform& platform() const { return platform_; }
  Loop& loop() { return *loop_; }
  WorkerPool& pool() { return *pool_; }

  /// Runs a task to its end; Ctrl-C ends it with Fault::kInterrupted.
  template <class T>
  T run(Task<T> task) {
    return loop_->run(std::move(task));
  }
  /// What keeps a repeated call going: its end ends the calls.
  using Repeating = std::shared_ptr<const void>;
  /// Calls `what` every `span` while `run` runs.
  [[nodiscard]] Repeating every(std::chrono::milliseconds span, std::function<void()> what);

  /// Starts the first worker and says what it has: {"versions": {...}, "sandbox": level, "devices": [...]}. An error names what is missing and what to do.
  Task<Result<Json>> machine();
  /// Says whether kernels can be timed: on the platforms whose row says so. A worker for the interpreter, where times say nothing, may bring
  /// a clock of its own (tests/timing); it is asked only where tuning was asked for.
  Task<Result<bool>> has_clock();
  /// The device kernels are written for.
  Task<Result<Target>> target();

 private:
  Workshop(Config config, Platform platform);
  Config config_;
  Platform platform_;
  std::unique_ptr<Loop> loop_;
  std::unique_ptr<WorkerPool> pool_;
  Json machine_;
  std::string gpu_;  ///< the first device's UUID; not part of machine(), which says what kind of machine this is
};

/// Turns a worker's refusal ({"kind", "message", "line", "file"}) about a problem file into an error with a hint.
Error worker_refusal(const Json& error, const std::filesystem::path& problem, const Config& config);

/// Checks a problem file before any worker starts: it exists, is a regular file and not empty. Returns its text.
Result<std::string> read_problem(const std::filesystem::path& problem);

}  // namespace ka
