#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "compose/glue.h"
#include "kernel/kernel.h"
#include "plan/plan.h"

namespace ka {

/// Composes the program of docs/ARCHITECTURE.md ("Program contract"): construction zone, forward zone with every kernel once,
/// `kernel_function`, `ModelNew`, and a self-test. `kernels[i]` implements `plan.subgraphs[i]`; of subgraphs with one representative only
/// the representative's is read. With `replay`, what forward launches is recorded and replayed where it can be (launch_graph.h). Fails with
/// Fault::kInput where the problem cannot be taken over, naming what stands in the way.
Result<std::string> compose_program(const Plan& plan, const std::vector<Kernel>& kernels, std::string_view problem_source,
                                    const std::string& problem_path, bool replay = false);

/// One part of a program with glue, and what implements it.
struct ComposedPart {
  std::string name;            ///< its class in the glue
  const Plan* plan = nullptr;  ///< null where no input set called it
  std::vector<Kernel> kernels;
};

/// The same where forward is glue between parts: each part becomes a function, and `ModelNew.forward` is the glue that calls them. There
/// is no kernel_function. A part without a plan becomes a function that raises one line.
Result<std::string> compose_glue(const Glue& glue, const std::vector<ComposedPart>& parts, std::string_view problem_source,
                                 const std::string& problem_path);

}  // namespace ka
