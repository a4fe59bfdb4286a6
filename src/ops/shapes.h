#pragma once

#include <vector>

#include "ir/graph.h"

namespace ka {

/// Makes a list argument of numbers or of references.
Argument integer_list(const Shape& numbers);
Argument reference_list(const std::vector<ValueId>& values);
/// Counts a dim from the front; `rank` 0 counts as 1, as in PyTorch.
int64_t normal_dim(int64_t dim, int64_t rank);
/// Sorted, without repetitions, counted from the front; empty means all dims.
Shape normal_dims(const Shape& dims, int64_t rank);
/// The shape both broadcast to; CHECKs that there is one.
Shape broadcast(const Shape& a, const Shape& b);
TensorType contiguous_type(Dtype dtype, const Shape& size);

}  // namespace ka
