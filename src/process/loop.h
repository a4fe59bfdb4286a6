#pragma once

#include <atomic>
#include <chrono>
#include <coroutine>
#include <deque>
#include <list>
#include <vector>

#include "process/task.h"

namespace ka {

class Loop;

using Deadline = std::chrono::steady_clock::time_point;
inline constexpr Deadline kNever = Deadline::max();

/// Returns the moment `span` from now; saturates at kNever.
Deadline after(std::chrono::nanoseconds span);

/// One suspension of one coroutine, made by the Loop: `bool ready = co_await loop.readable(fd, deadline);`.
/// Yields true when what it waited for happened, false on the deadline or once the loop was interrupted (ask `loop.interrupted()`).
class Wait {
 public:
  Wait(Loop& loop, int fd, short events, Deadline deadline) : loop_(loop), fd_(fd), events_(events), deadline_(deadline) {}
  Wait(const Wait&) = delete;
  Wait& operator=(const Wait&) = delete;
  ~Wait();

  bool await_ready() const noexcept { return false; }
  void await_suspend(std::coroutine_handle<> coroutine);
  bool await_resume() const noexcept { return ready_; }

 private:
  friend class Loop;
  enum class State { kIdle, kWaiting, kFired };
  Loop& loop_;
  int fd_;  ///< -1: only the deadline or Loop::wake ends it
  short events_;
  Deadline deadline_;
  State state_ = State::kIdle;
  bool ready_ = false;
  std::coroutine_handle<> coroutine_;
};

/// The one poll loop: runs coroutines in one thread, resumes them when descriptors, deadlines or wakes say so.
/// Outlives every task, pool and event made on it.
class Loop {
 public:
  Loop();
  ~Loop();
  Loop(const Loop&) = delete;
  Loop& operator=(const Loop&) = delete;

  /// Runs the task to its end, spawned tasks beside it, and returns its result. Not reentrant.
  template <class T>
  T run(Task<T> task) {
    task.start();
    while (!task.done()) turn();
    sweep();
    return task.take();
  }
  /// Keeps the task and runs it beside whatever `run` runs; unfinished ones continue in the next `run` or end with the loop.
  void spawn(Task<void> task);

  /// Waits until the descriptor can be read (or was closed by its peer).
  Wait readable(int fd, Deadline deadline = kNever);
  /// Waits until the descriptor can be written.
  Wait writable(int fd, Deadline deadline = kNever);
  /// Waits for a moment; returns early once the loop was interrupted.
  Task<void> sleep(std::chrono::nanoseconds span);

  /// Asks everything to end: every wait, present and future, yields false. Safe from any thread and from signal handlers.
  void stop() noexcept;
  /// Says whether `stop` was called or a watched signal came.
  bool interrupted() const noexcept { return stopped_.load(std::memory_order_relaxed); }
  /// Makes the first SIGINT or SIGTERM call `stop`; a second one of the same kind ends the process as usual. Undone by the destructor.
  void stop_on_signals();

  /// Ends a wait made by `parked` with true at the next turn.
  void wake(Wait& wait);
  /// Makes a wait that only `wake` or the deadline ends (Event and Semaphore are built on it).
  Wait parked(Deadline deadline = kNever) { return Wait(*this, -1, 0, deadline); }

 private:
  friend class Wait;
  void turn();                  ///< polls once and resumes what fired
  void sweep();                 ///< frees ended spawned tasks
  void fire_due(Deadline now);  ///< moves expired waits to fired_
  void fire(Wait& wait, bool ready);
  void forget(Wait& wait);
  void poll_once();

  std::vector<Wait*> waiting_;
  std::deque<Wait*> fired_;
  std::list<Task<void>> spawned_;
  std::atomic<bool> stopped_ = false;
  int wake_fd_ = -1;
  bool watches_signals_ = false;
};

/// Makes the error for work that was cut short by `Loop::interrupted`.
inline tl::unexpected<Error> interrupted_error() { return fail(Fault::kInterrupted, "interrupted"); }

}  // namespace ka
