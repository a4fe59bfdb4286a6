// Pooling, through windows ("ka.window") reduced over their own dims.
#include <algorithm>
#include <limits>

#include "ops/recipes.h"
#include "ops/rows.h"

namespace ka::ops_drawer {
namespace {

/// A pooling operator's geometry, one entry per pooled dim.
struct Pool {
  Shape kernel;
  Shape stride;
  Shape padding;
  Shape dilation;
  Shape inputs;
  Shape outputs;
};

Shape spread(Shape list, size_t count, int64_t fallback) {
  if (list.empty()) list = {fallback};
  if (list.size() == 1) list.resize(count, list[0]);
  return list;
}

Pool geometry(const Rewriter& rewriter, const Node& node, size_t count) {
  Pool pool;
  pool.kernel = spread(node.at("kernel_size").integers(), count, 1);
  const Shape stride = integers_or_empty(node, "stride");
  pool.stride = stride.empty() ? pool.kernel : spread(stride, count, 1);
  pool.padding = spread(integers_or_empty(node, "padding"), count, 0);
  pool.dilation = spread(integers_or_empty(node, "dilation"), count, 1);
  const Shape in = rewriter.shape(rewriter.operand(node, "self"));
  const TensorType* type = rewriter.result(node) != nullptr ? rewriter.result(node) : rewriter.result(node, 1);
  const Shape out = type->sizes();
  pool.inputs.assign(in.end() - static_cast<std::ptrdiff_t>(count), in.end());
  pool.outputs.assign(out.end() - static_cast<std::ptrdiff_t>(count), out.end());
  return pool;
}

ValueId cut(Rewriter& rewriter, ValueId self, const Pool& pool, double outside) {
  return windows(rewriter, self, pool.kernel, pool.stride, pool.padding, pool.dilation, outside, pool.outputs);
}

Shape last(size_t count) {
  Shape dims;
  for (size_t i = count; i > 0; --i) dims.push_back(-static_cast<int64_t>(i));
  return dims;
}

/// How many elements the window of each output position covers along one dim: inside the input, or inside input and padding.
Shape covered(const Pool& pool, size_t dim, bool include_padding) {
  Shape counts;
  for (int64_t o = 0; o < pool.outputs[dim]; ++o) {
    const int64_t start = o * pool.stride[dim] - pool.padding[dim];
    const int64_t end = std::min(start + pool.kernel[dim], pool.inputs[dim] + pool.padding[dim]);
    counts.push_back(include_padding ? end - start : std::min(end, pool.inputs[dim]) - std::max<int64_t>(start, 0));
  }
  return counts;
}

/// The same as a tensor computed from positions: min(o·s − p + k, end) − max(o·s − p, begin).
ValueId covered_tensor(Rewriter& rewriter, const Pool& pool, size_t dim, bool include_padding, Dtype dtype) {
  const int64_t stride = pool.stride[dim];
  const int64_t padding = pool.padding[dim];
  const auto clamp = [&](ValueId self, const char* op, const char* bound, int64_t value) {
    return rewriter.call(op, {{"self", Argument{Ref{self}}}, {bound, Argument{value}}},
                         contiguous_type(Dtype::kInt64, rewriter.shape(self)));
  };
  const ValueId start = rewriter.arange(-padding, pool.outputs[dim], stride, Dtype::kInt64);
  ValueId end = clamp(add(rewriter, start, static_cast<double>(pool.kernel[dim])), "aten.clamp_max.default", "max",
                      pool.inputs[dim] + (include_padding ? padding : 0));
  const ValueId begin = include_padding ? start : clamp(start, "aten.clamp_min.default", "min", 0);
  Shape along(pool.outputs.size(), 1);
  along[dim] = pool.outputs[dim];
  return rewriter.view(rewriter.cast(subtract(rewriter, end, begin), dtype), along);
}

Status average(Rewriter& rewriter, const Node& node, size_t count) {
  const ValueId self = to_accumulate(rewriter, rewriter.operand(node, "self"));
  const Pool pool = geometry(rewriter, node, count);
  ValueId total = rewriter.sum(cut(rewriter, self, pool, 0), last(count), false);
  const bool include_padding = truth_or(node, "count_include_pad", true);
  double constant = number_or(node, "divisor_override", 0);
  if (constant == 0) {
    constant = 1;
    for (size_t dim = 0; dim < count; ++dim) {
      const Shape counts = covered(pool, dim, include_padding);
      const bool same = std::all_of(counts.begin(), counts.end(), [&](int64_t n) { return n == counts.front(); });
      if (same)
        constant *= static_cast<double>(counts.empty() ? 1 : counts.front());
      else
        total = divide(rewriter, total, covered_tensor(rewriter, pool, dim, include_padding, rewriter.dtype(total)));
    }
  }
  rewriter.bind(node, 0, rewriter.cast(divide(rewriter, total, constant), rewriter.result(node)->dtype));
  return {};
}

double lowest(Dtype dtype) {
  switch (dtype) {
    case Dtype::kBool:
    case Dtype::kUint8: return 0;
    case Dtype::kInt8: return -128;
    case Dtype::kInt16: return -32768;
    case Dtype::kInt32: return std::numeric_limits<int32_t>::min();
    case Dtype::kInt64: return static_cast<double>(std::numeric_limits<int64_t>::min());
    default: return -std::numeric_limits<double>::infinity();
  }
}

/// The input's flat position of each window's largest element, from its position within the window.
ValueId flat_position(Rewriter& rewriter, ValueId within, const Pool& pool) {
  const size_t count = pool.kernel.size();
  ValueId rest = within;
  ValueId flat = kNone;
  int64_t step = 1;
  for (size_t dim = count; dim-- > 0;) {
    const auto by_kernel = [&](const char* op, ValueId value) {
      return rewriter.call(op, {{"self", Argument{Ref{value}}}, {"other", Argument{pool.kernel[dim]}}},
                           contiguous_type(Dtype::kInt64, rewriter.shape(value)));
    };
    const ValueId tap = dim == 0 ? rest : by_kernel("aten.remainder.Scalar", rest);
    if (dim > 0) rest = by_kernel("aten.floor_divide.Scalar", rest);
    Shape along(count, 1);
    along[dim] = pool.outputs[dim];
    const ValueId start =
        rewriter.view(rewriter.arange(-pool.padding[dim], pool.outputs[dim], pool.stride[dim], Dtype::kInt64), along);
    const ValueId at = multiply(rewriter, add(rewriter, multiply(rewriter, tap, static_cast<double>(pool.dilation[dim])), start),
                                static_cast<double>(step));
    flat = flat == kNone ? at : add(rewriter, flat, at);
    step *= pool.inputs[dim];
  }
  return flat;
}

Status largest(Rewriter& rewriter, const Node& node, size_t count) {
  const ValueId self = rewriter.operand(node, "self");
  const Dtype dtype = rewriter.dtype(self);
  const Pool pool = geometry(rewriter, node, count);
  const ValueId taps = cut(rewriter, self, pool, lowest(dtype));
  if (rewriter.result(node) != nullptr)
    rewriter.bind(node, 0, rewriter.reduce("aten.amax.default", taps, last(count), false, dtype));
  if (rewriter.result(node, 1) == nullptr || !rewriter.is_read(node.outputs[1])) return {};
  Shape joined = rewriter.shape(taps);
  joined.resize(joined.size() - count);
  int64_t window = 1;
  for (const int64_t k : pool.kernel) window *= k;
  joined.push_back(window);
  const ValueId within = rewriter.argreduce("aten.argmax.default", rewriter.view(taps, joined), -1, false);
  rewriter.bind(node, 1, flat_position(rewriter, within, pool));
  return {};
}

template <size_t Count>
Status average_pool(Rewriter& rewriter, const Node& node) {
  return average(rewriter, node, Count);
}
template <size_t Count>
Status largest_pool(Rewriter& rewriter, const Node& node) {
  return largest(rewriter, node, Count);
}

/// One adaptive dim whose windows differ in length: output o covers ⌊o·L/O⌋ … ⌈(o+1)·L/O⌉. The elements are gathered, absent ones give
/// `outside`; `counts` gets the windows' lengths, shaped to divide the reduced result.
ValueId uneven_taps(Rewriter& rewriter, ValueId self, int64_t dim, int64_t outputs, double outside, ValueId& counts) {
  Shape split = rewriter.shape(self);
  const auto place = static_cast<size_t>(dim);
  const int64_t extent = split[place];
  int64_t widest = 0;
  for (int64_t o = 0; o < outputs; ++o)
    widest = std::max(widest, ((o + 1) * extent + outputs - 1) / outputs - o * extent / outputs);
  const auto by_outputs = [&](ValueId value) {
    return rewriter.call("aten.floor_divide.Scalar", {{"self", Argument{Ref{value}}}, {"other", Argument{outputs}}},
                         contiguous_type(Dtype::kInt64, rewriter.shape(value)));
  };
  const ValueId start = by_outputs(rewriter.view(rewriter.arange(0, outputs, extent, Dtype::kInt64), {outputs, 1}));
  const ValueId end =
      by_outputs(rewriter.view(rewriter.arange(extent + outputs - 1, outputs, extent, Dtype::kInt64), {outputs, 1}));
  const ValueId at = add(rewriter, start, rewriter.arange(0, widest, 1, Dtype::kInt64));
  const ValueId held = rewriter.call("aten.clamp_max.default", {{"self", Argument{Ref{at}}}, {"max", Argument{extent - 1}}},
                                     contiguous_type(Dtype::kInt64, rewriter.shape(at)));
  Shape along(split.size(), 1);
  along[place] = outputs;
  counts = rewriter.view(rewriter.cast(subtract(rewriter, end, start), accumulate_type(float_type(rewriter.dtype(self)))), along);
  along.insert(along.begin() + dim + 1, widest);
  split[place] = outputs;
  split.insert(split.begin() + dim + 1, widest);
  const ValueId inside = rewriter.view(rewriter.compare("aten.lt.Tensor", at, Argument{Ref{end}}), along);
  const ValueId taps = rewriter.view(pick(rewriter, self, dim, rewriter.view(held, {outputs * widest})), split);
  return rewriter.where(inside, Argument{Ref{taps}}, Argument{outside}, rewriter.dtype(self));
}

/// Pools the last dims to the result's extents. Where they divide the input's, windows are a view and one reduction does; elsewhere dim by
/// dim, which gives the same: averages of averages over equal counts, maxima of maxima.
ValueId adaptive(Rewriter& rewriter, const Node& node, ValueId self, size_t count, bool averages) {
  const Dtype dtype = rewriter.dtype(self);
  const Shape out = (rewriter.result(node) != nullptr ? rewriter.result(node) : rewriter.result(node, 1))->sizes();
  const auto reduce = [&](ValueId taps, const Shape& dims) {
    return averages ? rewriter.sum(taps, dims, false) : rewriter.reduce("aten.amax.default", taps, dims, false, dtype);
  };
  Shape split;
  Shape dims;
  int64_t window = 1;
  bool even = true;
  const Shape in = rewriter.shape(self);
  for (size_t dim = 0; dim < in.size(); ++dim) {
    split.push_back(out[dim]);
    if (dim + count < in.size()) continue;
    even = even && in[dim] % out[dim] == 0;
    dims.push_back(static_cast<int64_t>(split.size()));
    split.push_back(in[dim] / out[dim]);
    window *= split.back();
  }
  if (even) {
    const ValueId total = reduce(rewriter.view(self, split), dims);
    return averages ? divide(rewriter, total, static_cast<double>(window)) : total;
  }
  for (size_t dim = in.size() - count; dim < in.size(); ++dim) {
    ValueId counts = kNone;
    self = reduce(uneven_taps(rewriter, self, static_cast<int64_t>(dim), out[dim], averages ? 0 : lowest(dtype), counts),
                  {static_cast<int64_t>(dim + 1)});
    if (averages) self = divide(rewriter, self, counts);
  }
  return self;
}

template <size_t Count>
Status adaptive_average(Rewriter& rewriter, const Node& node) {
  const ValueId self = to_accumulate(rewriter, rewriter.operand(node, "self"));
  rewriter.bind(node, 0, rewriter.cast(adaptive(rewriter, node, self, Count, true), rewriter.result(node)->dtype));
  return {};
}

template <size_t Count>
Status adaptive_largest(Rewriter& rewriter, const Node& node) {
  if (rewriter.result(node, 1) != nullptr && rewriter.is_read(node.outputs[1]))
    return cannot("the positions of adaptive maxima are not emitted; use max_pool with return_indices");
  rewriter.bind(node, 0, adaptive(rewriter, node, rewriter.operand(node, "self"), Count, false));
  return {};
}

}  // namespace

void pooling(OpTable& table) {
  composite(table, {"aten.avg_pool1d.default"}, average_pool<1>);
  composite(table, {"aten.avg_pool2d.default"}, average_pool<2>);
  composite(table, {"aten.avg_pool3d.default"}, average_pool<3>);
  composite(table, {"aten.max_pool1d.default", "aten.max_pool1d_with_indices.default"}, largest_pool<1>);
  composite(table, {"aten.max_pool2d.default", "aten.max_pool2d_with_indices.default"}, largest_pool<2>);
  composite(table, {"aten.max_pool3d.default", "aten.max_pool3d_with_indices.default"}, largest_pool<3>);
  composite(table, {"aten.adaptive_avg_pool1d.default"}, adaptive_average<1>);
  composite(table, {"aten.adaptive_avg_pool2d.default", "aten._adaptive_avg_pool2d.default"}, adaptive_average<2>);
  composite(table, {"aten.adaptive_avg_pool3d.default", "aten._adaptive_avg_pool3d.default"}, adaptive_average<3>);
  composite(table, {"aten.adaptive_max_pool1d.default"}, adaptive_largest<1>);
  composite(table, {"aten.adaptive_max_pool2d.default"}, adaptive_largest<2>);
  composite(table, {"aten.adaptive_max_pool3d.default"}, adaptive_largest<3>);
  refused(table,
          {"aten.fractional_max_pool2d.default", "aten.fractional_max_pool3d.default", "aten.max_unpool2d.default",
           "aten.max_unpool3d.default"},
          "draws or scatters positions, which is not emitted; use max_pool");
}

}  // namespace ka::ops_drawer
