#pragma once

#include <filesystem>
#include <functional>
#include <string>
#include <vector>

#include "judge/bench.h"
#include "run/workshop.h"

namespace ka {

/// A candidate and the problem it is judged or timed against.
struct Case {
  std::filesystem::path candidate, problem;
  std::string mode;  ///< train or eval: the run's, else the settings'
};

/// Finds the case behind `verify` and `bench`: a file with --problem, or a run (its composed program and its original problem).
Result<Case> find_case(const Config& config, const std::string& what, const std::filesystem::path& problem);

/// What the judge is asked about a case: the settings' effort, mode and limits.
JudgeRequest judge_request(const Config& config, const Target& target, const Case& which);

/// Judges a candidate; `progress` hears one line per step.
Task<Result<Verdict>> verify_case(Workshop& workshop, Case which, std::function<void(std::string)> progress);

/// How a case is timed.
struct BenchChoice {
  double seconds = 2.0;              ///< per contender
  std::vector<std::string> against;  ///< baselines by name
};
/// An environment error where the platform has no clock.
Status can_time(const Workshop& workshop);
/// Times a candidate and its baselines; an environment error where the platform has no clock.
Task<Result<BenchTimes>> bench_case(Workshop& workshop, Case which, BenchChoice choice,
                                    std::function<void(std::string)> progress);

/// Prints times for people: a row each, with its interval, and what a reader must know.
std::string bench_text(const BenchTimes& times);

/// The output that used most of its bound, over all trials; null without any.
const OutputFigures* worst_output(const Verdict& verdict);

/// Prints a verdict for people: the answer, its reason, the error and the margin, what ran.
std::string verdict_text(const Verdict& verdict);

}  // namespace ka
