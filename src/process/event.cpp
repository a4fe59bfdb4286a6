#include "process/event.h"

#include <utility>

namespace ka {

/// Keeps one waiter on the list for exactly as long as it waits, also when its task is cancelled.
class EventSeat {
 public:
  EventSeat(Event& event, Wait& wait) : event_(event), wait_(wait) { event_.waiters_.push_back(&wait_); }
  EventSeat(const EventSeat&) = delete;
  EventSeat& operator=(const EventSeat&) = delete;
  ~EventSeat() { std::erase(event_.waiters_, &wait_); }

 private:
  Event& event_;
  Wait& wait_;
};

Event::~Event() { KA_CHECK(waiters_.empty(), "an event outlives its waiters"); }

void Event::notify() {
  for (Wait* wait : waiters_) loop_.wake(*wait);
}

Task<bool> Event::wait(Deadline deadline) {
  Wait wait(loop_, -1, 0, deadline);
  EventSeat seat(*this, wait);
  const bool woken = co_await wait;
  co_return woken;
}

Permit::~Permit() {
  if (semaphore_ == nullptr) return;
  ++semaphore_->free_;
  semaphore_->changed_.notify();
}

Task<Permit> Semaphore::acquire() {
  while (free_ == 0) {
    if (loop_.interrupted()) co_return Permit();
    co_await changed_.wait();
  }
  --free_;
  co_return Permit(this);
}

}  // namespace ka
