#pragma once

#include <filesystem>
#include <string>

#include "run/dispatch.h"

namespace ka {

inline constexpr const char* kRefactoredCode = "orchestrator/code.py";  ///< below the run's folder

/// A program that is to be rewritten so that it can be traced.
struct RefactorRequest {
  std::filesystem::path problem;
  std::string text;
  std::string reason;  ///< why it cannot be traced, for the model
};

/// What stands for a program that cannot be traced; its state is the original's.
struct Refactored {
  std::vector<Graph> graphs;  ///< the whole rewritten program's, or those of its parts
  std::string glue;           ///< the rewritten program, where Python glue joins the parts; empty where it was traced whole
  bool reused = false;        ///< by an earlier attempt at this run
};

/// Has the run's model rewrite a program. `seeds` dialogues go side by side; each file must trace, or consist of
/// parts that trace and Python glue between them, and compute what the original computes on the judge's inputs; else its dialogue hears why
/// not. The first that does wins, and the others are cancelled. Leaves the winner in
/// orchestrator/code.py, packed in code.py.tgz, and every round in orchestrator/workers/. An error where no file does.
Task<Result<Refactored>> refactor_problem(RunContext& context, RefactorRequest request);

}  // namespace ka
