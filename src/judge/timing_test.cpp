#include "judge/timing.h"

#include <gtest/gtest.h>

#include <cmath>
#include <random>

namespace ka {
namespace {

std::vector<Turn> turns_of(const std::vector<double>& medians) {
  std::vector<Turn> turns;
  turns.reserve(medians.size());
  for (const double median : medians) turns.push_back({{median - 1, median, median + 1}, 0});
  return turns;
}

TEST(Timing, ATurnIsOneObservation) {
  std::vector<double> medians;
  for (int i = 1; i <= 20; ++i) medians.push_back(10 * i);
  const TimingSummary summary = summarize(turns_of(medians));
  EXPECT_EQ(summary.turns, 20);
  EXPECT_EQ(summary.calls, 60);
  EXPECT_EQ(summary.median_ms, 105);
  EXPECT_EQ(summary.low_ms, 60);    // the 6th
  EXPECT_EQ(summary.high_ms, 150);  // the 15th
}

/// From tables of the sign test: the largest rank whose two tails hold at most 5 %.
TEST(Timing, RanksOfTheIntervalAreTheBinomialsOwn) {
  EXPECT_EQ(trimmed_by_interval(kLeastTurns), 0);
  EXPECT_EQ(trimmed_by_interval(8), 0);
  EXPECT_EQ(trimmed_by_interval(9), 1);
  EXPECT_EQ(trimmed_by_interval(12), 2);
  EXPECT_EQ(trimmed_by_interval(20), 5);
  EXPECT_EQ(trimmed_by_interval(50), 17);
  EXPECT_EQ(trimmed_by_interval(100), 39);
  EXPECT_NEAR(static_cast<double>(trimmed_by_interval(100000)), 50000 - 0.98 * std::sqrt(100000.0), 2);
}

TEST(Timing, NothingAndOneTurnAreHarmless) {
  EXPECT_EQ(summarize({}).turns, 0);
  const TimingSummary one = summarize(turns_of({3}));
  EXPECT_EQ(one.turns, 1);
  EXPECT_EQ(one.low_ms, 3);
  EXPECT_EQ(one.high_ms, 3);
}

TEST(Timing, ADifferenceNeedsIntervalsThatPart) {
  const TimingSummary fast{10, 100, 1.0, 0.9, 1.1}, close{10, 100, 1.15, 1.05, 1.2}, slow{10, 100, 2.0, 1.9, 2.1};
  EXPECT_EQ(compare(fast, slow), Comparison::kFaster);
  EXPECT_EQ(compare(slow, fast), Comparison::kSlower);
  EXPECT_EQ(compare(fast, close), Comparison::kNoDifference);
  EXPECT_EQ(compare(fast, fast), Comparison::kNoDifference);
  EXPECT_EQ(compare(TimingSummary{}, slow), Comparison::kUnknown);
  EXPECT_EQ(compare(TimingSummary{3, 100, 1.0, 0.9, 1.1}, slow), Comparison::kUnknown) << "too few turns for an interval";
}

/// Turns whose speed wanders, as a GPU's does with its temperature: calls of one turn are alike, turns are not. Two contenders that are
/// the same must seldom differ, whatever number of calls a turn has.
TEST(Timing, TheSameProgramTwiceSeldomDiffers) {
  std::mt19937 random(7);
  std::normal_distribution<double> turn_speed(1, 0.03), call_noise(0, 0.005);
  const auto timed = [&](int turns) {
    std::vector<Turn> all;
    for (int i = 0; i < turns; ++i) {
      Turn turn;
      const double speed = turn_speed(random);
      for (int call = 0; call < 50; ++call) turn.calls_ms.push_back(speed + call_noise(random));
      all.push_back(std::move(turn));
    }
    return summarize(all);
  };
  for (const int turns : {kLeastTurns, 20}) {
    int different = 0;
    for (int pair = 0; pair < 400; ++pair) {
      const TimingSummary one = timed(turns), other = timed(turns);
      if (compare(one, other) != Comparison::kNoDifference) ++different;
    }
    EXPECT_LT(different, 12) << turns << " turns: intervals of independent 95 % that part are rarer than one in twenty";
  }
}

std::vector<Turn> alike(double event_ms, double wall_ms, int calls) {
  Turn turn{std::vector<double>(static_cast<size_t>(calls), event_ms), wall_ms};
  return std::vector<Turn>(kLeastTurns, turn);
}

TEST(Timing, ClocksThatAgreeChangeNothing) {
  const ClockCheck check = check_clock(alike(1.0, 50 * 1.13 + 2, 50), 0.13);  // 2 ms of messages
  EXPECT_TRUE(check.agree);
  EXPECT_EQ(check.factor(), 1);
  EXPECT_NEAR(check.wall_ms, 1.04, 1e-9);
}

TEST(Timing, TheSlowerClockCounts) {
  const std::vector<Turn> turns = alike(0.001, 50 * 1.13, 50);  // events say a thousandth
  const ClockCheck check = check_clock(turns, 0.13);
  EXPECT_FALSE(check.agree);
  EXPECT_NEAR(scaled(summarize(turns), check.factor()).median_ms, 1.0, 1e-9);
  const ClockCheck other = check_clock(alike(2.0, 50 * 1.13, 50), 0.13);  // events say more than passed
  EXPECT_FALSE(other.agree);
  EXPECT_EQ(other.factor(), 1);
}

TEST(Timing, AFewTurnsThatWereInterruptedSayNothing) {
  std::vector<Turn> turns = alike(1.0, 50 * 1.13, 50);
  turns[1].wall_ms *= 10;
  turns[4].wall_ms *= 10;
  EXPECT_TRUE(check_clock(turns, 0.13).agree);
}

/// What no clock outside can see: a launch's own latency. A lie as small as that gains nothing that matters.
TEST(Timing, NoWinIsSmallerThanAnEventsStep) {
  const TimingSummary one{50, 1000, 0.0041, 0.0041, 0.0041};
  const TimingSummary near{50, 1000, 0.0042, 0.0042, 0.0042};
  const TimingSummary far{50, 1000, 0.0052, 0.0051, 0.0053};
  EXPECT_EQ(compare(one, near), Comparison::kNoDifference);
  EXPECT_EQ(compare(near, one), Comparison::kNoDifference);
  EXPECT_EQ(compare(one, far), Comparison::kFaster);
}

TEST(Timing, TheResolutionIsTwentyMicroseconds) {
  EXPECT_TRUE(check_clock(alike(0.005, 400 * 0.139, 400), 0.13).agree);
  EXPECT_FALSE(check_clock(alike(0.001, 400 * 0.160, 400), 0.13).agree);
}

TEST(Timing, TurnsAreAboutEquallyLong) {
  EXPECT_EQ(calls_per_turn(10, 100), 10);
  EXPECT_EQ(calls_per_turn(1000, 100), 1);
  EXPECT_EQ(calls_per_turn(0.001, 100), 1000);
  EXPECT_EQ(calls_per_turn(0, 100), 1);
}

}  // namespace
}  // namespace ka
