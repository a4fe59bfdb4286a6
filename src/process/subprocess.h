#pragma once

#include <sys/types.h>

#include <chrono>
#include <cstddef>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "process/fd.h"
#include "process/loop.h"

namespace ka {

/// How a process ended: by itself with a status, or by a signal.
struct Ending {
  int exit = 0;
  int signal = 0;  ///< 0 when it ended by itself
  bool ok() const { return signal == 0 && exit == 0; }
};

/// "exit 1" or "signal 9".
std::string to_text(const Ending& ending);

/// Says what a new process gets; it inherits nothing that is not named here.
struct SpawnOptions {
  std::vector<std::string> arguments;    ///< program first; looked up in our PATH when it has no slash
  std::vector<std::string> environment;  ///< complete, as KEY=VALUE
  std::filesystem::path directory;       ///< working directory; empty: ours
  std::vector<int> inherit;              ///< descriptors that keep their numbers
  int input = -1;                        ///< descriptor that becomes stdin; -1: /dev/null
  bool capture = false;                  ///< stdout and stderr to two pipes
  std::filesystem::path output;          ///< without capture: file to which both are appended; empty: /dev/null
  std::filesystem::path control_group;   ///< folder of the control group that it joins before it runs; empty: ours
  bool guarded = false;                  ///< where we are killed, so is its whole group, not the process alone
  bool outlives_us = false;              ///< a session of its own: neither our end nor the destructor ends it
};

/// One running process and its group. Passive: whoever holds it waits on `pidfd()` and the pipes in the loop.
/// The destructor kills the group and reaps the process. The process also dies when the thread that started it dies. Neither holds for
/// one that outlives us.
class Subprocess {
 public:
  static Result<Subprocess> start(const SpawnOptions& options);
  Subprocess(Subprocess&& other) noexcept;
  Subprocess& operator=(Subprocess&& other) noexcept;
  ~Subprocess();

  pid_t pid() const { return pid_; }
  /// Readable once the process has ended.
  int pidfd() const { return pidfd_.get(); }
  Fd& out() { return out_; }
  Fd& err() { return err_; }
  /// Sends a signal to the whole group; nothing once it was reaped.
  void kill_group(int signal = 9) const;
  /// Collects the ending if the process has ended. Never waits.
  std::optional<Ending> reap();
  /// Blocks at most `patience` for the end; nothing if it still runs.
  std::optional<Ending> wait(std::chrono::milliseconds patience);
  /// Kills the group and waits at most `patience` for the end; nothing if it would not die.
  std::optional<Ending> end(std::chrono::milliseconds patience = std::chrono::seconds(5));

 private:
  Subprocess() = default;
  pid_t pid_ = -1;
  bool outlives_us_ = false;
  Fd pidfd_, out_, err_;
  std::optional<Ending> ending_;
};

struct CommandOptions {
  SpawnOptions spawn;  ///< `capture` is set by run_command
  std::chrono::milliseconds timeout = std::chrono::minutes(1);
  std::size_t max_output = std::size_t{16} << 20;  ///< bytes kept of each stream; the rest is read and dropped
};

struct CommandOutput {
  Ending ending;
  bool timed_out = false;  ///< it was killed; `ending` says so too
  std::string out, err;
  double seconds = 0;
};

/// Runs a command to its end and captures its output. Errors: it could not be started, or the loop was interrupted (it is killed).
/// A failing or timed-out command is a value.
Task<Result<CommandOutput>> run_command(Loop& loop, CommandOptions options);

}  // namespace ka
