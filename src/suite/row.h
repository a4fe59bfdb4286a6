#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "base/json.h"
#include "base/result.h"
#include "run/floor.h"

namespace ka {

inline constexpr std::string_view kTriton = "triton";  ///< the contender that is ours

/// The time of one contender; `low` and `high` are the 95 % interval of the median where it was measured here.
struct RowTime {
  std::string name;  ///< "triton", "eager", "compile", "reduce-overhead", "max-autotune"
  double ms = 0, low_ms = 0, high_ms = 0;
  std::string source;  ///< empty: measured beside ours; else the file of baselines it was read from
};

/// What is known of one problem of a suite. Kept in the suite's folder as rows/<name>.json, replaced in one step.
struct SuiteRow {
  std::string problem, path;
  std::string run;      ///< its run directory, absolute; empty before one was made
  bool judged = false;  ///< the run is over, however it ended
  bool timed = false;   ///< nothing is left to time

  std::string status;  ///< RunFinished's, or "timed_out", "crashed"; empty before the end
  std::string verdict, qualifier, reason, where;
  std::string route;
  int64_t subgraphs = 0, kernels = 0, launches = 0;
  std::map<std::string, int64_t> authors;  ///< kernels by who wrote them
  double rms_error = 0, bound_used = 0;
  double seconds = 0;  ///< of the run, sittings added
  double bench_seconds = 0;
  int64_t calls = 0, tokens = 0;
  double usd = 0;
  Work work;                 ///< what the program must do at the least
  double planned_bytes = 0;  ///< what its launches move, each tensor counted by every launch that touches it
  double needs_bytes = 0;    ///< of memory, to be judged: about so much at the most
  std::string gpu;           ///< empty where it ran on no GPU
  std::vector<RowTime> times;
  std::string untimed;  ///< why there are no times, or what is wrong with them

  bool accepted() const { return status == "accepted"; }
  /// The problem itself is constant or an identity by definition, or its output hardly depends on its inputs: a speed-up says little.
  bool is_degenerate() const;
  const RowTime* time(std::string_view contender) const;
  /// How many times faster the Triton program is; 0 where either was not timed, or the program was not accepted.
  double speedup(std::string_view baseline) const;
  /// The fastest of eager, compile and reduce-overhead (max-autotune, which takes minutes a problem, is asked of a sample only), or null.
  const RowTime* best_baseline() const;
};
Json to_json(const SuiteRow& row);
Result<SuiteRow> row_from_json(const Json& json);

/// Fills in what the run's folder tells: route, plan, kernels, verdict, costs. Whatever is missing there stays as it is.
void read_run(SuiteRow& row);

/// The phase that a run was in when it was last heard of; empty if it never began.
std::string phase_at_end(const std::string& run);

/// Reads the answer of `kernelagent bench --json`: every contender that has a median.
std::vector<RowTime> read_times(const Json& answer);
/// Says which contenders it has no time of, and why, and whether anything disturbed it; empty where all is well.
std::string what_failed(const Json& answer);

}  // namespace ka
