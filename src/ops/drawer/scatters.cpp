// Writes and sums through an index, turned round: each element of the result looks which positions of the index name it. That costs the
// index's length for every element, needs no atomics, and gives the same bits every time.
#include <limits>

#include "ops/recipes.h"
#include "ops/rows.h"

namespace ka::ops_drawer {
namespace {

/// Where several sources name one element, PyTorch leaves open which is kept; here it is the last, as on the CPU.
constexpr int64_t kNobody = -1;

ValueId constant_pad(Rewriter& rewriter, ValueId self, const Shape& after, Argument value) {
  Shape pad, size = rewriter.shape(self);
  for (size_t d = size.size(); d-- > 0;) pad.insert(pad.end(), {0, after[d]});
  for (size_t d = 0; d < size.size(); ++d) size[d] += after[d];
  return rewriter.call("aten.constant_pad_nd.default",
                       {{"self", Argument{Ref{self}}}, {"pad", integer_list(pad)}, {"value", std::move(value)}},
                       contiguous_type(rewriter.dtype(self), size));
}

Argument zero_of(Dtype dtype) { return is_floating(dtype) ? Argument{0.0} : Argument{int64_t{0}}; }

/// One write through an index: `hits` says which of the sources, on its last dim, name an element of the result; `sources` broadcasts
/// against it. Both have the result's dims before.
struct Write {
  ValueId self = kNone;
  int64_t dim = 0;
  ValueId hits = kNone;
  ValueId sources = kNone;  ///< kNone: a number
};

/// [a…, n, b…] to [a…, 1, b…, n] for n at `dim`.
ValueId spread(Rewriter& rewriter, ValueId self, int64_t dim) {
  return rewriter.transpose(rewriter.unsqueeze(self, -1), dim, -1);
}

/// Index and sources as scatter has them: of the same rank as the result, shorter than it perhaps.
Write element_wise(Rewriter& rewriter, const Node& node) {
  Write write{rewriter.operand(node, "self"), 0, kNone, kNone};
  ValueId index = rewriter.cast(rewriter.operand(node, "index"), Dtype::kInt64);
  ValueId source = rewriter.has_operand(node, "src") ? rewriter.operand(node, "src") : kNone;
  if (rewriter.rank(write.self) == 0) write.self = rewriter.view(write.self, {1});
  if (rewriter.rank(index) == 0) index = rewriter.view(index, {1});
  if (source != kNone && rewriter.rank(source) == 0) source = rewriter.view(source, {1});
  write.dim = normal_dim(node.at("dim").integer(), rewriter.rank(write.self));
  const Shape size = rewriter.shape(write.self), named = rewriter.shape(index);
  Shape missing(size.size(), 0);
  bool is_short = false;
  for (size_t d = 0; d < size.size(); ++d) {
    if (source != kNone) source = rewriter.slice(source, static_cast<int64_t>(d), 0, named[d]);
    if (static_cast<int64_t>(d) == write.dim) continue;
    missing[d] = size[d] - named[d];
    is_short |= missing[d] > 0;
  }
  if (is_short) {
    index = constant_pad(rewriter, index, missing, Argument{kNobody});
    if (source != kNone) source = constant_pad(rewriter, source, missing, zero_of(rewriter.dtype(source)));
  }
  const ValueId mine = rewriter.unsqueeze(positions(rewriter, write.self, write.dim), -1);
  write.hits = rewriter.compare("aten.eq.Tensor", spread(rewriter, index, write.dim), Argument{Ref{mine}});
  if (source != kNone) write.sources = spread(rewriter, source, write.dim);
  return write;
}

/// A 1-d index over whole slices along `dim`, as index_add and index_copy have it.
Write slice_wise(Rewriter& rewriter, ValueId self, int64_t dim, ValueId index, ValueId source) {
  Write write{self, normal_dim(dim, rewriter.rank(self)), kNone, kNone};
  const ValueId mine = rewriter.unsqueeze(positions(rewriter, self, write.dim), -1);
  write.hits = rewriter.compare("aten.eq.Tensor", rewriter.cast(index, Dtype::kInt64), Argument{Ref{mine}});
  if (source != kNone) write.sources = spread(rewriter, source, write.dim);
  return write;
}

ValueId any(Rewriter& rewriter, ValueId hits) { return rewriter.reduce("aten.any.dims", hits, {-1}, false, Dtype::kBool); }

/// The last source that names each element, kept where none does.
ValueId overwritten(Rewriter& rewriter, const Write& write) {
  const Dtype dtype = rewriter.dtype(write.self);
  const ValueId numbered =
      rewriter.where(write.hits, Argument{Ref{positions(rewriter, write.hits, -1)}}, Argument{kNobody}, Dtype::kInt64);
  const ValueId last = rewriter.reduce("aten.amax.default", numbered, {-1}, true, Dtype::kInt64);
  Shape size = rewriter.shape(write.self);
  const ValueId named =
      rewriter.expand(rewriter.squeeze(rewriter.compare("aten.ge.Scalar", last, Argument{int64_t{0}}), {-1}), size);
  size.push_back(1);
  const ValueId position = rewriter.expand(
      rewriter.call("aten.clamp.default", {{"self", Argument{Ref{last}}}, {"min", Argument{int64_t{0}}}, {"max", Argument{}}},
                    contiguous_type(Dtype::kInt64, rewriter.shape(last))),
      size);
  Shape wide = size;
  wide.back() = rewriter.shape(write.sources).back();
  const ValueId picked = rewriter.call("aten.gather.default",
                                       {{"self", Argument{Ref{rewriter.expand(write.sources, wide)}}},
                                        {"dim", Argument{static_cast<int64_t>(size.size()) - 1}},
                                        {"index", Argument{Ref{position}}}},
                                       contiguous_type(rewriter.dtype(write.sources), size));
  const ValueId value = rewriter.cast(rewriter.squeeze(picked, {-1}), dtype);
  return rewriter.where(named, Argument{Ref{value}}, Argument{Ref{write.self}}, dtype);
}

ValueId filled(Rewriter& rewriter, const Write& write, Argument value) {
  return rewriter.where(any(rewriter, write.hits), std::move(value), Argument{Ref{write.self}}, rewriter.dtype(write.self));
}

/// Σ of the sources that name each element, in the accumulate type.
ValueId summed(Rewriter& rewriter, const Write& write) {
  const Dtype wide = accumulate_type(rewriter.dtype(write.self));
  const ValueId own = rewriter.where(write.hits, Argument{Ref{rewriter.cast(write.sources, wide)}}, zero_of(wide), wide);
  return rewriter.sum(own, {-1}, false);
}

ValueId accumulated(Rewriter& rewriter, const Write& write) {
  const ValueId self = rewriter.cast(write.self, accumulate_type(rewriter.dtype(write.self)));
  return rewriter.cast(add(rewriter, self, summed(rewriter, write)), rewriter.dtype(write.self));
}

void bind_like(Rewriter& rewriter, const Node& node, ValueId value) {
  rewriter.bind(node, 0, rewriter.view(value, rewriter.result(node)->sizes()));
}

/// Σ, Π, mean or extreme of the sources that name an element, with its own value among them or instead of it.
Result<ValueId> combined(Rewriter& rewriter, const Write& write, const std::string& how, bool with_self) {
  const Dtype dtype = rewriter.dtype(write.self), wide = accumulate_type(dtype);
  const ValueId self = rewriter.cast(write.self, wide);
  ValueId value = kNone;
  if (how == "sum" || how == "add" || how == "mean") {
    value = summed(rewriter, write);
    if (with_self) value = add(rewriter, self, value);
  } else {
    const bool product = how == "prod" || how == "multiply";
    const ValueId sources = rewriter.cast(write.sources, wide);
    // An extreme's neutral element: the element's own value where that takes part.
    if (!product && !with_self && !is_floating(wide)) return cannot("extremes of integers without include_self are not emitted");
    const double infinity = std::numeric_limits<double>::infinity();
    const Argument number =
        product ? (is_floating(wide) ? Argument{1.0} : Argument{int64_t{1}}) : Argument{how == "amax" ? -infinity : infinity};
    const Argument neutral = !product && with_self ? Argument{Ref{rewriter.unsqueeze(self, -1)}} : number;
    const ValueId own = rewriter.where(write.hits, Argument{Ref{sources}}, neutral, wide);
    const char* op = product ? "ka.prod" : how == "amax" ? "aten.amax.default" : "aten.amin.default";
    value = rewriter.reduce(op, own, {-1}, false, wide);
    if (product && with_self) value = multiply(rewriter, self, value);
  }
  if (how == "mean") {
    if (!is_floating(wide)) return cannot("the mean of integers is not emitted; use float");
    ValueId count = rewriter.cast(rewriter.sum(rewriter.cast(write.hits, Dtype::kInt64), {-1}, false), wide);
    if (with_self) count = add(rewriter, count, 1.0);
    value = divide(rewriter, value, count);
  }
  value = rewriter.cast(value, dtype);
  if (with_self) return value;
  return rewriter.where(any(rewriter, write.hits), Argument{Ref{value}}, Argument{Ref{write.self}}, dtype);
}

Status scatter(Rewriter& rewriter, const Node& node) {
  const Write write = element_wise(rewriter, node);
  bind_like(rewriter, node,
            write.sources != kNone ? overwritten(rewriter, write) : filled(rewriter, write, rewriter.mapped(node.at("value"))));
  return {};
}

Status scatter_add(Rewriter& rewriter, const Node& node) {
  bind_like(rewriter, node, accumulated(rewriter, element_wise(rewriter, node)));
  return {};
}

Status scatter_reduce(Rewriter& rewriter, const Node& node) {
  const Write write = element_wise(rewriter, node);
  KA_TRY(const ValueId value, combined(rewriter, write, text_or(node, "reduce", "sum"), truth_or(node, "include_self", true)));
  bind_like(rewriter, node, value);
  return {};
}

ValueId along_dim(Rewriter& rewriter, ValueId self) { return rewriter.rank(self) == 0 ? rewriter.view(self, {1}) : self; }

Status index_add(Rewriter& rewriter, const Node& node) {
  const ValueId self = along_dim(rewriter, rewriter.operand(node, "self"));
  const ValueId index = along_dim(rewriter, rewriter.operand(node, "index"));
  ValueId source = along_dim(rewriter, rewriter.operand(node, "source"));
  source = multiply(rewriter, rewriter.cast(source, accumulate_type(rewriter.dtype(source))), number_or(node, "alpha", 1));
  bind_like(rewriter, node, accumulated(rewriter, slice_wise(rewriter, self, node.at("dim").integer(), index, source)));
  return {};
}

Status index_copy(Rewriter& rewriter, const Node& node) {
  const ValueId self = along_dim(rewriter, rewriter.operand(node, "self"));
  const ValueId index = along_dim(rewriter, rewriter.operand(node, "index"));
  const ValueId source = along_dim(rewriter, rewriter.operand(node, "source"));
  bind_like(rewriter, node, overwritten(rewriter, slice_wise(rewriter, self, node.at("dim").integer(), index, source)));
  return {};
}

Status index_fill(Rewriter& rewriter, const Node& node) {
  const ValueId self = along_dim(rewriter, rewriter.operand(node, "self"));
  const Write write =
      slice_wise(rewriter, self, node.at("dim").integer(), along_dim(rewriter, rewriter.operand(node, "index")), kNone);
  Argument value = rewriter.mapped(node.at("value"));
  if (value.is_ref()) value = Argument{Ref{rewriter.cast(value.ref(), rewriter.dtype(self))}};
  bind_like(rewriter, node, filled(rewriter, write, std::move(value)));
  return {};
}

/// put: through positions of the flattened tensor.
Status put(Rewriter& rewriter, const Node& node) {
  const auto flat = [&](const char* name) {
    const ValueId value = rewriter.operand(node, name);
    return rewriter.view(value, {rewriter.type(value).element_count()});
  };
  const ValueId self = flat("self");
  const ValueId index = wrapped_index(rewriter, flat("index"), rewriter.shape(self)[0]);
  const Write write = slice_wise(rewriter, self, 0, index, flat("source"));
  bind_like(rewriter, node, truth_or(node, "accumulate", false) ? accumulated(rewriter, write) : overwritten(rewriter, write));
  return {};
}

/// The mask's n-th true element takes the source's n-th.
Status masked_scatter(Rewriter& rewriter, const Node& node) {
  const Shape size = rewriter.result(node)->sizes();
  const ValueId self = rewriter.operand(node, "self"), source = rewriter.operand(node, "source");
  const int64_t count = rewriter.result(node)->element_count();
  const ValueId mask = rewriter.expand(rewriter.operand(node, "mask"), size);
  const ValueId ones = rewriter.view(rewriter.cast(mask, Dtype::kInt64), {count});
  const ValueId so_far = rewriter.call("aten.cumsum.default", {{"self", Argument{Ref{ones}}}, {"dim", Argument{int64_t{0}}}},
                                       contiguous_type(Dtype::kInt64, {count}));
  const int64_t sources = rewriter.type(source).element_count();
  const ValueId before = rewriter.binary("aten.sub.Tensor", so_far, 1.0);
  const ValueId position = rewriter.call(
      "aten.clamp.default", {{"self", Argument{Ref{before}}}, {"min", Argument{int64_t{0}}}, {"max", Argument{sources - 1}}},
      contiguous_type(Dtype::kInt64, {count}));
  const ValueId picked = rewriter.view(pick(rewriter, rewriter.view(source, {sources}), 0, position), size);
  rewriter.bind(node, 0, rewriter.where(mask, Argument{Ref{picked}}, Argument{Ref{self}}, rewriter.dtype(self)));
  return {};
}

/// x[mask] = number is a choice; x[:, index] = values a write of slices.
Status index_put(Rewriter& rewriter, const Node& node) {
  const ValueId self = rewriter.operand(node, "self");
  const Argument::List& indices = node.at("indices").list();
  ValueId values = rewriter.cast(rewriter.operand(node, "values"), rewriter.dtype(self));
  int64_t dim = -1;
  for (size_t d = 0; d < indices.size(); ++d) {
    if (!indices[d].is_ref()) continue;
    if (dim >= 0) return cannot("writes through several indices at once are not emitted; flatten the dims and write through one");
    dim = static_cast<int64_t>(d);
  }
  if (dim < 0) return cannot("a write without an index is not emitted; assign the whole tensor");
  ValueId index = rewriter.mapped(indices[static_cast<size_t>(dim)].ref());
  const bool accumulate = truth_or(node, "accumulate", false);
  if (rewriter.dtype(index) == Dtype::kBool) {
    if (dim != 0 || rewriter.type(values).element_count() != 1 || accumulate)
      return cannot("a mask that picks where several values go is not emitted; use torch.where or masked_scatter");
    while (rewriter.rank(index) < rewriter.rank(self)) index = rewriter.unsqueeze(index, -1);
    rewriter.bind(node, 0,
                  rewriter.where(index, Argument{Ref{rewriter.view(values, {})}}, Argument{Ref{self}}, rewriter.dtype(self)));
    return {};
  }
  const Shape size = rewriter.shape(self), named = rewriter.shape(index);
  const auto at = static_cast<std::ptrdiff_t>(dim);
  Shape wide(size.begin(), size.begin() + at), flat = wide;
  wide.insert(wide.end(), named.begin(), named.end());
  wide.insert(wide.end(), size.begin() + at + 1, size.end());
  const int64_t count = rewriter.type(index).element_count();
  flat.push_back(count);
  flat.insert(flat.end(), size.begin() + at + 1, size.end());
  values = rewriter.view(rewriter.expand(values, wide), flat);
  index = wrapped_index(rewriter, rewriter.view(index, {count}), size[static_cast<size_t>(dim)]);
  const Write write = slice_wise(rewriter, self, dim, index, values);
  rewriter.bind(node, 0, accumulate ? accumulated(rewriter, write) : overwritten(rewriter, write));
  return {};
}

}  // namespace

void scatters(OpTable& table) {
  composite(table, {"aten.scatter.src", "aten.scatter.value"}, scatter);
  composite(table, {"aten.scatter_add.default"}, scatter_add);
  composite(table, {"aten.scatter.reduce", "aten.scatter_reduce.two"}, scatter_reduce);
  composite(table, {"aten.index_add.default"}, index_add);
  composite(table, {"aten.index_copy.default"}, index_copy);
  composite(table, {"aten.index_fill.int_Scalar", "aten.index_fill.int_Tensor"}, index_fill);
  composite(table, {"aten.index_put.default", "aten._unsafe_index_put.default"}, index_put);
  composite(table, {"aten.put.default"}, put);
  composite(table, {"aten.masked_scatter.default"}, masked_scatter);
  refused(table,
          {"aten.scatter.value_reduce", "aten._embedding_bag.default", "aten.embedding_bag.default", "aten.bincount.default",
           "aten.histc.default"},
          "sums through an index in a way that is not emitted; use scatter_add, or one_hot with matmul");
}

}  // namespace ka::ops_drawer
