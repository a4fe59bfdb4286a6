#pragma once

#include <filesystem>
#include <string>

#include "base/clock.h"
#include "plan/plan.h"
#include "run/dispatch.h"
#include "run/route.h"

namespace ka {

/// The phases of one run, each started once, in order. A phase whose artifacts an earlier attempt left whole is not done again.
class Phases {
 public:
  Phases(RunContext& context, std::filesystem::path problem, std::string problem_text);

  /// Does every phase up to `until`. Returns the last event; errors end the run as failed or interrupted.
  Task<Result<RunFinished>> run(Phase until);

 private:
  Task<Status> trace();
  Task<Status> refactor(Error reason);
  Task<Status> route();
  /// Takes one way from the plan to the judgement.
  Task<Result<RunFinished>> follow(Phase until);
  RunFinished stopped(Phase after) const;
  std::vector<Author*> authors() const;
  Task<Status> plan();
  Status keep_plan();
  Task<Status> check_fused();
  /// Kernels, program and judgement on some terms; a program refused while it replays its launches is judged without that, too.
  Task<Result<RunFinished>> make(DispatchTerms terms, Phase until);
  Task<Result<RunFinished>> write(DispatchTerms terms);
  /// Adds the unjudged kernels that the last verdict points at to those that may not round. False where it tells none apart from others.
  bool add_suspects(DispatchTerms& terms) const;
  /// Takes over the strides that PyTorch's results have on this device, where the judge says that they are not as traced. Returns
  /// whether anything is another now.
  bool take_over_strides();
  bool judges_program_first() const;

  // Subgraphs that a model makes one of (phases_fusion.cpp)
  bool may_fuse() const;
  PlanTerms plan_terms() const;
  Result<Plan> plan_with(const std::vector<std::vector<std::string>>& joined) const;
  /// Asks for proposals, has each written and judged, and plans anew with those that are taken.
  Task<Status> fuse();
  /// Goes back to the plan as the planner made it.
  Status part_again();

  /// Was it refused for what it computes?
  bool is_wrong(const RunFinished& end) const;
  Task<Status> compose();
  Task<Result<RunFinished>> judge();

  void begin(Phase phase);
  void end(Phase phase, std::string summary, bool reused = false);
  /// Digest of what a step starts from: the given texts, the machine, and this program's version.
  std::string from(std::initializer_list<std::string_view> texts) const;
  void announce(const Plan& plan, const Subgraph& subgraph, int64_t count = 1);
  void announce_plan(const Plan& plan);
  size_t subgraph_count() const;
  void announce_verdict(const Verdict& verdict);

  RunContext& context_;
  std::filesystem::path problem_;
  std::string problem_text_;
  Stopwatch clock_;
  std::vector<Graph> graphs_;  ///< one, or those of the parts that glue joins
  bool refactored_ = false;    ///< the graphs are those of orchestrator/code.py
  std::string glue_;           ///< orchestrator/code.py, where its forward stays Python
  Route route_;
  Way way_ = Way::kCodegen;
  std::vector<Plan> plans_;                       ///< of each graph
  std::vector<std::vector<std::string>> joined_;  ///< subgraphs that are one kernel because a model proposed it
  bool asked_for_fusions_ = false;
  std::vector<SubgraphOutcome> outcomes_;
  std::string program_;
  std::optional<Verdict> verdict_;  ///< of the last program that was judged
  std::string when_to_replay_;      ///< the setting launch_graph; "never" once a program that replays its launches was refused
};

}  // namespace ka
