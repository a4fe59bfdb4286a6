#pragma once

#include <coroutine>
#include <cstddef>
#include <optional>
#include <utility>

namespace ka {

template <class T>
class Task;

/// Aborts with the message of the exception in flight: coroutines report with Result and never throw.
[[noreturn]] void task_threw() noexcept;

/// Counts down its parent's wait when the coroutine ends, and resumes the parent if it was the last one waited for.
class TaskPromiseBase {
 public:
  struct Final {
    bool await_ready() const noexcept { return false; }
    template <class Promise>
    std::coroutine_handle<> await_suspend(std::coroutine_handle<Promise> self) const noexcept {
      return self.promise().finish();
    }
    void await_resume() const noexcept {}
  };

  std::suspend_always initial_suspend() const noexcept { return {}; }
  Final final_suspend() const noexcept { return {}; }
  void unhandled_exception() noexcept { task_threw(); }
  void report_to(std::coroutine_handle<> parent, std::size_t* pending) { parent_ = parent, pending_ = pending; }

 private:
  std::coroutine_handle<> finish() noexcept {
    if (pending_ == nullptr || --*pending_ > 0) return std::noop_coroutine();
    return parent_;
  }

  std::coroutine_handle<> parent_;
  std::size_t* pending_ = nullptr;
};

template <class T>
class TaskPromise : public TaskPromiseBase {
 public:
  Task<T> get_return_object();
  void return_value(T value) { value_.emplace(std::move(value)); }
  T take() { return std::move(*value_); }

 private:
  std::optional<T> value_;
};

template <>
class TaskPromise<void> : public TaskPromiseBase {
 public:
  Task<void> get_return_object();
  void return_void() const noexcept {}
  void take() const noexcept {}
};

}  // namespace ka
