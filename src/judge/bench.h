#pragma once

#include <filesystem>
#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "judge/judge.h"
#include "judge/timing.h"

namespace ka {

/// What a candidate can be timed against: "eager", "compile", "reduce-overhead", "max-autotune" (torch.compile's modes) and "self", the
/// candidate once more in a process of its own, which shows what a difference of nothing looks like.
std::span<const std::string_view> baseline_names();
/// Returns the baselines of an effort level: all but "self", "max-autotune" with `thorough` only.
std::vector<std::string> baselines_of(Effort effort);
/// Reads "eager,compile"; another name is an input error that lists them.
Result<std::vector<std::string>> parse_baselines(std::string_view text);

/// What to time, and against what.
struct BenchRequest {
  std::filesystem::path candidate;
  std::vector<std::filesystem::path> rivals;  ///< further candidates: all run until the slower half leaves, and again
  std::filesystem::path problem;
  std::string device = "cuda";
  std::string gpu;  ///< whose lease is taken while it is timed (Target::gpu)
  std::string mode = "train";
  double seconds = 2.0;                       ///< per contender
  std::vector<std::string> against;           ///< baselines by name; none: the candidate alone
  std::function<void(std::string)> progress;  ///< called with one line per step; may be empty
};

/// The time of one contender, or why it has none.
struct ContenderTime {
  std::string name;     ///< "candidate", or the baseline's
  TimingSummary time;   ///< by the slower clock; of no turns where there is a failure
  ClockCheck clock;     ///< its events against our clock
  std::string failure;  ///< why it has no time; empty where it has one
  std::string note;     ///< what whoever reads the time must know; mostly empty
  bool timed() const { return failure.empty() && time.turns > 0; }
};

/// What came of timing.
struct BenchTimes {
  ContenderTime candidate;
  std::vector<ContenderTime> rivals;     ///< in the order of the request; the slower ones' times are of fewer turns
  std::vector<ContenderTime> baselines;  ///< likewise
  Json conditions;                       ///< how it was timed, and the GPU's clocks meanwhile
  /// Finds a baseline; null where it was not asked for.
  const ContenderTime* baseline(std::string_view name) const;
};
/// Returns how many times faster the candidate is; 0 where either has no time.
double speedup(const BenchTimes& times, const ContenderTime& baseline);
/// Says whether the candidate is faster than a baseline.
Comparison compare(const BenchTimes& times, const ContenderTime& baseline);
/// {"candidate":{…},"baselines":[{"name",…,"speedup","candidate_is"}…],"conditions"}; those without a time have "failure".
Json to_json(const BenchTimes& times);

/// Times a candidate and baselines, each in a process of its own, one at a time on one GPU which nobody else uses meanwhile
/// (docs/TRUST.md, Timing). What one contender fails of costs its own time only; an Error means that the problem or the machine is at
/// fault.
Task<Result<BenchTimes>> bench(WorkerPool& pool, BenchRequest request);

}  // namespace ka
