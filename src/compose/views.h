#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "ir/graph.h"

namespace ka {

/// Where a value's memory is: the value that owns it, and the host views between, outermost last.
struct ViewChain {
  ValueId root = kNone;
  std::vector<NodeId> views;
};

/// Follows a value back through the nodes marked as host views.
ViewChain view_chain(const Graph& graph, const std::vector<bool>& is_host_view, ValueId value);

/// A Python expression for a tensor, and the type (strides included) that it really has.
struct Expression {
  std::string text;
  TensorType type;
};

/// Applies one view operator as a plain tensor method or slice. Fails with Fault::kInternal for operators that are no views.
Result<Expression> apply_view(const Graph& graph, const Node& view, const Expression& base);

/// Applies a chain of them.
Result<Expression> apply_views(const Graph& graph, const std::vector<NodeId>& views, Expression base);

/// Returns the strides with which a tensor of other extents can show the same memory, if any (as torch.Tensor.view does).
std::optional<Shape> viewed_strides(const Shape& sizes, const Shape& strides, const Shape& wanted);

/// Do these strides reach the same elements? Extents of 0 and 1 may have any stride.
bool same_layout(const Shape& sizes, const Shape& strides, const Shape& other);

}  // namespace ka
