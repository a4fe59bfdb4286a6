#pragma once

#include <string_view>
#include <vector>

#include "base/result.h"
#include "codegen/lowered.h"
#include "codegen/schedule.h"

namespace ka {

/// A way to run a subgraph: a schedule for each of its planned launches, in order.
struct Choice {
  std::vector<Schedule> schedules;
  double predicted_ms = 0;  ///< by the cost model
};

/// The ways to run one subgraph.
class Choices {
 public:
  /// Lowers the subgraph and asks for its schedules, without those that round float32 operands unless they `may_round`. Fails with
  /// Fault::kInternal where a planned launch cannot be lowered.
  static Result<Choices> of(const Plan& plan, const Subgraph& subgraph, const Target& target, bool may_round = true);

  /// Every launch's `rank`th candidate, or its last where it has fewer.
  Choice ranked(size_t rank) const;
  /// Lists those made of the launches' own candidates, the cost model's favourite first: all launches at the same rank, and where there are
  /// several, each single one at another.
  std::vector<Choice> own() const;
  /// Lists those that differ from a choice in one launch's blocks, warps and stages and fit the device, the cost model's favourite first.
  std::vector<Choice> around(const Choice& choice) const;
  /// Reads a choice from a kernel's `schedule`; the error says what it does not fit.
  Result<Choice> parse(std::string_view text) const;

 private:
  Choices(const Plan& plan, Target target) : graph_(plan.graph), target_(std::move(target)) {}
  Choice priced(std::vector<Schedule> schedules) const;

  const Graph& graph_;
  Target target_;
  std::vector<Nest> nests_;
  std::vector<std::vector<Schedule>> candidates_;  ///< by launch
};

}  // namespace ka
