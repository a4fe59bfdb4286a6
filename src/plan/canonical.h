#pragma once

#include <string>

#include "plan/plan.h"

namespace ka {

/// Prints operators, arguments and types with values numbered by first use: equal texts need the same kernel.
std::string canonical_text(const Graph& graph, const Subgraph& subgraph);

}  // namespace ka
