#pragma once

#include <limits>
#include <map>
#include <optional>
#include <vector>

#include "compose/views.h"
#include "kernel/kernel.h"
#include "plan/plan.h"

namespace ka {

/// New contents of a graph input, and how they get there.
struct Mutation {
  int input = kNone;  ///< index into Graph::inputs
  ValueId value = kNone;
  bool rebinds = false;   ///< a plain attribute: its owner takes the new tensor, the old one stays as it was
  bool in_place = false;  ///< the producing kernel writes the input's own memory; otherwise a copy afterwards does
};

/// One allocation of a step: an output or scratch buffer of its kernel.
struct Allocation {
  const Buffer* buffer = nullptr;
  ValueId value = kNone;  ///< kNone for scratch
  int previous = kNone;   ///< index of the allocation whose memory it takes over, dead by then; kNone: fresh memory
};

/// Which values live where and how long while the subgraphs run in order. Step i runs plan.subgraphs[i].
class Dataflow {
 public:
  static constexpr int kForever = std::numeric_limits<int>::max();

  /// Fails with Fault::kInternal where kernels do not fit their subgraphs or values are never computed.
  static Result<Dataflow> analyze(const Plan& plan, const std::vector<const Kernel*>& kernels);

  ViewChain chain(ValueId value) const { return view_chain(plan_->graph, is_view_, value); }
  const std::vector<Mutation>& mutations() const { return mutations_; }
  const Mutation* mutation_of_value(ValueId value) const;  ///< the first mutation that stores this value, if any
  const Mutation* mutation_of_input(int input) const;
  /// Is the input read by a kernel, returned, or written?
  bool is_used(int input) const { return used_[static_cast<size_t>(input)]; }
  /// Must the program keep hold of the given tensor itself, because it writes into it or returns a view of it?
  bool needs_original(int input) const { return original_[static_cast<size_t>(input)]; }

  const std::vector<Allocation>& allocations() const { return allocations_; }
  /// Indices of the allocations of one step, in the order of the kernel's buffers.
  const std::vector<int>& allocations_of(int step) const { return of_step_[static_cast<size_t>(step)]; }
  /// Values and scratch (as allocation indices) whose memory nothing uses behind this step.
  const std::vector<int>& dead_after(int step) const { return dead_[static_cast<size_t>(step)]; }
  /// Values computed by whole-module kernels that nothing reads behind this step.
  const std::vector<ValueId>& dropped_after(int step) const { return dropped_[static_cast<size_t>(step)]; }

 private:
  Dataflow(const Plan& plan, const std::vector<const Kernel*>& kernels);

  Status check_kernels() const;
  void find_last_uses();
  void find_mutations();
  bool can_write_in_place(const Mutation& mutation) const;
  void allocate();
  std::vector<Allocation> buffers_to_allocate(size_t step) const;
  std::optional<int> reusable(const Buffer& buffer, const std::vector<int>& idle) const;

  const Plan* plan_;
  std::vector<const Kernel*> kernels_;
  std::vector<bool> is_view_;
  std::vector<int> last_use_;   ///< per value, meaningful for roots
  std::vector<int> made_at_;    ///< per value: its step, kNone for inputs
  std::vector<bool> returned_;  ///< per value, roots of user outputs
  std::vector<Mutation> mutations_;
  std::vector<bool> used_;
  std::vector<bool> original_;
  std::vector<Allocation> allocations_;
  std::vector<std::vector<int>> of_step_;
  std::vector<std::vector<int>> dead_;
  std::vector<std::vector<ValueId>> dropped_;
};

}  // namespace ka
