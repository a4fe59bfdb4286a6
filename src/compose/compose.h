#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "kernel/kernel.h"
#include "plan/plan.h"

namespace ka {

/// Composes the program of docs/ARCHITECTURE.md ("Program contract"): construction zone, forward zone with every kernel once,
/// `kernel_function`, `ModelNew`, and a self-test. `kernels[i]` implements `plan.subgraphs[i]`; of subgraphs with one representative only
/// the representative's is read. Fails with Fault::kInput where the problem cannot be taken over, naming what stands in the way.
Result<std::string> compose_program(const Plan& plan, const std::vector<Kernel>& kernels, std::string_view problem_source,
                                    const std::string& problem_path);

}  // namespace ka
