#pragma once

#include <vector>

#include "process/loop.h"

namespace ka {

/// Wakes everybody who waits for it; has no memory, so ask the condition again after each wake.
/// Outlives its waiters.
class Event {
 public:
  explicit Event(Loop& loop) : loop_(loop) {}
  Event(const Event&) = delete;
  Event& operator=(const Event&) = delete;
  ~Event();
  /// Wakes all present waiters; they resume in the loop's next turn, in the order in which they came.
  void notify();
  /// Waits for `notify`: true; false on the deadline or an interruption.
  Task<bool> wait(Deadline deadline = kNever);

 private:
  friend class EventSeat;
  Loop& loop_;
  std::vector<Wait*> waiters_;
};

class Semaphore;

/// One permit of a Semaphore, given back by the destructor. Empty when the wait was interrupted.
class Permit {
 public:
  Permit() = default;
  explicit Permit(Semaphore* semaphore) : semaphore_(semaphore) {}
  Permit(Permit&& other) noexcept : semaphore_(std::exchange(other.semaphore_, nullptr)) {}
  Permit& operator=(Permit&& other) noexcept {
    std::swap(semaphore_, other.semaphore_);
    return *this;
  }
  ~Permit();
  explicit operator bool() const { return semaphore_ != nullptr; }

 private:
  Semaphore* semaphore_ = nullptr;
};

/// Bounds how many tasks do something at once.
class Semaphore {
 public:
  Semaphore(Loop& loop, int permits) : loop_(loop), changed_(loop), free_(permits) {}
  /// Waits for a permit; empty only if the loop was interrupted.
  Task<Permit> acquire();
  /// Returns how many permits are free.
  int available() const { return free_; }

 private:
  friend class Permit;
  Loop& loop_;
  Event changed_;
  int free_;
};

}  // namespace ka
