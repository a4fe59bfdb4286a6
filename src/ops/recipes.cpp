#include "ops/recipes.h"

#include <algorithm>
#include <limits>

namespace ka {

Dtype accumulate_type(Dtype dtype) { return dtype == Dtype::kFloat16 || dtype == Dtype::kBFloat16 ? Dtype::kFloat32 : dtype; }

Dtype float_type(Dtype dtype) { return is_floating(dtype) ? dtype : Dtype::kFloat32; }

ValueId to_accumulate(Rewriter& rewriter, ValueId self) {
  return rewriter.cast(self, accumulate_type(float_type(rewriter.dtype(self))));
}

int64_t extent_over(const Rewriter& rewriter, ValueId self, const Shape& dims) {
  const Shape size = rewriter.shape(self);
  int64_t count = 1;
  for (const int64_t dim : normal_dims(dims, rewriter.rank(self))) count *= size[static_cast<size_t>(dim)];
  return count;
}

void bind_copy(Rewriter& rewriter, const Node& node, size_t index, ValueId value) {
  const ValueId target = node.outputs[index];
  if (target == kNone) return;
  rewriter.bind(node, index, rewriter.escapes(target) ? rewriter.unary("aten.clone.default", value) : value);
}

ValueId windows(Rewriter& rewriter, ValueId self, const Shape& kernel, const Shape& stride, const Shape& padding,
                const Shape& dilation, double value, const Shape& outputs) {
  Shape size = rewriter.shape(self);
  const size_t first = size.size() - kernel.size();
  Shape dims;
  for (size_t i = 0; i < kernel.size(); ++i) {
    dims.push_back(static_cast<int64_t>(first + i));
    size[first + i] = outputs[i];
  }
  size.insert(size.end(), kernel.begin(), kernel.end());
  const Dtype dtype = rewriter.dtype(self);
  const bool whole = !is_floating(dtype);
  return rewriter.call("ka.window",
                       {{"self", Argument{Ref{self}}},
                        {"dims", integer_list(dims)},
                        {"kernel", integer_list(kernel)},
                        {"stride", integer_list(stride)},
                        {"padding", integer_list(padding)},
                        {"dilation", integer_list(dilation)},
                        {"value", whole ? Argument{static_cast<int64_t>(value)} : Argument{value}}},
                       contiguous_type(dtype, size));
}

void bind_reduced(Rewriter& rewriter, const Node& node, ValueId loss) {
  const Argument* reduction = node.find("reduction");
  const int64_t kind = reduction == nullptr ? 1 : reduction->integer();
  if (kind == 1) loss = mean(rewriter, loss, {}, false);
  if (kind == 2) loss = rewriter.sum(loss, {}, false);
  rewriter.bind(node, 0, rewriter.cast(loss, rewriter.result(node)->dtype));
}

ValueId pick(Rewriter& rewriter, ValueId self, int64_t dim, ValueId index) {
  Shape size = rewriter.shape(self);
  dim = normal_dim(dim, rewriter.rank(self));
  size[static_cast<size_t>(dim)] = rewriter.shape(index)[0];
  return rewriter.call("aten.index_select.default",
                       {{"self", Argument{Ref{self}}}, {"dim", Argument{dim}}, {"index", Argument{Ref{index}}}},
                       contiguous_type(rewriter.dtype(self), size));
}

ValueId positions(Rewriter& rewriter, ValueId self, int64_t dim) {
  dim = normal_dim(dim, rewriter.rank(self));
  const int64_t extent = rewriter.shape(self)[static_cast<size_t>(dim)];
  Shape size(static_cast<size_t>(rewriter.rank(self)), 1);
  size[static_cast<size_t>(dim)] = extent;
  return rewriter.view(rewriter.arange(0, extent, 1, Dtype::kInt64), size);
}

ValueId wrapped_index(Rewriter& rewriter, ValueId index, int64_t extent) {
  index = rewriter.cast(index, Dtype::kInt64);
  const ValueId negative = rewriter.compare("aten.lt.Scalar", index, Argument{int64_t{0}});
  const ValueId moved = add(rewriter, index, static_cast<double>(extent));
  return rewriter.where(negative, Argument{Ref{moved}}, Argument{Ref{index}}, Dtype::kInt64);
}

ValueId add(Rewriter& rewriter, ValueId a, ValueId b) { return rewriter.binary("aten.add.Tensor", a, b); }
ValueId subtract(Rewriter& rewriter, ValueId a, ValueId b) { return rewriter.binary("aten.sub.Tensor", a, b); }
ValueId multiply(Rewriter& rewriter, ValueId a, ValueId b) { return rewriter.binary("aten.mul.Tensor", a, b); }
ValueId divide(Rewriter& rewriter, ValueId a, ValueId b) { return rewriter.binary("aten.div.Tensor", a, b); }
ValueId add(Rewriter& rewriter, ValueId a, double b) { return b == 0 ? a : rewriter.binary("aten.add.Tensor", a, b); }
ValueId multiply(Rewriter& rewriter, ValueId a, double b) { return b == 1 ? a : rewriter.binary("aten.mul.Tensor", a, b); }
ValueId divide(Rewriter& rewriter, ValueId a, double b) { return b == 1 ? a : rewriter.binary("aten.div.Tensor", a, b); }

ValueId mean(Rewriter& rewriter, ValueId self, Shape dims, bool keepdim) {
  const ValueId wide = to_accumulate(rewriter, self);
  const auto count = static_cast<double>(extent_over(rewriter, self, dims));
  return divide(rewriter, rewriter.sum(wide, std::move(dims), keepdim), count);
}

std::pair<ValueId, ValueId> variance(Rewriter& rewriter, ValueId self, Shape dims, bool keepdim, double correction) {
  const ValueId wide = to_accumulate(rewriter, self);
  dims = normal_dims(dims, rewriter.rank(self));
  const double count = static_cast<double>(extent_over(rewriter, self, dims)) - correction;
  auto [middle, m2] = rewriter.moments(wide, dims);
  if (!keepdim) {
    middle = rewriter.squeeze(middle, dims);
    m2 = rewriter.squeeze(m2, dims);
  }
  // Without degrees of freedom PyTorch divides by zero: 0/0 is NaN, m2/0 is infinite.
  return {divide(rewriter, m2, std::max(0.0, count)), middle};
}

ValueId softmax(Rewriter& rewriter, ValueId self, int64_t dim, bool safe) {
  const ValueId wide = to_accumulate(rewriter, self);
  if (rewriter.rank(self) == 0) return rewriter.unary("aten.exp.default", subtract(rewriter, wide, wide));
  const ValueId largest = rewriter.reduce("aten.amax.default", wide, {dim}, true, rewriter.dtype(wide));
  const ValueId powers = rewriter.unary("aten.exp.default", subtract(rewriter, wide, largest));
  const ValueId ratio = divide(rewriter, powers, rewriter.sum(powers, {dim}, true));
  if (!safe) return ratio;
  const ValueId empty = rewriter.compare("aten.eq.Scalar", largest, Argument{-std::numeric_limits<double>::infinity()});
  return rewriter.where(empty, Argument{0.0}, Argument{Ref{ratio}}, rewriter.dtype(ratio));
}

ValueId log_softmax(Rewriter& rewriter, ValueId self, int64_t dim) {
  const ValueId wide = to_accumulate(rewriter, self);
  if (rewriter.rank(self) == 0) return subtract(rewriter, wide, wide);
  const ValueId largest = rewriter.reduce("aten.amax.default", wide, {dim}, true, rewriter.dtype(wide));
  const ValueId shifted = subtract(rewriter, wide, largest);
  const ValueId total = rewriter.sum(rewriter.unary("aten.exp.default", shifted), {dim}, true);
  return subtract(rewriter, shifted, rewriter.unary("aten.log.default", total));
}

ValueId logsumexp(Rewriter& rewriter, ValueId self, Shape dims, bool keepdim) {
  const ValueId wide = to_accumulate(rewriter, self);
  if (rewriter.rank(self) == 0) return wide;
  dims = normal_dims(dims, rewriter.rank(self));
  const Dtype type = rewriter.dtype(wide);
  const ValueId largest = rewriter.reduce("aten.amax.default", wide, dims, true, type);
  const ValueId infinite = rewriter.unary("aten.abs.default", largest);
  const ValueId is_infinite = rewriter.compare("aten.eq.Scalar", infinite, Argument{std::numeric_limits<double>::infinity()});
  const ValueId shift = rewriter.where(is_infinite, Argument{0.0}, Argument{Ref{largest}}, type);
  const ValueId powers = rewriter.unary("aten.exp.default", subtract(rewriter, wide, shift));
  const ValueId total = add(rewriter, rewriter.unary("aten.log.default", rewriter.sum(powers, dims, true)), shift);
  return keepdim ? total : rewriter.squeeze(total, dims);
}

ValueId scale_and_shift(Rewriter& rewriter, ValueId self, ValueId weight, ValueId bias) {
  if (weight != kNone) self = multiply(rewriter, self, weight);
  if (bias != kNone) self = add(rewriter, self, bias);
  return self;
}

}  // namespace ka
