#pragma once

#include <string_view>

#include "judge/bench.h"
#include "run/judgement.h"
#include "run/run_directory.h"

namespace ka {

/// What `bench` leaves in a run's folder.
inline constexpr std::string_view kTimingRecord = "compose_out/bench.json";

/// Writes the times of a run's program into its folder, with the hashes of program, problem and certificate, what measured and where, and
/// enters the file in the run's manifest. What the manifest says of other files stays as it was.
Task<Status> record_times(Workshop& workshop, RunDirectory directory, Case which, BenchTimes times);

}  // namespace ka
