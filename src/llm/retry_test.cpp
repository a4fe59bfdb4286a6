#include "llm/retry.h"

#include <gtest/gtest.h>

#include "llm/failures.h"

namespace ka {
namespace {

using std::chrono::milliseconds;

TEST(Backoff, DoublesUpToItsCapWithHalfByChance) {
  RetrySettings settings;
  settings.attempts = 12;
  settings.base = milliseconds(1000);
  settings.cap = milliseconds(8000);
  Backoff backoff(settings, 1);
  bool differ = false;
  for (int attempt = 1; attempt < 12; ++attempt) {
    const auto wait = backoff.wait_after(attempt, transient("busy"));
    ASSERT_TRUE(wait);
    const int64_t full = std::min<int64_t>(8000, int64_t{1000} << (attempt - 1));
    EXPECT_GE(wait->count(), full / 2);
    EXPECT_LE(wait->count(), full);
    differ = differ || Backoff(settings, 2).wait_after(attempt, transient("busy")) != wait;
  }
  EXPECT_TRUE(differ);
  EXPECT_FALSE(backoff.wait_after(12, transient("busy")));
}

TEST(Backoff, HonoursTheServersWish) {
  Backoff backoff(RetrySettings{}, 1);
  CallFailure failure = transient("busy");
  failure.retry_after = 20;
  for (int i = 0; i < 50; ++i) {
    const auto wait = backoff.wait_after(1, failure);
    ASSERT_TRUE(wait);
    EXPECT_GE(wait->count(), 20'000);
    EXPECT_LE(wait->count(), 20'501);
  }
  failure.retry_after = 301;  // longer than we are willing to wait
  EXPECT_FALSE(backoff.wait_after(1, failure));
}

TEST(Backoff, LeavesPermanentFailuresAlone) {
  Backoff backoff(RetrySettings{}, 1);
  EXPECT_FALSE(backoff.wait_after(1, CallFailure()));
}

TEST(Pace, SpreadsCallsAndObeysPauses) {
  const Deadline start = Deadline() + std::chrono::hours(1);
  Pace pace(120);
  EXPECT_EQ(pace.book(start), start);
  EXPECT_EQ(pace.book(start), start + milliseconds(500));
  EXPECT_EQ(pace.book(start), start + milliseconds(1000));
  EXPECT_EQ(pace.book(start + milliseconds(5000)), start + milliseconds(5000));
  pace.pause(start + milliseconds(9000));
  pace.pause(start + milliseconds(7000));  // a shorter one changes nothing
  EXPECT_EQ(pace.book(start + milliseconds(5000)), start + milliseconds(9000));
  EXPECT_EQ(pace.book(start + milliseconds(5000)), start + milliseconds(9500));
  Pace free(0);
  EXPECT_EQ(free.book(start), start);
  EXPECT_EQ(free.book(start), start);
}

}  // namespace
}  // namespace ka
