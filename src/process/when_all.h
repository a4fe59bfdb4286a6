#pragma once

#include <cstddef>
#include <vector>

#include "process/task.h"

namespace ka {

/// Starts every task and suspends until the last has ended; destroying it cancels those that have not.
template <class T>
class JoinAll {
 public:
  explicit JoinAll(std::vector<Task<T>>& tasks) : tasks_(tasks), pending_(tasks.size() + 1) {}
  bool await_ready() const noexcept { return false; }
  bool await_suspend(std::coroutine_handle<> parent) {
    for (Task<T>& task : tasks_) task.start(parent, &pending_);
    return --pending_ > 0;
  }
  void await_resume() const noexcept {}

 private:
  std::vector<Task<T>>& tasks_;
  std::size_t pending_;
};

/// Runs tasks side by side and returns their results in the order given.
template <class T>
Task<std::vector<T>> when_all(std::vector<Task<T>> tasks) {
  co_await JoinAll<T>(tasks);
  std::vector<T> results;
  results.reserve(tasks.size());
  for (Task<T>& task : tasks) results.push_back(task.take());
  co_return results;
}

/// Runs tasks that have no result side by side until all have ended.
inline Task<void> when_all(std::vector<Task<void>> tasks) { co_await JoinAll<void>(tasks); }

}  // namespace ka
