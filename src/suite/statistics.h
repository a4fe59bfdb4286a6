#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "suite/row.h"

namespace ka {

/// The fastest baseline of each problem, as a baseline of its own.
inline constexpr std::string_view kBest = "best";

/// The geometric mean of positive numbers; 0 without any.
double geometric_mean(const std::vector<double>& values);
/// The middle value, or the mean of the two in the middle; 0 without any.
double median(std::vector<double> values);

/// How many times faster a row's program is than a baseline, or than `best`; 0 where that is not known.
double speedup_over(const SuiteRow& row, std::string_view baseline);
/// The baselines that any row has a time of, in the order of `eager, compile, reduce-overhead, max-autotune`, then `best`.
std::vector<std::string> baselines_of(const std::vector<SuiteRow>& rows);

/// The share of all problems that were accepted and are more than p times faster than the baseline; at p = 0 those accepted.
double fast_p(const std::vector<SuiteRow>& rows, std::string_view baseline, double p);

/// A geometric mean and how many problems it is of.
struct Mean {
  double value = 0;
  size_t of = 0;
};
/// The speed-up over one baseline in one level.
struct LevelSpeed {
  std::string baseline;
  Mean all, sound;    ///< with the degenerate problems, and without
  size_t faster = 0;  ///< of `all.of`
  double least = 0;
};
/// One folder of problems, or all of them.
struct LevelSummary {
  std::string level;
  size_t problems = 0, judged = 0, accepted = 0, degenerate = 0, timed = 0;
  std::vector<LevelSpeed> speeds;
  double floor_median = 0, memory_floor_median = 0;  ///< of the fraction of the floor; of the memory-bound problems alone
  double seconds_median = 0;                         ///< to the verdict, of those accepted
};
/// One summary for each level, in the order of their names, then one of all where there are several.
std::vector<LevelSummary> summarise(const std::vector<SuiteRow>& rows);

/// The physical floor under a row's time; nothing where the GPU has no figures or the program is not known.
std::optional<Floor> floor_of(const SuiteRow& row);
/// The floor's share of the measured time; 0 where either is not known.
double floor_fraction(const SuiteRow& row);
/// Says from the roofline what a program's time goes into: launches, memory, arithmetic. Empty where nothing is known.
std::string bottleneck(const SuiteRow& row);

}  // namespace ka
