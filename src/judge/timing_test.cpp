#include "judge/timing.h"

#include <gtest/gtest.h>

#include <cmath>

namespace ka {
namespace {

TEST(Timing, MedianAndItsIntervalComeFromOrderStatistics) {
  std::vector<double> samples;
  for (int i = 1; i <= 100; ++i) samples.push_back(i);
  const TimingSummary summary = summarize(samples);
  EXPECT_EQ(summary.samples, 100);
  EXPECT_EQ(summary.median_ms, 50.5);
  EXPECT_EQ(summary.low_ms, 41);
  EXPECT_EQ(summary.high_ms, 61);
}

TEST(Timing, FewAndBrokenSamplesAreHarmless) {
  EXPECT_EQ(summarize({}).samples, 0);
  const TimingSummary one = summarize({3, std::nan(""), -1, 0, HUGE_VAL});
  EXPECT_EQ(one.samples, 1);
  EXPECT_EQ(one.low_ms, 3);
  EXPECT_EQ(one.high_ms, 3);
}

TEST(Timing, AWinNeedsIntervalsThatPart) {
  const TimingSummary fast{10, 1.0, 0.9, 1.1}, close{10, 1.15, 1.05, 1.2}, slow{10, 2.0, 1.9, 2.1};
  EXPECT_TRUE(is_clear_win(fast, slow));
  EXPECT_FALSE(is_clear_win(fast, close));
  EXPECT_FALSE(is_clear_win(slow, fast));
  EXPECT_FALSE(is_clear_win(TimingSummary{}, slow));
}

TEST(Timing, TurnsAreAboutEquallyLong) {
  EXPECT_EQ(calls_per_turn(10, 100), 10);
  EXPECT_EQ(calls_per_turn(1000, 100), 1);
  EXPECT_EQ(calls_per_turn(0.001, 100), 100);
  EXPECT_EQ(calls_per_turn(0, 100), 1);
}

}  // namespace
}  // namespace ka
