#pragma once

#include <filesystem>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "plan/plan.h"
#include "run/authors.h"
#include "run/events.h"
#include "run/index.h"
#include "run/run_directory.h"
#include "run/workshop.h"

namespace ka {

/// What the phases of one run share. All of it outlives the run's tasks.
struct RunContext {
  Workshop& workshop;
  RunDirectory& directory;
  EventStream& events;
  RunIndex* index = nullptr;  ///< null: no cache
  AuthorTeam& team;
  std::string machine;  ///< digest of versions and devices; part of what every step starts from
};

/// How the kernels of one program are come by.
struct DispatchTerms {
  /// Whose kernels are judged alone. Of the others the compiler's is taken unjudged where it offers just one: the program's judgement decides.
  enum class Judged { kEach, kRounding, kInProgram } judged = Judged::kEach;
  bool may_round = true;        ///< see Assignment
  std::set<std::string> exact;  ///< subgraphs that may not, whatever the others may
  bool ask_all = false;         ///< every author, also where an earlier one's kernel was accepted
};

/// The kernel that a subgraph ended up with, or why it has none.
struct SubgraphOutcome {
  std::string id;
  bool success = false;
  bool judged = true;   ///< else its verdict is the program's
  std::string message;  ///< why not
  Kernel kernel;
  int64_t candidates = 0;  ///< how many were judged
  Json tuning;  ///< how its schedule was chosen (kernels_out/<id>/tuning.json without the candidates); null where it was not
};

/// Writes and judges a kernel for every subgraph of one or several plans that no other of its plan stands for, several at a time, and keeps for each the fastest accepted
/// one (the first where nothing can be timed). Leaves kernels_out/; returns the outcomes of the representatives in plan order.
/// The authors are asked in order. A subgraph without a kernel is an outcome; errors are the machine's, or an interruption.
Task<Result<std::vector<SubgraphOutcome>>> dispatch(RunContext& context, const std::vector<Plan>& plans,
                                                    std::vector<Author*> authors, DispatchTerms terms);

/// The same for one subgraph alone. Leaves kernels_out/summary.json as it is.
Task<Result<SubgraphOutcome>> dispatch_one(RunContext& context, const Plan& plan, int index, std::vector<Author*> authors,
                                           DispatchTerms terms);

}  // namespace ka
