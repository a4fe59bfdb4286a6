#pragma once

#include <chrono>
#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"
#include "kernel/verdict.h"
#include "worker/pool.h"

namespace ka {

enum class Effort { kQuick, kStandard, kThorough };
std::string_view name(Effort effort);
std::optional<Effort> parse_effort(std::string_view name);

/// What to judge and how. Inputs, seeds, distributions and tolerances are the judge's own.
struct JudgeRequest {
  std::filesystem::path candidate;  ///< Python file with kernel_function or ModelNew
  std::filesystem::path problem;    ///< the reference: a problem file in KernelBench form
  std::string device = "cpu";       ///< torch device string
  std::string gpu;                  ///< whose lease a judgement shares (Target::gpu); empty: none is needed
  bool alone = false;               ///< has that GPU to itself at once, not only where memory did not suffice beside others
  std::string mode = "train";
  Effort effort = Effort::kStandard;
  std::optional<int64_t> seed;  ///< of the first input set; none: drawn anew (draw_seed)
  std::chrono::seconds timeout{600};
  /// Positions ("0", "2") of inputs that are parameters of a larger program: finite on every input set, as parameters are.
  std::vector<std::string> parameters;
  bool trusted_zones = true;                  ///< apply the program contract's zones where the file carries their markers
  std::function<void(std::string)> progress;  ///< called with one line per step; may be empty
};

/// Judges one candidate against one problem (docs/TRUST.md). A bad candidate is a Verdict; an Error means that the problem or the
/// machine is at fault.
Task<Result<Verdict>> judge(WorkerPool& pool, JudgeRequest request);

/// Names the judge's rules; part of the cache key. Changes whenever a rule or constant does.
std::string judge_version();

}  // namespace ka
