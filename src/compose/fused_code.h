#pragma once

#include <string>
#include <string_view>

#include "base/result.h"
#include "plan/plan.h"

namespace ka {

/// Prints fused_code.py: the problem's own construction, one nn.Module per distinct subgraph, and a Model whose forward calls them in
/// order. Plain PyTorch in KernelBench form, equal to the original, and what an author gets to see. Fails as compose_program does.
Result<std::string> fused_code(const Plan& plan, std::string_view problem_source, const std::string& problem_path);

}  // namespace ka
