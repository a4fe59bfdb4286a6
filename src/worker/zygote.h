#pragma once

#include <chrono>
#include <filesystem>
#include <map>
#include <memory>
#include <optional>
#include <string>

#include "process/event.h"
#include "process/socket.h"
#include "process/subprocess.h"
#include "worker/protocol.h"

namespace ka {

/// What is known of one forked child. Shared by its zygote, which fills it in, and its session.
struct Child {
  int id = 0;
  WorkerRole role = WorkerRole::kTrace;
  int pid = 0;  ///< 0 until it was forked
  std::optional<std::string> refused;
  std::optional<ZygoteEvent> exited;
};

/// How to start a zygote.
struct ZygoteOptions {
  SpawnOptions spawn;  ///< ends in `--fd`; the descriptor's number is appended
  std::chrono::milliseconds start_timeout;
  std::chrono::milliseconds fork_timeout;
  ChildLimits limits;
};

/// One Python process that imported torch and triton and forks children. Starts once, lives until it dies or is destroyed; tells every
/// waiter how it ended. Whoever awaits one of its tasks holds it.
class Zygote {
 public:
  Zygote(Loop& loop, ZygoteOptions options);
  Zygote(const Zygote&) = delete;
  Zygote& operator=(const Zygote&) = delete;
  /// Asks the process to stop, and kills it if it does not soon.
  ~Zygote();

  /// Starts the process on the first call and waits until it is ready.
  Task<Status> ready();
  /// Forks a child whose line is `descriptor`. An error after which `alive()` is false is the zygote's death.
  Task<Result<std::shared_ptr<Child>>> fork(WorkerRole role, Fd descriptor);
  /// Asks for a child's death; nothing if it is gone.
  void kill(const Child& child);
  /// Waits until the child's end was reported or the zygote died; false at the deadline.
  Task<bool> wait_exit(std::shared_ptr<Child> child, Deadline deadline);
  /// Ends the process now: "stop", then SIGKILL.
  void shut_down();

  bool alive() const { return state_ != State::kDead; }
  /// How it died: one line.
  const Error& death() const { return death_; }
  /// Says whether starting another would end the same way (a package is missing).
  bool hopeless() const { return hopeless_; }
  const Json& versions() const { return versions_; }
  /// What keeps its children apart: {"filter": true, "namespaces": true, "processes": true}, with a "reason" where one is missing.
  const Json& isolation() const { return isolation_; }
  std::size_t living() const { return children_.size(); }

 private:
  enum class State { kNew, kStarting, kReady, kDead };
  Status launch();
  Task<void> read_events();
  void take(ZygoteEvent event);
  void take_failed(const ZygoteEvent& event);
  void die(Error error);
  Error ended_by_itself(std::optional<Ending> ending) const;

  Loop& loop_;
  ZygoteOptions options_;
  State state_ = State::kNew;
  Deadline start_deadline_ = kNever;
  std::optional<Subprocess> process_;
  std::optional<JsonLine> line_;
  Event changed_;  ///< the state, or a child's
  std::map<int, std::shared_ptr<Child>> children_;
  int next_id_ = 1;
  Json versions_, isolation_;
  Error death_;
  bool hopeless_ = false;
  Task<void> reader_;  ///< last: ends before what it uses
};

}  // namespace ka
