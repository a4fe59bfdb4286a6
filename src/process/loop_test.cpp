#include "process/loop.h"

#include <gtest/gtest.h>
#include <signal.h>
#include <sys/socket.h>
#include <unistd.h>

#include <thread>

#include "process/event.h"
#include "process/fd.h"
#include "process/when_all.h"

namespace ka {
namespace {

using std::chrono::milliseconds;

struct Pipe {
  Pipe() {
    int ends[2] = {-1, -1};
    EXPECT_EQ(::pipe(ends), 0);
    reader.reset(ends[0]);
    writer.reset(ends[1]);
  }
  Fd reader, writer;
};

Task<bool> reads(Loop& loop, int fd, Deadline deadline) {
  const bool ready = co_await loop.readable(fd, deadline);
  co_return ready;
}
Task<void> writes_later(Loop& loop, int fd) {
  co_await loop.sleep(milliseconds(3));
  EXPECT_EQ(::write(fd, "x", 1), 1);
}

TEST(Loop, WakesWhenADescriptorCanBeRead) {
  Loop loop;
  Pipe pipe;
  loop.spawn(writes_later(loop, pipe.writer.get()));
  EXPECT_TRUE(loop.run(reads(loop, pipe.reader.get(), after(std::chrono::seconds(10)))));
}

TEST(Loop, YieldsFalseAtTheDeadline) {
  Loop loop;
  Pipe pipe;
  const auto start = std::chrono::steady_clock::now();
  EXPECT_FALSE(loop.run(reads(loop, pipe.reader.get(), after(milliseconds(20)))));
  EXPECT_GE(std::chrono::steady_clock::now() - start, milliseconds(20));
}

TEST(Loop, AHangUpCountsAsReadable) {
  Loop loop;
  Pipe pipe;
  pipe.writer.reset();
  EXPECT_TRUE(loop.run(reads(loop, pipe.reader.get(), kNever)));
}

Task<void> notes(Loop& loop, std::string* text, char letter, milliseconds delay) {
  co_await loop.sleep(delay);
  *text += letter;
}

TEST(Loop, TimersFireInOrder) {
  Loop loop;
  std::string text;
  std::vector<Task<void>> tasks;
  tasks.push_back(notes(loop, &text, 'c', milliseconds(30)));
  tasks.push_back(notes(loop, &text, 'a', milliseconds(1)));
  tasks.push_back(notes(loop, &text, 'b', milliseconds(15)));
  loop.run(when_all(std::move(tasks)));
  EXPECT_EQ(text, "abc");
}

TEST(Loop, SpawnedTasksContinueInTheNextRun) {
  Loop loop;
  std::string text;
  loop.spawn(notes(loop, &text, 'x', milliseconds(20)));
  loop.run(loop.sleep(milliseconds(0)));
  EXPECT_EQ(text, "");
  loop.run(loop.sleep(milliseconds(50)));
  EXPECT_EQ(text, "x");
}

TEST(Loop, UnfinishedSpawnedTasksEndWithTheLoop) {
  std::string text;
  Loop loop;
  loop.spawn(notes(loop, &text, 'x', std::chrono::hours(1)));
}

/// Destroys another task that was made ready by the same poll.
Task<void> destroys(Loop& loop, int fd, Task<bool>* victim) {
  co_await loop.readable(fd);
  victim->reset();
}

TEST(Loop, ATaskMayDestroyAnotherThatIsAboutToResume) {
  Loop loop;
  Pipe pipe;
  EXPECT_EQ(::write(pipe.writer.get(), "x", 1), 1);
  Task<bool> victim;
  Task<void> killer = destroys(loop, pipe.reader.get(), &victim);
  killer.start();
  victim = reads(loop, pipe.reader.get(), kNever);
  victim.start();
  loop.run(loop.sleep(milliseconds(5)));
  EXPECT_TRUE(killer.done());
  EXPECT_FALSE(victim);
}

Task<void> ping(Event& mine, Event& other, int* left) {
  while (*left > 0) {
    --*left;
    other.notify();
    co_await mine.wait();
  }
  other.notify();
}

TEST(Loop, TasksThatWakeEachOtherDoNotStarveDescriptors) {
  Loop loop;
  Event a(loop), b(loop);
  int left = 1'000'000'000;
  Pipe pipe;
  loop.spawn(ping(a, b, &left));
  loop.spawn(ping(b, a, &left));
  loop.spawn(writes_later(loop, pipe.writer.get()));
  EXPECT_TRUE(loop.run(reads(loop, pipe.reader.get(), after(std::chrono::seconds(20)))));
  left = 0;
  loop.run(loop.sleep(milliseconds(5)));
}

TEST(Loop, StopEndsEveryWaitPresentAndFuture) {
  Loop loop;
  Pipe pipe;
  std::thread other([&] {
    std::this_thread::sleep_for(milliseconds(5));
    loop.stop();
  });
  EXPECT_FALSE(loop.interrupted());
  EXPECT_FALSE(loop.run(reads(loop, pipe.reader.get(), after(std::chrono::minutes(5)))));
  other.join();
  EXPECT_TRUE(loop.interrupted());
  EXPECT_FALSE(loop.run(reads(loop, pipe.reader.get(), kNever)));
  loop.run(loop.sleep(std::chrono::hours(1)));
}

TEST(Loop, AWatchedSignalStopsItOnceAndTheOldHandlersComeBack) {
  struct sigaction now = {};
  {
    Loop loop;
    loop.stop_on_signals();
    ::raise(SIGINT);
    EXPECT_TRUE(loop.interrupted());
    loop.run(loop.sleep(std::chrono::hours(1)));
    ::sigaction(SIGINT, nullptr, &now);
    EXPECT_EQ(now.sa_handler, SIG_DFL);  // a second Ctrl-C ends the process
  }
  ::sigaction(SIGTERM, nullptr, &now);
  EXPECT_EQ(now.sa_handler, SIG_DFL);
}

TEST(LoopDeathTest, WaitingForNothingAtAllIsABug) {
  GTEST_FLAG_SET(death_test_style, "threadsafe");
  EXPECT_DEATH(
      {
        Loop loop;
        Event event(loop);
        loop.run(event.wait());
      },
      "every task waits for another");
}

TEST(Loop, AfterSaturates) {
  EXPECT_EQ(after(std::chrono::nanoseconds::max()), kNever);
  EXPECT_LT(after(std::chrono::hours(1)), kNever);
}

}  // namespace
}  // namespace ka
