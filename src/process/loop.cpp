#include "process/loop.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <climits>
#include <cstdint>

namespace ka {
namespace {

/// The loop that watches signals; a handler can reach nothing else.
std::atomic<Loop*> g_signalled = nullptr;
struct sigaction g_old_interrupt;
struct sigaction g_old_terminate;

void on_signal(int) {
  if (Loop* loop = g_signalled.load()) loop->stop();
}

int poll_milliseconds(Deadline deadline) {
  if (deadline == kNever) return -1;
  const auto now = std::chrono::steady_clock::now();
  if (deadline <= now) return 0;
  // Rounded up: waking a fraction of a millisecond early would spin.
  const auto left = std::chrono::ceil<std::chrono::milliseconds>(deadline - now).count();
  return static_cast<int>(std::min<int64_t>(left, INT_MAX));
}

}  // namespace

Deadline after(std::chrono::nanoseconds span) {
  const auto now = std::chrono::steady_clock::now();
  return span >= kNever - now ? kNever : now + span;
}

Wait::~Wait() {
  if (state_ != State::kIdle) loop_.forget(*this);
}

void Wait::await_suspend(std::coroutine_handle<> coroutine) {
  coroutine_ = coroutine;
  state_ = State::kWaiting;
  loop_.waiting_.push_back(this);
}

Loop::Loop() : wake_fd_(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) { KA_CHECK(wake_fd_ >= 0, "eventfd failed"); }

Loop::~Loop() {
  if (watches_signals_) {
    ::sigaction(SIGINT, &g_old_interrupt, nullptr);
    ::sigaction(SIGTERM, &g_old_terminate, nullptr);
    g_signalled = nullptr;
  }
  spawned_.clear();
  KA_CHECK(waiting_.empty() && fired_.empty(), "a loop outlives the tasks that wait on it");
  ::close(wake_fd_);
}

void Loop::spawn(Task<void> task) {
  spawned_.push_back(std::move(task));
  spawned_.back().start();
}

Wait Loop::readable(int fd, Deadline deadline) { return Wait(*this, fd, POLLIN, deadline); }
Wait Loop::writable(int fd, Deadline deadline) { return Wait(*this, fd, POLLOUT, deadline); }

Task<void> Loop::sleep(std::chrono::nanoseconds span) {
  const Deadline deadline = after(span);
  co_await parked(deadline);
}

void Loop::stop() noexcept {
  stopped_.store(true);
  const int saved = errno;
  const uint64_t one = 1;
  [[maybe_unused]] const auto written = ::write(wake_fd_, &one, sizeof one);
  errno = saved;
}

void Loop::stop_on_signals() {
  if (watches_signals_) return;
  KA_CHECK(g_signalled == nullptr, "one loop watches signals");
  watches_signals_ = true;
  g_signalled = this;
  struct sigaction action = {};
  action.sa_handler = on_signal;
  action.sa_flags = static_cast<int>(SA_RESETHAND | SA_RESTART);
  ::sigaction(SIGINT, &action, &g_old_interrupt);
  ::sigaction(SIGTERM, &action, &g_old_terminate);
}

void Loop::wake(Wait& wait) {
  if (wait.state_ == Wait::State::kWaiting) fire(wait, true);
}

void Loop::fire(Wait& wait, bool ready) {
  std::erase(waiting_, &wait);
  wait.state_ = Wait::State::kFired;
  wait.ready_ = ready;
  fired_.push_back(&wait);
}

void Loop::forget(Wait& wait) {
  if (wait.state_ == Wait::State::kWaiting) std::erase(waiting_, &wait);
  if (wait.state_ == Wait::State::kFired) std::erase(fired_, &wait);
  wait.state_ = Wait::State::kIdle;
}

void Loop::fire_due(Deadline now) {
  const bool all = interrupted();
  const auto waiting = waiting_;
  for (Wait* wait : waiting) {
    if (all || wait->deadline_ <= now) fire(*wait, false);
  }
}

void Loop::poll_once() {
  std::vector<pollfd> descriptors{{wake_fd_, POLLIN, 0}};
  Deadline nearest = fired_.empty() ? kNever : Deadline::min();
  for (const Wait* wait : waiting_) {
    nearest = std::min(nearest, wait->deadline_);
    if (wait->fd_ >= 0) descriptors.push_back({wait->fd_, wait->events_, 0});
  }
  if (interrupted()) nearest = Deadline::min();
  KA_CHECK(descriptors.size() > 1 || nearest != kNever || watches_signals_, "every task waits for another");
  if (::poll(descriptors.data(), descriptors.size(), poll_milliseconds(nearest)) < 0) {
    KA_CHECK(errno == EINTR, "poll failed");
    return;
  }
  if (descriptors[0].revents != 0) {
    uint64_t count = 0;
    [[maybe_unused]] const auto got = ::read(wake_fd_, &count, sizeof count);
  }
  if (interrupted()) return;
  const auto waiting = waiting_;
  std::size_t index = 1;
  for (Wait* wait : waiting) {
    // Hang-ups and errors count as ready: the read or write that follows tells what happened.
    if (wait->fd_ >= 0 && descriptors[index++].revents != 0) fire(*wait, true);
  }
}

void Loop::turn() {
  poll_once();
  fire_due(std::chrono::steady_clock::now());
  // Only what has fired by now: a task that wakes another at once must not keep descriptors from being polled.
  for (std::size_t left = fired_.size(); left > 0 && !fired_.empty(); --left) {
    Wait* wait = fired_.front();
    fired_.pop_front();
    wait->state_ = Wait::State::kIdle;
    wait->coroutine_.resume();
  }
  sweep();
}

void Loop::sweep() {
  std::erase_if(spawned_, [](const Task<void>& task) { return task.done(); });
}

}  // namespace ka
