#include "process/task.h"

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <vector>

#include "process/event.h"
#include "process/loop.h"
#include "process/when_all.h"

namespace ka {
namespace {

using std::chrono::milliseconds;

Task<int> number(int value) { co_return value; }

Task<int> number_later(Loop& loop, int value) {
  co_await loop.sleep(milliseconds(1));
  co_return value;
}

TEST(Task, YieldsItsValue) {
  Loop loop;
  EXPECT_EQ(loop.run(number(7)), 7);
  EXPECT_EQ(loop.run(number_later(loop, 8)), 8);
}

Task<int64_t> sum_of_ready_children(int count) {
  int64_t sum = 0;
  for (int i = 0; i < count; ++i) {
    const int value = co_await number(i);
    sum += value;
  }
  co_return sum;
}

TEST(Task, LongLoopsOfReadyChildrenUseNoStack) {
  Loop loop;
  EXPECT_EQ(loop.run(sum_of_ready_children(200'000)), int64_t{200'000} * 199'999 / 2);
}

Task<int> nested(Loop& loop, int depth) {
  if (depth == 0) {
    co_await loop.sleep(milliseconds(1));
    co_return 0;
  }
  const int below = co_await nested(loop, depth - 1);
  co_return below + 1;
}

TEST(Task, DeepNestingWorks) {
  Loop loop;
  EXPECT_EQ(loop.run(nested(loop, 500)), 500);
}

Task<std::unique_ptr<std::string>> move_only(std::unique_ptr<std::string> text, Loop& loop) {
  co_await loop.sleep(milliseconds(0));
  *text += "!";
  co_return text;
}

TEST(Task, CarriesMoveOnlyValuesAndParameters) {
  Loop loop;
  auto text = loop.run(move_only(std::make_unique<std::string>("a long text that does not fit in place"), loop));
  EXPECT_EQ(*text, "a long text that does not fit in place!");
}

/// Counts itself, to see that every frame is destroyed exactly once.
struct Counted {
  static inline int alive = 0;
  Counted() { ++alive; }
  Counted(const Counted&) { ++alive; }
  Counted(Counted&&) noexcept { ++alive; }
  Counted& operator=(const Counted&) = default;
  Counted& operator=(Counted&&) = default;
  ~Counted() { --alive; }
};

Task<Counted> counted_child(Loop& loop, Counted parameter) {
  const Counted local;
  co_await loop.sleep(std::chrono::hours(1));
  co_return parameter;
}

Task<int> counted_parent(Loop& loop) {
  Counted local;
  const Counted result = co_await counted_child(loop, std::move(local));
  co_return 1;
}

TEST(Task, DestroyingASuspendedTaskCancelsTheWholeChain) {
  Loop loop;
  {
    Task<int> task = counted_parent(loop);
    EXPECT_EQ(Counted::alive, 0);  // lazy
    task.start();
    EXPECT_FALSE(task.done());
    EXPECT_GT(Counted::alive, 0);
  }
  EXPECT_EQ(Counted::alive, 0);
  { Task<int> never_started = counted_parent(loop); }
  EXPECT_EQ(Counted::alive, 0);
}

TEST(Task, AssignmentCancelsWhatWasThere) {
  Loop loop;
  Task<int> task = counted_parent(loop);
  task.start();
  task = number(1);
  EXPECT_EQ(Counted::alive, 0);
  task.start();
  EXPECT_EQ(task.take(), 1);
}

Result<int> half(int value) {
  if (value % 2 != 0) return fail(Fault::kInput, "odd");
  return value / 2;
}
Task<Result<int>> half_later(Loop& loop, int value) {
  co_await loop.sleep(milliseconds(0));
  co_return half(value);
}
Task<Status> even(int value) {
  if (value % 2 != 0) co_return fail(Fault::kInput, "not even");
  co_return Status();
}
Task<Result<int>> quarter(Loop& loop, int value) {
  KA_CO_CHECK_OK(co_await even(value));
  KA_CO_TRY(const int once, co_await half_later(loop, value));
  KA_CO_TRY(const int twice, half(once));
  co_return twice;
}

TEST(Task, MacrosReturnTheFirstError) {
  Loop loop;
  EXPECT_EQ(loop.run(quarter(loop, 12)).value(), 3);
  EXPECT_EQ(loop.run(quarter(loop, 6)).error().message, "odd");
  EXPECT_EQ(loop.run(quarter(loop, 5)).error().message, "not even");
}

Task<int> throws() {
  throw std::runtime_error("out of paper");
  co_return 1;
}

TEST(TaskDeathTest, AnEscapingExceptionAbortsWithItsMessage) {
  GTEST_FLAG_SET(death_test_style, "threadsafe");
  EXPECT_DEATH(
      {
        Loop loop;
        loop.run(throws());
      },
      "a coroutine threw: out of paper");
}

Task<int> delayed(Loop& loop, int value, milliseconds delay, std::vector<int>* order) {
  co_await loop.sleep(delay);
  order->push_back(value);
  co_return value;
}

Task<std::vector<int>> three(Loop& loop, std::vector<int>* order) {
  std::vector<Task<int>> tasks;
  tasks.push_back(delayed(loop, 1, milliseconds(30), order));
  tasks.push_back(delayed(loop, 2, milliseconds(1), order));
  tasks.push_back(number(3));
  auto results = co_await when_all(std::move(tasks));
  co_return results;
}

TEST(WhenAll, RunsSideBySideAndKeepsTheOrderOfResults) {
  Loop loop;
  std::vector<int> order;
  EXPECT_EQ(loop.run(three(loop, &order)), (std::vector<int>{1, 2, 3}));
  EXPECT_EQ(order, (std::vector<int>{2, 1}));
}

TEST(WhenAll, OfNothingEndsAtOnce) {
  Loop loop;
  EXPECT_TRUE(loop.run(when_all(std::vector<Task<int>>())).empty());
  loop.run(when_all(std::vector<Task<void>>()));
}

TEST(WhenAll, CancelsItsTasks) {
  Loop loop;
  std::vector<Task<int>> tasks;
  for (int i = 0; i < 3; ++i) tasks.push_back(counted_parent(loop));
  {
    auto all = when_all(std::move(tasks));
    all.start();
    EXPECT_GT(Counted::alive, 0);
  }
  EXPECT_EQ(Counted::alive, 0);
}

Task<void> limited(Loop& loop, Semaphore& semaphore, int* running, int* most) {
  const Permit permit = co_await semaphore.acquire();
  ++*running;
  *most = std::max(*most, *running);
  co_await loop.sleep(milliseconds(1));
  --*running;
}

TEST(Semaphore, BoundsConcurrency) {
  Loop loop;
  Semaphore semaphore(loop, 3);
  int running = 0, most = 0;
  std::vector<Task<void>> tasks;
  for (int i = 0; i < 20; ++i) tasks.push_back(limited(loop, semaphore, &running, &most));
  loop.run(when_all(std::move(tasks)));
  EXPECT_EQ(most, 3);
  EXPECT_EQ(semaphore.available(), 3);
}

Task<bool> acquires(Semaphore& semaphore) {
  const Permit permit = co_await semaphore.acquire();
  co_return static_cast<bool>(permit);
}

TEST(Semaphore, YieldsNoPermitAfterAnInterruption) {
  Loop loop;
  Semaphore semaphore(loop, 0);
  loop.stop();
  EXPECT_FALSE(loop.run(acquires(semaphore)));
}

Task<bool> waits(Event& event, Deadline deadline) {
  const bool woken = co_await event.wait(deadline);
  co_return woken;
}
Task<void> notifies(Loop& loop, Event& event) {
  co_await loop.sleep(milliseconds(2));
  event.notify();
}

TEST(Event, WakesOrTimesOut) {
  Loop loop;
  Event event(loop);
  loop.spawn(notifies(loop, event));
  EXPECT_TRUE(loop.run(waits(event, after(std::chrono::seconds(5)))));
  EXPECT_FALSE(loop.run(waits(event, after(milliseconds(2)))));
}

}  // namespace
}  // namespace ka
