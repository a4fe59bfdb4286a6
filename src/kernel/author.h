#pragma once

#include <memory>
#include <string>
#include <variant>
#include <vector>

#include "base/decision.h"
#include "kernel/kernel.h"
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
};

/// What an author is asked for.
struct Assignment {
  Region region;
  Target target;
  std::string feedback;  ///< the judge's words about the previous candidate, or empty
};

struct Candidates {
  std::vector<Kernel> kernels;
};
struct Waiting {};
struct Done {
  std::string reason;
};
using StepResult = std::variant<Candidates, Waiting, Done>;

/// One author's work on one region. Driven by the one poll loop; never blocks.
class Attempt {
 public:
  virtual ~Attempt() = default;
  virtual StepResult step() = 0;
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
