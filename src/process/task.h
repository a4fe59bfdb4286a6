#pragma once

// Coroutines that run on one Loop, in one thread.
//
// Rules for g++ 12, whose coroutine frames mishandle some temporaries (clang has no such limits):
//  1. `co_await` stands alone: `auto x = co_await f(...);`, `co_await f(...);` or inside KA_CO_TRY / KA_CO_CHECK_OK. Never inside
//     ?:, && or ||, an initializer list, a condition, or an argument of another call.
//  2. Arguments of an awaited call are named variables, std::move of one, or plain scalars: build Json, vectors and option structs in
//     a local first. No `{...}` and no lambda in the same full expression as a co_await.
//  3. A coroutine takes its parameters by value, or by reference to what certainly outlives it (a Loop, a pool). A lambda that is a
//     coroutine captures nothing: its captures die with the lambda, not with the coroutine.
//  4. A Task is lazy: nothing runs until it is awaited, started, spawned or run. Destroying one that is suspended cancels it.

#include <coroutine>
#include <cstddef>
#include <utility>

#include "base/check.h"
#include "base/result.h"
#include "process/task_promise.h"

namespace ka {

/// A coroutine that yields one T. Lazy, move-only, owned by whoever holds it.
template <class T = void>
class [[nodiscard]] Task {
 public:
  using promise_type = TaskPromise<T>;
  using Handle = std::coroutine_handle<promise_type>;

  Task() = default;
  explicit Task(Handle handle) : handle_(handle) {}
  Task(Task&& other) noexcept : handle_(std::exchange(other.handle_, nullptr)), started_(other.started_) {}
  Task& operator=(Task&& other) noexcept {
    if (this != &other) {
      reset();
      handle_ = std::exchange(other.handle_, nullptr);
      started_ = other.started_;
    }
    return *this;
  }
  ~Task() { reset(); }

  /// Runs to the first suspension; with `pending`, counts it down at the end and resumes `parent` at zero.
  void start(std::coroutine_handle<> parent = {}, std::size_t* pending = nullptr) {
    KA_CHECK(handle_ != nullptr && !started_, "a task starts once");
    started_ = true;
    handle_.promise().report_to(parent, pending);
    handle_.resume();
  }
  /// Says whether the coroutine has ended, or there is none.
  bool done() const { return handle_ == nullptr || handle_.done(); }
  explicit operator bool() const { return handle_ != nullptr; }
  /// Moves the result out of an ended task.
  T take() {
    KA_CHECK(handle_ != nullptr && handle_.done(), "a result is taken after the end");
    return handle_.promise().take();
  }
  /// Cancels the coroutine where it is suspended and frees its frame.
  void reset() {
    if (auto handle = std::exchange(handle_, nullptr)) handle.destroy();
    started_ = false;
  }

  /// Awaits the result. A child that ends without suspending returns here instead of resuming its parent, so that long loops of such
  /// children use no stack even where the compiler does not tail-call (g++ at -O0, sanitizers).
  auto operator co_await() && {
    struct Awaiter {
      explicit Awaiter(Task task) : child(std::move(task)) {}
      bool await_ready() const noexcept { return false; }
      bool await_suspend(std::coroutine_handle<> parent) {
        child.start(parent, &pending);
        return --pending > 0;
      }
      T await_resume() { return child.take(); }
      Task child;
      std::size_t pending = 2;
    };
    return Awaiter(std::move(*this));
  }

 private:
  Handle handle_;
  bool started_ = false;
};

template <class T>
Task<T> TaskPromise<T>::get_return_object() {
  return Task<T>(Task<T>::Handle::from_promise(*this));
}
inline Task<void> TaskPromise<void>::get_return_object() { return Task<void>(Task<void>::Handle::from_promise(*this)); }

}  // namespace ka

/// In a coroutine: evaluates a Result (usually `co_await f(x)`), returns its error, or binds its value to `declaration`.
#define KA_CO_TRY(declaration, expression) KA_CO_TRY_IMPL(declaration, expression, KA_CONCAT(ka_result_, __LINE__))
#define KA_CO_TRY_IMPL(declaration, expression, name)                        \
  auto name = expression;                                                    \
  if (!name) co_return tl::unexpected<::ka::Error>(std::move(name).error()); \
  declaration = std::move(*name)

/// In a coroutine: evaluates a Status and returns its error. One statement.
#define KA_CO_CHECK_OK(expression) KA_CO_CHECK_OK_IMPL(expression, KA_CONCAT(ka_status_, __LINE__))
#define KA_CO_CHECK_OK_IMPL(expression, name)                                  \
  do {                                                                         \
    auto name = expression;                                                    \
    if (!name) co_return tl::unexpected<::ka::Error>(std::move(name).error()); \
  } while (false)
