#pragma once

#include <vector>

#include "ir/graph.h"
#include "loops/index.h"

namespace ka {

/// Rows of scores, their softmax, and its product with a matrix, without the scores ever being stored. Where the scores rest on a matrix
/// product, as those of queries and keys do, that is made on the way.
struct Attention {
  NodeId node = kNone;
  std::vector<AxisId> batch;
  AxisId row = 0, key = 0, unit = 0;
  AxisId depth = 0;      ///< of the inner product; present if `left` is
  ExprId score = kNone;  ///< at batch, row, key
  ExprId value = kNone;  ///< at batch, key, unit
  ExprId left = kNone;   ///< of the inner product, at batch, row, depth; kNone: the scores need none
  ExprId right = kNone;  ///< at batch, key, depth
  NodeId product = kNone;
  Dtype type = Dtype::kFloat32;          ///< of the result
  Dtype operand_type = Dtype::kFloat32;  ///< of the inner product's operands
  Dtype value_type = Dtype::kFloat32;    ///< of the matrix, to which the softmax is rounded
  bool safe = false;                     ///< a row of -inf alone gives zeros, else NaN
};

/// The widest inner product, and the most columns, that one pass holds for a block of rows.
inline constexpr int64_t kWidestHead = 256;

}  // namespace ka
