// Operators that only say where an element is found.
#include <algorithm>
#include <numeric>

#include "ops/recipes.h"
#include "ops/rows.h"

namespace ka::ops_drawer {
namespace {

/// Can a tensor of these strides be seen under the new extents without a copy? (PyTorch's computeStride.)
bool viewable(const TensorType& from, const Shape& size) {
  const Shape old = from.sizes();
  const Shape strides = from.strides();
  if (from.element_count() == 0) return true;
  size_t to = size.size();
  int64_t chunk_stride = 1;
  int64_t old_run = 1;
  for (size_t i = old.size(); i-- > 0;) {
    if (old_run == 1) chunk_stride = strides[i];
    old_run *= old[i];
    const bool ends = i == 0 || (old[i - 1] != 1 && strides[i - 1] != old_run * chunk_stride);
    if (!ends) continue;
    int64_t new_run = 1;
    while (to > 0 && (new_run < old_run || size[to - 1] == 1)) new_run *= size[--to];
    if (new_run != old_run) return false;
    old_run = 1;
  }
  while (to > 0 && size[to - 1] == 1) --to;
  return to == 0;
}

/// Anything that keeps the elements in order and changes the extents alone.
Status reshape(Rewriter& rewriter, const Node& node) {
  const Shape size = rewriter.result(node)->sizes();
  const ValueId out = rewriter.view(rewriter.operand(node, "self"), size);
  // Where the strides forbid a view, PyTorch copies; where they allow one, the result aliases.
  if (viewable(rewriter.from().type(node.at("self").ref()), size))
    rewriter.bind(node, 0, out);
  else
    bind_copy(rewriter, node, 0, out);
  return {};
}

Status identity(Rewriter& rewriter, const Node& node) {
  rewriter.bind(node, 0, rewriter.operand(node, "self"));
  return {};
}

/// The result is the operand itself where that is contiguous already, else a copy of it.
Status contiguous(Rewriter& rewriter, const Node& node) {
  const ValueId self = rewriter.operand(node, "self");
  if (rewriter.from().type(node.at("self").ref()).stride == rewriter.result(node)->stride)
    rewriter.bind(node, 0, self);
  else
    bind_copy(rewriter, node, 0, self);
  return {};
}

Status permute(Rewriter& rewriter, const Node& node) {
  rewriter.bind(node, 0, rewriter.permute(rewriter.operand(node, "self"), node.at("dims").integers()));
  return {};
}

/// t, mT, numpy_T, adjoint: the two last dims, or all of them, in reverse.
Status matrix_transpose(Rewriter& rewriter, const Node& node) {
  rewriter.bind(node, 0,
                rewriter.rank(rewriter.operand(node, "self")) < 2 ? rewriter.operand(node, "self")
                                                                  : rewriter.transpose(rewriter.operand(node, "self"), -2, -1));
  return {};
}

Status reversed_dims(Rewriter& rewriter, const Node& node) {
  const ValueId self = rewriter.operand(node, "self");
  Shape dims(static_cast<size_t>(rewriter.rank(self)));
  std::iota(dims.rbegin(), dims.rend(), 0);
  rewriter.bind(node, 0, rewriter.permute(self, dims));
  return {};
}

Status transpose(Rewriter& rewriter, const Node& node) {
  const bool axes = node.find("axis0") != nullptr;
  const int64_t a = node.at(axes ? "axis0" : "dim0").integer();
  const int64_t b = node.at(axes ? "axis1" : "dim1").integer();
  rewriter.bind(node, 0, rewriter.transpose(rewriter.operand(node, "self"), a, b));
  return {};
}

Status movedim(Rewriter& rewriter, const Node& node) {
  const ValueId self = rewriter.operand(node, "self");
  const int64_t rank = rewriter.rank(self);
  Shape dims(static_cast<size_t>(rank), -1);
  Shape source = node.at("source").integers();
  const Shape destination = node.at("destination").integers();
  for (size_t i = 0; i < source.size(); ++i) {
    source[i] = normal_dim(source[i], rank);
    dims[static_cast<size_t>(normal_dim(destination[i], rank))] = source[i];
  }
  int64_t next = 0;
  for (int64_t& dim : dims) {
    if (dim != -1) continue;
    while (std::find(source.begin(), source.end(), next) != source.end()) ++next;
    dim = next++;
  }
  rewriter.bind(node, 0, rewriter.permute(self, dims));
  return {};
}

Status expand(Rewriter& rewriter, const Node& node) {
  rewriter.bind(node, 0, rewriter.expand(rewriter.operand(node, "self"), rewriter.result(node)->sizes()));
  return {};
}

Status unsqueeze(Rewriter& rewriter, const Node& node) {
  rewriter.bind(node, 0, rewriter.unsqueeze(rewriter.operand(node, "self"), node.at("dim").integer()));
  return {};
}

Status squeeze(Rewriter& rewriter, const Node& node) {
  const ValueId self = rewriter.operand(node, "self");
  const Shape dims = node.find("dim") == nullptr ? normal_dims({}, rewriter.rank(self)) : node.at("dim").integers();
  rewriter.bind(node, 0, rewriter.squeeze(self, dims));
  return {};
}

Status slice(Rewriter& rewriter, const Node& node) {
  const ValueId self = rewriter.operand(node, "self");
  const int64_t dim = normal_dim(integer_or(node, "dim", 0), rewriter.rank(self));
  const int64_t extent = rewriter.shape(self)[static_cast<size_t>(dim)];
  const int64_t start = integer_or(node, "start", 0);
  rewriter.bind(node, 0, rewriter.slice(self, dim, start, integer_or(node, "end", extent), integer_or(node, "step", 1)));
  return {};
}

Status narrow(Rewriter& rewriter, const Node& node) {
  const ValueId self = rewriter.operand(node, "self");
  const int64_t dim = normal_dim(node.at("dim").integer(), rewriter.rank(self));
  int64_t start = node.at("start").integer();
  if (start < 0) start += rewriter.shape(self)[static_cast<size_t>(dim)];
  rewriter.bind(node, 0, rewriter.slice(self, dim, start, start + node.at("length").integer()));
  return {};
}

Status select(Rewriter& rewriter, const Node& node) {
  rewriter.bind(node, 0, rewriter.select(rewriter.operand(node, "self"), node.at("dim").integer(), node.at("index").integer()));
  return {};
}

Status unbind(Rewriter& rewriter, const Node& node) {
  for (size_t i = 0; i < node.outputs.size(); ++i) {
    if (node.outputs[i] == kNone) continue;
    rewriter.bind(node, i, rewriter.select(rewriter.operand(node, "self"), integer_or(node, "dim", 0), static_cast<int64_t>(i)));
  }
  return {};
}

/// Cuts `dim` at the running sums of `sizes`, one output per size.
Status cut(Rewriter& rewriter, const Node& node, const Shape& sizes) {
  const ValueId self = rewriter.operand(node, "self");
  const int64_t dim = integer_or(node, "dim", 0);
  int64_t start = 0;
  for (size_t i = 0; i < node.outputs.size(); ++i) {
    if (node.outputs[i] != kNone) rewriter.bind(node, i, rewriter.slice(self, dim, start, start + sizes[i]));
    start += sizes[i];
  }
  return {};
}

int64_t extent_of_dim(const Rewriter& rewriter, const Node& node) {
  const ValueId self = rewriter.operand(node, "self");
  return rewriter.shape(self)[static_cast<size_t>(normal_dim(integer_or(node, "dim", 0), rewriter.rank(self)))];
}

Status split(Rewriter& rewriter, const Node& node) {
  const int64_t piece = node.at("split_size").integer();
  const int64_t extent = extent_of_dim(rewriter, node);
  Shape sizes;
  for (int64_t start = 0; sizes.size() < node.outputs.size(); start += piece) sizes.push_back(std::min(piece, extent - start));
  return cut(rewriter, node, sizes);
}

Status chunk(Rewriter& rewriter, const Node& node) {
  const int64_t chunks = node.at("chunks").integer();
  const int64_t extent = extent_of_dim(rewriter, node);
  const int64_t piece = (extent + chunks - 1) / chunks;
  Shape sizes;
  for (int64_t start = 0; sizes.size() < node.outputs.size(); start += piece) sizes.push_back(std::min(piece, extent - start));
  return cut(rewriter, node, sizes);
}

Status split_with_sizes(Rewriter& rewriter, const Node& node) {
  return cut(rewriter, node, node.at(node.find("split_sizes") != nullptr ? "split_sizes" : "split_size").integers());
}

Status tensor_split(Rewriter& rewriter, const Node& node) {
  const int64_t extent = extent_of_dim(rewriter, node);
  Shape sizes;
  if (node.find("sections") != nullptr) {
    const int64_t sections = node.at("sections").integer();
    for (int64_t i = 0; i < sections; ++i) sizes.push_back(extent / sections + (i < extent % sections ? 1 : 0));
  } else {
    int64_t start = 0;
    for (int64_t end : node.at("indices").integers()) {
      end = std::clamp<int64_t>(end < 0 ? end + extent : end, start, extent);
      sizes.push_back(end - start);
      start = end;
    }
    sizes.push_back(extent - start);
  }
  return cut(rewriter, node, sizes);
}

Status flip(Rewriter& rewriter, const Node& node) {
  const ValueId self = rewriter.operand(node, "self");
  Shape dims = node.find("dims") == nullptr ? Shape{node.op == "aten.fliplr.default" ? 1 : 0} : node.at("dims").integers();
  if (!dims.empty()) dims = normal_dims(dims, rewriter.rank(self));
  if (dims.empty()) {
    bind_copy(rewriter, node, 0, self);
    return {};
  }
  rewriter.bind(node, 0,
                rewriter.call("aten.flip.default", {{"self", Argument{Ref{self}}}, {"dims", integer_list(dims)}},
                              contiguous_type(rewriter.dtype(self), rewriter.shape(self))));
  return {};
}

Status diagonal(Rewriter& rewriter, const Node& node) {
  const ValueId self = rewriter.operand(node, "self");
  const int64_t rank = rewriter.rank(self);
  rewriter.bind(node, 0,
                rewriter.call("aten.diagonal.default",
                              {{"self", Argument{Ref{self}}},
                               {"offset", Argument{integer_or(node, "offset", 0)}},
                               {"dim1", Argument{normal_dim(integer_or(node, "dim1", 0), rank)}},
                               {"dim2", Argument{normal_dim(integer_or(node, "dim2", 1), rank)}}},
                              *rewriter.result(node)));
  return {};
}

Status unfold(Rewriter& rewriter, const Node& node) {
  const ValueId self = rewriter.operand(node, "self");
  if (rewriter.rank(self) == 0) {
    rewriter.bind(node, 0, rewriter.view(self, {1}));
    return {};
  }
  const int64_t dim = normal_dim(node.at("dimension").integer(), rewriter.rank(self));
  rewriter.bind(node, 0,
                rewriter.call("ka.window",
                              {{"self", Argument{Ref{self}}},
                               {"dims", integer_list({dim})},
                               {"kernel", integer_list({node.at("size").integer()})},
                               {"stride", integer_list({node.at("step").integer()})},
                               {"padding", integer_list({0})},
                               {"dilation", integer_list({1})},
                               {"value", Argument{0.0}}},
                              *rewriter.result(node)));
  return {};
}

/// Reads the flat storage at Σ position · stride + offset; right where the operand is the whole of its storage, in order.
Status as_strided(Rewriter& rewriter, const Node& node) {
  const ValueId self = rewriter.operand(node, "self");
  const TensorType& from = rewriter.from().type(node.at("self").ref());
  const TensorType& to = *rewriter.result(node);
  if (from.shape == to.shape && from.stride == to.stride) {
    rewriter.bind(node, 0, self);
    return {};
  }
  if (!from.is_contiguous() || from.offset.value() != 0)
    return cannot("as_strided of a tensor that is a view itself; write it with slices and permutes");
  const Shape size = to.sizes();
  const Shape strides = node.at("stride").integers();
  if (std::count(strides.begin(), strides.end(), 0) > 0) return cannot("as_strided with a stride of 0; write it with expand");
  ValueId index = rewriter.full(Shape(size.size(), 1), Argument{integer_or(node, "storage_offset", 0)}, Dtype::kInt64);
  for (size_t i = 0; i < size.size(); ++i) {
    Shape along(size.size(), 1);
    along[i] = size[i];
    index = add(rewriter, index, rewriter.view(rewriter.arange(0, size[i], strides[i], Dtype::kInt64), along));
  }
  const ValueId flat = rewriter.view(self, {from.element_count()});
  rewriter.bind(node, 0,
                rewriter.call("aten.index.Tensor", {{"self", Argument{Ref{flat}}}, {"indices", reference_list({index})}},
                              contiguous_type(to.dtype, size)));
  return {};
}

/// Runs a view's rule, then copies where the result may be returned.
template <Status (*Rule)(Rewriter&, const Node&)>
Status copied(Rewriter& rewriter, const Node& node) {
  KA_CHECK_OK(Rule(rewriter, node));
  for (size_t i = 0; i < node.outputs.size(); ++i) {
    if (node.outputs[i] != kNone && rewriter.escapes(node.outputs[i]))
      bind_copy(rewriter, node, i, rewriter.mapped(node.outputs[i]));
  }
  return {};
}

Status clone(Rewriter& rewriter, const Node& node) {
  bind_copy(rewriter, node, 0, rewriter.operand(node, "self"));
  return {};
}

}  // namespace

void views(OpTable& table) {
  primitive(table, {"aten.view.default"}, OpClass::kView, reshape);
  primitive(table, {"aten.permute.default"}, OpClass::kView, permute);
  primitive(table, {"aten.expand.default"}, OpClass::kView, expand);
  primitive(table, {"aten.slice.Tensor"}, OpClass::kView, slice);
  primitive(table, {"aten.select.int"}, OpClass::kView, select);
  primitive(table, {"aten.unsqueeze.default"}, OpClass::kView, unsqueeze);
  primitive(table, {"aten.squeeze.dims"}, OpClass::kView, squeeze);
  primitive(table, {"aten.flip.default"}, OpClass::kView, flip);
  primitive(table, {"aten.diagonal.default"}, OpClass::kView, diagonal);
  primitive(table, {"ka.window", "ka.roll"}, OpClass::kView);

  aliasing(table,
           {"aten.reshape.default", "aten._unsafe_view.default", "aten._reshape_alias.default", "aten.flatten.using_ints",
            "aten.unflatten.int", "aten.ravel.default", "aten.view_as.default", "aten.reshape_as.default"},
           reshape);
  aliasing(
      table,
      {"aten.alias.default", "aten.detach.default", "aten.lift_fresh.default", "aten.positive.default",
       "aten.resolve_conj.default", "aten.resolve_neg.default", "aten.conj.default", "aten._conj.default", "aten.real.default"},
      identity);
  aliasing(table, {"aten.contiguous.default"}, contiguous);
  aliasing(table, {"aten.t.default", "aten.mT.default", "aten.adjoint.default"}, matrix_transpose);
  aliasing(table, {"aten.numpy_T.default"}, reversed_dims);
  aliasing(table, {"aten.transpose.int", "aten.swapdims.default", "aten.swapaxes.default"}, transpose);
  aliasing(table, {"aten.movedim.int", "aten.movedim.intlist", "aten.moveaxis.int", "aten.moveaxis.intlist"}, movedim);
  aliasing(table, {"aten.expand_as.default", "aten.broadcast_to.default"}, expand);
  aliasing(table, {"aten.squeeze.default", "aten.squeeze.dim"}, squeeze);
  aliasing(table, {"aten.narrow.default"}, narrow);
  aliasing(table, {"aten.unbind.int"}, unbind);
  aliasing(table, {"aten.split.Tensor", "aten.unsafe_split.Tensor"}, split);
  aliasing(table, {"aten.split.sizes", "aten.split_with_sizes.default", "aten.unsafe_split_with_sizes.default"},
           split_with_sizes);
  aliasing(table, {"aten.chunk.default", "aten.unsafe_chunk.default"}, chunk);
  aliasing(table, {"aten.tensor_split.sections", "aten.tensor_split.indices"}, tensor_split);
  aliasing(table, {"aten.unfold.default"}, unfold);
  aliasing(table, {"aten.as_strided.default"}, as_strided);

  composite(table, {"aten.lift_fresh_copy.default", "aten.alias_copy.default", "aten.detach_copy.default"}, clone);
  composite(table, {"aten.fliplr.default", "aten.flipud.default"}, flip);
  composite(table, {"aten.view_copy.default", "aten._reshape_copy.default"}, copied<reshape>);
  composite(table, {"aten.permute_copy.default"}, copied<permute>);
  composite(table, {"aten.transpose_copy.int"}, copied<transpose>);
  composite(table, {"aten.t_copy.default"}, copied<matrix_transpose>);
  composite(table, {"aten.expand_copy.default"}, copied<expand>);
  composite(table, {"aten.slice_copy.Tensor"}, copied<slice>);
  composite(table, {"aten.narrow_copy.default"}, copied<narrow>);
  composite(table, {"aten.select_copy.int"}, copied<select>);
  composite(table, {"aten.unsqueeze_copy.default"}, copied<unsqueeze>);
  composite(table, {"aten.squeeze_copy.default", "aten.squeeze_copy.dim", "aten.squeeze_copy.dims"}, copied<squeeze>);
  composite(table, {"aten.unbind_copy.int"}, copied<unbind>);
  composite(table, {"aten.split_copy.Tensor"}, copied<split>);
  composite(table, {"aten.split_with_sizes_copy.default"}, copied<split_with_sizes>);
  composite(table, {"aten.diagonal_copy.default"}, copied<diagonal>);
  composite(table, {"aten.unfold_copy.default"}, copied<unfold>);
  refused(table, {"aten.narrow.Tensor"}, "a start that is a tensor makes the slice depend on data");
  refused(table, {"aten.view.dtype", "aten.view_copy.dtype"},
          "reinterprets the bits of its operand; use .to(dtype) where a conversion is meant");
}

}  // namespace ka::ops_drawer
