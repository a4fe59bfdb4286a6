#pragma once

#include <utility>

#include "ops/rewriter.h"

namespace ka {

/// The type sums and norms are computed in: float32 for half types, otherwise the type itself.
Dtype accumulate_type(Dtype dtype);
/// The float type a float-valued function of `dtype` gives: float32 for integers and bool.
Dtype float_type(Dtype dtype);
/// Brings a value to its accumulate type (integers and bool to float32).
ValueId to_accumulate(Rewriter& rewriter, ValueId self);

/// Σ/n over dims (empty means all), computed and given in the operand's accumulate type.
ValueId mean(Rewriter& rewriter, ValueId self, Shape dims, bool keepdim);
/// Σ(x − mean)² / max(0, n − correction) over dims, in the accumulate type. {variance, mean}.
std::pair<ValueId, ValueId> variance(Rewriter& rewriter, ValueId self, Shape dims, bool keepdim, double correction);

/// exp(x − max) / Σ exp(x − max) in the accumulate type. `safe`: rows of −∞ only give zeros instead of NaN.
ValueId softmax(Rewriter& rewriter, ValueId self, int64_t dim, bool safe = false);
/// (x − max) − log Σ exp(x − max), in the accumulate type.
ValueId log_softmax(Rewriter& rewriter, ValueId self, int64_t dim);
/// log Σ exp(x), infinite maxima handled as PyTorch does, in the accumulate type.
ValueId logsumexp(Rewriter& rewriter, ValueId self, Shape dims, bool keepdim);

/// Multiplies by `weight` and adds `bias`, both broadcast, where they are present (kNone where not), in the operand's type.
ValueId scale_and_shift(Rewriter& rewriter, ValueId self, ValueId weight, ValueId bias);

/// Binds an output that owns its memory to a value that stands for the same elements: through a copy ("aten.clone.default") where the
/// output may be returned, so that it neither aliases nor loses its strides; without one everywhere else.
void bind_copy(Rewriter& rewriter, const Node& node, size_t index, ValueId value);

/// The last `kernel.size()` dims of `self` cut into windows that become new dims at the end ("ka.window"); reads outside give `value`.
ValueId windows(Rewriter& rewriter, ValueId self, const Shape& kernel, const Shape& stride, const Shape& padding,
                const Shape& dilation, double value, const Shape& outputs);
/// Sums, averages or keeps a loss: 0 none, 1 mean, 2 sum; and binds it.
void bind_reduced(Rewriter& rewriter, const Node& node, ValueId loss);

/// self with dim's elements picked by a 1-d int64 tensor of indices in range.
ValueId pick(Rewriter& rewriter, ValueId self, int64_t dim, ValueId index);
/// The dim's positions 0 … extent − 1 as int64, shaped to broadcast against `self` along `dim`.
ValueId positions(Rewriter& rewriter, ValueId self, int64_t dim);

/// Indices as int64, counted from the start: a negative one counts from the end of a dim of `extent` elements, as in Python.
ValueId wrapped_index(Rewriter& rewriter, ValueId index, int64_t extent);

/// The number of elements that the dims of a value span.
int64_t extent_over(const Rewriter& rewriter, ValueId self, const Shape& dims);

/// Joins: "aten.add.Tensor" and its kind without spelling them.
ValueId add(Rewriter& rewriter, ValueId a, ValueId b);
ValueId subtract(Rewriter& rewriter, ValueId a, ValueId b);
ValueId multiply(Rewriter& rewriter, ValueId a, ValueId b);
ValueId divide(Rewriter& rewriter, ValueId a, ValueId b);
ValueId add(Rewriter& rewriter, ValueId a, double b);
ValueId multiply(Rewriter& rewriter, ValueId a, double b);
ValueId divide(Rewriter& rewriter, ValueId a, double b);

}  // namespace ka
