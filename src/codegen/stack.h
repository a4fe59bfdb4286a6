#pragma once

#include <vector>

#include "loops/nest.h"

namespace ka {

/// Tensors of one type that lie one after another in one buffer, because a launch picks its elements among them by a number.
struct Stack {
  std::vector<ValueId> parts;  ///< part i holds the elements of number i
};

/// Finds the tensors between a subgraph's nests that are only ever picked from (a transposed convolution's phases), and rewrites the
/// nests in place: each part is written at its offset in the stack, and instead of a guarded load of every part there is one load,
/// of the first part plus number · elements. `outputs` are values that others read: they stay tensors of their own.
std::vector<Stack> stack_parts(const Graph& graph, std::vector<Nest>& nests, const std::vector<ValueId>& outputs);

}  // namespace ka
