#pragma once

#include <string>

#include "ir/graph.h"

namespace ka {

/// Prints the expression by which a program draws a node's random numbers (Plan::draws) into memory of this type on `device`.
std::string draw_expression(const Node& node, const TensorType& type);

}  // namespace ka
