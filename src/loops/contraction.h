#pragma once

#include <vector>

#include "ir/graph.h"
#include "loops/index.h"

namespace ka {

/// A batched sum of products over the contraction axes.
struct Contraction {
  std::vector<AxisId> batch, rows, columns;
  std::vector<AxisId> depth;  ///< outermost first; only the last one is walked in blocks
  bool woven = false;         ///< the last rows axis steps between neighbouring columns of what is written
  ExprId left = kNone;        ///< at batch, rows, depth
  ExprId right = kNone;       ///< at batch, columns, depth
  Dtype type = Dtype::kFloat32;
  NodeId node = kNone;
};

}  // namespace ka
