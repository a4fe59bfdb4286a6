#pragma once

#include <utility>
#include <vector>

#include "loops/nest.h"

namespace ka {

/// Returns pairs (output, input) of values that may lie in the same memory while these nests, a subgraph's launches in order, run: the
/// input is read for nothing but that output's elements, each by the program that then overwrites it, and by no later launch. A nest's
/// axes must be as its launch walks them.
std::vector<std::pair<ValueId, ValueId>> same_memory_pairs(const Graph& graph, const std::vector<Nest>& nests,
                                                           const std::vector<ValueId>& inputs,
                                                           const std::vector<ValueId>& outputs);

}  // namespace ka
