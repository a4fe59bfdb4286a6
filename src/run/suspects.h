#pragma once

#include <set>
#include <string>

#include "kernel/verdict.h"
#include "plan/plan.h"

namespace ka {

/// Names the subgraphs whose rounding may have made results of a program wrong: for each result that the verdict calls wrong, the one that
/// computes it and the nearest above it on every way to the inputs, as far as they are among `rounding` (ids of representatives). Running
/// statistics, which a network's every norm returns, name the convolution before them.
std::set<std::string> rounding_suspects(const Plan& plan, const Verdict& verdict, const std::set<std::string>& rounding);

}  // namespace ka
