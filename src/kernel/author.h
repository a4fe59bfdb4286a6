#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "base/decision.h"
#include "kernel/kernel.h"
#include "kernel/tuning.h"
#include "kernel/verdict.h"
#include "plan/plan.h"

namespace ka {

/// Any closed set of graph nodes, from one subgraph to the whole program.
struct Region {
  const Plan* plan = nullptr;
  Subgraph subgraph;  ///< nodes, inputs and outputs of the region
};

/// Describes the device kernels are written for.
struct Target {
  std::string platform = "cpu";  ///< a row of the platform table: cuda, rocm, xpu, cpu
  std::string device = "cpu";    ///< torch device string
  int capability = 90;           ///< compute capability × 10 on CUDA
  int multiprocessors = 132;
  double bytes_per_second = 3.0e12;  ///< a device copy, reads and writes counted; an H100's where nobody has measured the device
  double launch_seconds = 12e-6;     ///< one Triton launch from Python, likewise
  std::string gpu;                   ///< which board: names its lease (process/lease.h); empty without one
  /// Has it half as many float64 units as float32 ones, rather than few (8.6, 8.9, 12.0)?
  bool has_quick_doubles() const { return capability == 80 || capability == 90 || capability == 100; }
};

/// An accepted kernel to beat.
struct Champion {
  Kernel kernel;
  double milliseconds = 0;  ///< 0: not timed
};

/// What an author is asked for.
struct Assignment {
  Region region;
  Target target;
  std::string problem;  ///< source of the region as a problem file: what the judge will compare with
  int candidates = 4;   ///< an author without a dialogue offers at most so many; with full tuning four times as many
  Tuning tuning = Tuning::kOff;
  bool may_round = true;   ///< may the float32 operands of convolutions be rounded, as PyTorch does by default?
  std::string remembered;  ///< the schedule that was the fastest before (Kernel::schedule); empty: none is known
  std::optional<Champion> champion;
  /// Keeps a file of this attempt ("seed_1/round_2/prompt.md") in the run's folder; may be empty.
  std::function<void(const std::string& file, std::string_view text)> keep;
};

struct Candidates {
  std::vector<Kernel> kernels;
};
struct Waiting {};
struct Done {
  std::string reason;  ///< why there is nothing (more); empty where the last verdict says it
};
using StepResult = std::variant<Candidates, Waiting, Done>;

/// One author's work on one region. Driven by the one poll loop; never blocks.
class Attempt {
 public:
  virtual ~Attempt() = default;
  virtual StepResult step() = 0;
  /// Tells the judge's verdict about a candidate that `step` offered. Every candidate is answered once, unless the attempt is cancelled.
  virtual void hear(const Kernel& candidate, const Verdict& verdict) { static_cast<void>(candidate), static_cast<void>(verdict); }
  virtual void cancel() = 0;
};

/// Writes candidate kernels. The pipeline runs authors side by side and keeps the fastest candidate that the judge accepts.
class Author {
 public:
  virtual ~Author() = default;
  virtual std::string name() const = 0;
  virtual Decision accepts(const Region& region) const = 0;
  virtual std::unique_ptr<Attempt> begin(Assignment assignment) = 0;
};

}  // namespace ka
