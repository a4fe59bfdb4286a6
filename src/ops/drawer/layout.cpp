// Operators that put elements together or apart: joining, padding, repeating, shuffling.
#include <algorithm>
#include <limits>

#include "ops/recipes.h"
#include "ops/rows.h"

namespace ka::ops_drawer {
namespace {

/// Joins along a dim; one operand alone is itself.
ValueId joined(Rewriter& rewriter, std::vector<ValueId> parts, int64_t dim) {
  if (parts.size() == 1) return parts.front();
  Shape size = rewriter.shape(parts.front());
  dim = normal_dim(dim, rewriter.rank(parts.front()));
  size[static_cast<size_t>(dim)] = 0;
  for (const ValueId part : parts) size[static_cast<size_t>(dim)] += rewriter.shape(part)[static_cast<size_t>(dim)];
  const Dtype dtype = rewriter.dtype(parts.front());
  return rewriter.call("aten.cat.default", {{"tensors", reference_list(parts)}, {"dim", Argument{dim}}},
                       contiguous_type(dtype, size));
}

std::vector<ValueId> tensors(Rewriter& rewriter, const Node& node) {
  std::vector<ValueId> all;
  for (const Argument& item : node.at("tensors").list())
    all.push_back(rewriter.cast(rewriter.mapped(item.ref()), rewriter.result(node)->dtype));
  return all;
}

Status cat(Rewriter& rewriter, const Node& node) {
  std::vector<ValueId> parts = tensors(rewriter, node);
  // PyTorch still lets an empty vector stand among tensors of any rank.
  const auto is_nothing = [&](ValueId part) { return rewriter.shape(part) == Shape{0}; };
  if (!std::all_of(parts.begin(), parts.end(), is_nothing))
    parts.erase(std::remove_if(parts.begin(), parts.end(), is_nothing), parts.end());
  else
    parts.resize(1);
  const bool alone = parts.size() == 1;
  const ValueId out = joined(rewriter, std::move(parts), integer_or(node, "dim", 0));
  if (alone)
    bind_copy(rewriter, node, 0, out);
  else
    rewriter.bind(node, 0, out);
  return {};
}

Status stack(Rewriter& rewriter, const Node& node) {
  std::vector<ValueId> parts = tensors(rewriter, node);
  const int64_t dim = normal_dim(integer_or(node, "dim", 0), rewriter.rank(parts.front()) + 1);
  for (ValueId& part : parts) part = rewriter.unsqueeze(part, dim);
  rewriter.bind(node, 0, joined(rewriter, std::move(parts), dim));
  return {};
}

/// hstack, vstack, dstack, column_stack: operands are brought to a least rank, then joined.
Status stack_along(Rewriter& rewriter, const Node& node, int64_t least_rank, int64_t dim) {
  std::vector<ValueId> parts = tensors(rewriter, node);
  for (ValueId& part : parts) {
    if (rewriter.rank(part) == 0) part = rewriter.view(part, {1});
    if (least_rank >= 2 && rewriter.rank(part) == 1)
      part = rewriter.unsqueeze(part, node.op == "aten.column_stack.default" ? 1 : 0);
    if (least_rank == 3 && rewriter.rank(part) == 2) part = rewriter.unsqueeze(part, 2);
  }
  if (least_rank == 1 && rewriter.rank(parts.front()) == 1) dim = 0;
  rewriter.bind(node, 0, joined(rewriter, std::move(parts), dim));
  return {};
}
Status hstack(Rewriter& rewriter, const Node& node) { return stack_along(rewriter, node, 1, 1); }
Status vstack(Rewriter& rewriter, const Node& node) { return stack_along(rewriter, node, 2, 0); }
Status dstack(Rewriter& rewriter, const Node& node) { return stack_along(rewriter, node, 3, 2); }
Status column_stack(Rewriter& rewriter, const Node& node) { return stack_along(rewriter, node, 2, 1); }

/// Negative padding cuts; what is left pads with the value.
Status constant_pad(Rewriter& rewriter, const Node& node) {
  ValueId self = rewriter.operand(node, "self");
  Shape pad = node.at("pad").integers();
  const int64_t rank = rewriter.rank(self);
  for (size_t i = 0; i + 1 < pad.size(); i += 2) {
    const int64_t dim = rank - 1 - static_cast<int64_t>(i / 2);
    const int64_t extent = rewriter.shape(self)[static_cast<size_t>(dim)];
    self = rewriter.slice(self, dim, std::max<int64_t>(0, -pad[i]), extent - std::max<int64_t>(0, -pad[i + 1]));
    pad[i] = std::max<int64_t>(0, pad[i]);
    pad[i + 1] = std::max<int64_t>(0, pad[i + 1]);
  }
  if (std::all_of(pad.begin(), pad.end(), [](int64_t width) { return width == 0; })) {
    bind_copy(rewriter, node, 0, self);
    return {};
  }
  const Argument* value = node.find("value");
  rewriter.bind(node, 0,
                rewriter.call("aten.constant_pad_nd.default",
                              {{"self", Argument{Ref{self}}},
                               {"pad", integer_list(pad)},
                               {"value", value == nullptr || value->is_none() ? Argument{0.0} : *value}},
                              contiguous_type(rewriter.dtype(self), rewriter.result(node)->sizes())));
  return {};
}

enum class Edge { kReflect, kReplicate, kWrap };

/// Where each position of a padded dim of `extent` elements reads.
ValueId edge_index(Rewriter& rewriter, int64_t extent, int64_t before, int64_t after, Edge edge) {
  const auto number = [](int64_t n) { return static_cast<double>(n); };
  ValueId index = rewriter.arange(-before, before + extent + after, 1, Dtype::kInt64);
  const auto clamp = [&](ValueId self) {
    return rewriter.call("aten.clamp.default",
                         {{"self", Argument{Ref{self}}}, {"min", Argument{int64_t{0}}}, {"max", Argument{extent - 1}}},
                         contiguous_type(Dtype::kInt64, rewriter.shape(self)));
  };
  switch (edge) {
    case Edge::kReplicate: return clamp(index);
    case Edge::kWrap: {
      const ValueId low = rewriter.compare("aten.lt.Scalar", index, Argument{int64_t{0}});
      const ValueId high = rewriter.compare("aten.ge.Scalar", index, Argument{extent});
      const ValueId up = add(rewriter, index, number(extent));
      const ValueId down = add(rewriter, index, -number(extent));
      index = rewriter.where(high, Argument{Ref{down}}, Argument{Ref{index}}, Dtype::kInt64);
      return rewriter.where(low, Argument{Ref{up}}, Argument{Ref{index}}, Dtype::kInt64);
    }
    case Edge::kReflect: break;
  }
  // |i| mirrors at the front; (n − 1) − |(n − 1) − i| mirrors at the back.
  const ValueId front = rewriter.unary("aten.abs.default", index);
  const ValueId back = rewriter.unary("aten.abs.default", add(rewriter, front, -number(extent - 1)));
  return add(rewriter, rewriter.unary("aten.neg.default", back), number(extent - 1));
}

Status pad_edges(Rewriter& rewriter, const Node& node, Edge edge) {
  ValueId self = rewriter.operand(node, "self");
  const Shape pad = node.at(node.find("pad") != nullptr ? "pad" : "padding").integers();
  for (size_t i = 0; i + 1 < pad.size(); i += 2) {
    const int64_t dim = rewriter.rank(self) - 1 - static_cast<int64_t>(i / 2);
    if (pad[i] == 0 && pad[i + 1] == 0) continue;
    self =
        pick(rewriter, self, dim, edge_index(rewriter, rewriter.shape(self)[static_cast<size_t>(dim)], pad[i], pad[i + 1], edge));
  }
  rewriter.bind(node, 0, self);
  return {};
}
Status reflection_pad(Rewriter& rewriter, const Node& node) { return pad_edges(rewriter, node, Edge::kReflect); }
Status replication_pad(Rewriter& rewriter, const Node& node) { return pad_edges(rewriter, node, Edge::kReplicate); }
Status circular_pad(Rewriter& rewriter, const Node& node) { return pad_edges(rewriter, node, Edge::kWrap); }

Status pad(Rewriter& rewriter, const Node& node) {
  const std::string mode = text_or(node, "mode", "constant");
  if (mode == "constant") return constant_pad(rewriter, node);
  return pad_edges(rewriter, node, mode == "reflect" ? Edge::kReflect : mode == "replicate" ? Edge::kReplicate : Edge::kWrap);
}

/// A dim of r copies before each dim of s elements, seen as one of r · s.
Status repeat(Rewriter& rewriter, const Node& node) {
  const ValueId self = rewriter.operand(node, "self");
  Shape repeats = node.at(node.find("repeats") != nullptr ? "repeats" : "dims").integers();
  Shape size = rewriter.shape(self);
  const size_t rank = std::max(repeats.size(), size.size());
  repeats.insert(repeats.begin(), rank - repeats.size(), 1);
  size.insert(size.begin(), rank - size.size(), 1);
  Shape apart;
  Shape wide;
  for (size_t i = 0; i < rank; ++i) {
    if (repeats[i] != 1) {
      apart.push_back(1);
      wide.push_back(repeats[i]);
    }
    apart.push_back(size[i]);
    wide.push_back(size[i]);
  }
  bind_copy(rewriter, node, 0, rewriter.view(rewriter.expand(rewriter.view(self, apart), wide), rewriter.result(node)->sizes()));
  return {};
}

Status repeat_interleave(Rewriter& rewriter, const Node& node) {
  ValueId self = rewriter.operand(node, "self");
  if (is_absent(node, "dim")) self = rewriter.view(self, {rewriter.type(self).element_count()});
  const int64_t dim = normal_dim(integer_or(node, "dim", 0), rewriter.rank(self));
  const ValueId apart = rewriter.unsqueeze(self, dim + 1);
  Shape wide = rewriter.shape(apart);
  wide[static_cast<size_t>(dim + 1)] = node.at("repeats").integer();
  bind_copy(rewriter, node, 0, rewriter.view(rewriter.expand(apart, wide), rewriter.result(node)->sizes()));
  return {};
}

Status roll(Rewriter& rewriter, const Node& node) {
  ValueId self = rewriter.operand(node, "self");
  const Shape size = rewriter.shape(self);
  Shape shifts = node.at("shifts").integers();
  Shape dims = integers_or_empty(node, "dims");
  if (dims.empty()) {  // over the flattened tensor
    self = rewriter.view(self, {rewriter.type(self).element_count()});
    dims = {0};
  }
  for (int64_t& dim : dims) dim = normal_dim(dim, rewriter.rank(self));
  const ValueId out =
      rewriter.call("ka.roll", {{"self", Argument{Ref{self}}}, {"shifts", integer_list(shifts)}, {"dims", integer_list(dims)}},
                    contiguous_type(rewriter.dtype(self), rewriter.shape(self)));
  rewriter.bind(node, 0, rewriter.view(out, size));
  return {};
}

Status rot90(Rewriter& rewriter, const Node& node) {
  ValueId self = rewriter.operand(node, "self");
  const Shape dims = node.at("dims").integers();
  const int64_t turns = ((integer_or(node, "k", 1) % 4) + 4) % 4;
  const auto flip = [&](const Shape& along) {
    return rewriter.call("aten.flip.default",
                         {{"self", Argument{Ref{self}}}, {"dims", integer_list(normal_dims(along, rewriter.rank(self)))}},
                         contiguous_type(rewriter.dtype(self), rewriter.shape(self)));
  };
  if (turns == 2) self = flip(dims);
  if (turns == 1) self = rewriter.transpose(flip({dims[1]}), dims[0], dims[1]);
  if (turns == 3) self = rewriter.transpose(flip({dims[0]}), dims[0], dims[1]);
  bind_copy(rewriter, node, 0, self);
  return {};
}

/// Splits a view, permutes, and joins again: pixel and channel shuffles.
Status rearranged(Rewriter& rewriter, const Node& node, const Shape& split, const Shape& order) {
  const ValueId apart = rewriter.view(rewriter.operand(node, "self"), split);
  bind_copy(rewriter, node, 0, rewriter.view(rewriter.permute(apart, order), rewriter.result(node)->sizes()));
  return {};
}

Status pixel_shuffle(Rewriter& rewriter, const Node& node) {
  const int64_t r = node.at("upscale_factor").integer();
  const Shape size = rewriter.shape(rewriter.operand(node, "self"));
  const auto at = [&](size_t back) { return size[size.size() - back]; };
  int64_t batch = 1;
  for (size_t i = 0; i + 3 < size.size(); ++i) batch *= size[i];
  return rearranged(rewriter, node, {batch, at(3) / (r * r), r, r, at(2), at(1)}, {0, 1, 4, 2, 5, 3});
}

Status pixel_unshuffle(Rewriter& rewriter, const Node& node) {
  const int64_t r = node.at("downscale_factor").integer();
  const Shape size = rewriter.shape(rewriter.operand(node, "self"));
  const auto at = [&](size_t back) { return size[size.size() - back]; };
  int64_t batch = 1;
  for (size_t i = 0; i + 3 < size.size(); ++i) batch *= size[i];
  return rearranged(rewriter, node, {batch, at(3), at(2) / r, r, at(1) / r, r}, {0, 1, 3, 5, 2, 4});
}

Status channel_shuffle(Rewriter& rewriter, const Node& node) {
  const int64_t groups = node.at("groups").integer();
  const Shape size = rewriter.shape(rewriter.operand(node, "self"));
  int64_t rest = 1;
  for (size_t i = 2; i < size.size(); ++i) rest *= size[i];
  return rearranged(rewriter, node, {size[0], groups, size[1] / groups, rest}, {0, 2, 1, 3});
}

/// Every sliding block as a column.
Status im2col(Rewriter& rewriter, const Node& node) {
  ValueId self = rewriter.operand(node, "self");
  if (rewriter.rank(self) == 3) self = rewriter.unsqueeze(self, 0);
  const Shape size = rewriter.shape(self);
  const Shape kernel = node.at("kernel_size").integers();
  const Shape stride = node.at("stride").integers();
  const Shape padding = node.at("padding").integers();
  const Shape dilation = node.at("dilation").integers();
  Shape outputs;
  for (size_t i = 0; i < 2; ++i)
    outputs.push_back((size[2 + i] + 2 * padding[i] - dilation[i] * (kernel[i] - 1) - 1) / stride[i] + 1);
  const ValueId blocks = windows(rewriter, self, kernel, stride, padding, dilation, 0, outputs);
  const ValueId columns = rewriter.permute(blocks, {0, 1, 4, 5, 2, 3});
  rewriter.bind(node, 0, rewriter.view(columns, rewriter.result(node)->sizes()));
  return {};
}

/// src written over a slice of self.
Status slice_scatter(Rewriter& rewriter, const Node& node) {
  const ValueId self = rewriter.operand(node, "self");
  const int64_t dim = normal_dim(integer_or(node, "dim", 0), rewriter.rank(self));
  const int64_t extent = rewriter.shape(self)[static_cast<size_t>(dim)];
  const bool one = node.op == "aten.select_scatter.default";
  ValueId source = rewriter.cast(rewriter.operand(node, "src"), rewriter.dtype(self));
  if (one) source = rewriter.unsqueeze(source, dim);
  int64_t start = one ? node.at("index").integer() : integer_or(node, "start", 0);
  start = std::clamp<int64_t>(start < 0 ? start + extent : start, 0, extent);
  const int64_t step = one ? 1 : integer_or(node, "step", 1);
  const int64_t count = rewriter.shape(source)[static_cast<size_t>(dim)];
  if (step == 1) {
    std::vector<ValueId> parts;
    if (start > 0) parts.push_back(rewriter.slice(self, dim, 0, start));
    if (count > 0) parts.push_back(source);
    if (start + count < extent) parts.push_back(rewriter.slice(self, dim, start + count, extent));
    const ValueId out = joined(rewriter, parts, dim);
    if (parts.size() == 1)
      bind_copy(rewriter, node, 0, out);
    else
      rewriter.bind(node, 0, out);
    return {};
  }
  // Position i holds src[(i − start) / step] where the division leaves nothing.
  const ValueId offset = add(rewriter, rewriter.arange(0, extent, 1, Dtype::kInt64), -static_cast<double>(start));
  const auto by_step = [&](const char* op, ValueId value) {
    return rewriter.call(op, {{"self", Argument{Ref{value}}}, {"other", Argument{step}}},
                         contiguous_type(Dtype::kInt64, {extent}));
  };
  const ValueId place = rewriter.call("aten.clamp.default",
                                      {{"self", Argument{Ref{by_step("aten.floor_divide.Scalar", offset)}}},
                                       {"min", Argument{int64_t{0}}},
                                       {"max", Argument{count - 1}}},
                                      contiguous_type(Dtype::kInt64, {extent}));
  ValueId inside = rewriter.compare("aten.eq.Scalar", by_step("aten.remainder.Scalar", offset), Argument{int64_t{0}});
  for (const auto& [op, bound] : {std::pair{"aten.ge.Scalar", int64_t{0}}, std::pair{"aten.lt.Scalar", count * step}}) {
    inside = rewriter.binary("aten.bitwise_and.Tensor", inside, rewriter.compare(op, offset, Argument{bound}));
  }
  Shape along(static_cast<size_t>(rewriter.rank(self)), 1);
  along[static_cast<size_t>(dim)] = extent;
  const ValueId moved = pick(rewriter, source, dim, place);
  rewriter.bind(node, 0,
                rewriter.where(rewriter.view(inside, along), Argument{Ref{moved}}, Argument{Ref{self}}, rewriter.dtype(self)));
  return {};
}

/// A vector laid on a diagonal of zeros.
Status diag_embed(Rewriter& rewriter, const Node& node) {
  ValueId self = rewriter.operand(node, "self");
  const int64_t offset = integer_or(node, node.op == "aten.diag.default" ? "diagonal" : "offset", 0);
  const TensorType& type = *rewriter.result(node);
  if (node.op == "aten.diag.default" && rewriter.rank(self) == 2) {
    bind_copy(rewriter, node, 0,
              rewriter.call("aten.diagonal.default",
                            {{"self", Argument{Ref{self}}},
                             {"offset", Argument{offset}},
                             {"dim1", Argument{int64_t{0}}},
                             {"dim2", Argument{int64_t{1}}}},
                            contiguous_type(type.dtype, type.sizes())));
    return {};
  }
  const int64_t rank = rewriter.rank(self) + 1;
  const int64_t rows = normal_dim(integer_or(node, "dim1", -2), rank);
  const int64_t columns = normal_dim(integer_or(node, "dim2", -1), rank);
  const int64_t side = type.sizes()[static_cast<size_t>(rows)];
  // A square along the two dims, then the other dims around it.
  if (offset != 0) {
    Shape padded = rewriter.shape(self);
    padded.back() = side;
    const Shape pad = {std::max<int64_t>(offset, 0), std::max<int64_t>(-offset, 0)};
    self = rewriter.call("aten.constant_pad_nd.default",
                         {{"self", Argument{Ref{self}}}, {"pad", integer_list(pad)}, {"value", Argument{0.0}}},
                         contiguous_type(type.dtype, padded));
  }
  // Padded, position c of the vector is column c of its row r = c − offset.
  const ValueId row = rewriter.view(rewriter.arange(0, side, 1, Dtype::kInt64), {side, 1});
  const ValueId column = rewriter.arange(0, side, 1, Dtype::kInt64);
  const ValueId on = rewriter.compare("aten.eq.Tensor", add(rewriter, row, static_cast<double>(offset)), Argument{Ref{column}});
  const ValueId square = rewriter.where(on, Argument{Ref{rewriter.unsqueeze(self, -2)}}, Argument{0.0}, type.dtype);
  Shape order;
  int64_t next = 0;
  for (int64_t dim = 0; dim < rank; ++dim) order.push_back(dim == rows ? rank - 2 : dim == columns ? rank - 1 : next++);
  rewriter.bind(node, 0, rewriter.permute(square, order));
  return {};
}

Status meshgrid(Rewriter& rewriter, const Node& node) {
  const bool swapped = text_or(node, "indexing", "ij") == "xy";
  const Argument::List& list = node.at("tensors").list();
  for (size_t i = 0; i < list.size(); ++i) {
    if (i >= node.outputs.size() || node.outputs[i] == kNone) continue;
    const size_t dim = swapped && i < 2 && list.size() > 1 ? 1 - i : i;
    Shape along(list.size(), 1);
    const ValueId vector = rewriter.mapped(list[i].ref());
    along[dim] = rewriter.type(vector).element_count();
    rewriter.bind(node, i, rewriter.expand(rewriter.view(vector, along), rewriter.result(node, i)->sizes()));
  }
  return {};
}

Status broadcast_tensors(Rewriter& rewriter, const Node& node) {
  const Argument::List& list = node.at("tensors").list();
  for (size_t i = 0; i < list.size(); ++i) {
    if (rewriter.result(node, i) != nullptr)
      rewriter.bind(node, i, rewriter.expand(rewriter.mapped(list[i].ref()), rewriter.result(node, i)->sizes()));
  }
  return {};
}

}  // namespace

void layout(OpTable& table) {
  primitive(table, {"aten.cat.default"}, OpClass::kView, cat);
  primitive(table, {"aten.constant_pad_nd.default"}, OpClass::kView, constant_pad);
  composite(table, {"aten.concat.default", "aten.concatenate.default"}, cat);
  composite(table, {"aten.stack.default"}, stack);
  composite(table, {"aten.hstack.default"}, hstack);
  composite(table, {"aten.vstack.default"}, vstack);
  composite(table, {"aten.dstack.default"}, dstack);
  composite(table, {"aten.column_stack.default"}, column_stack);
  composite(table, {"aten.pad.default"}, pad);
  composite(table, {"aten.reflection_pad1d.default", "aten.reflection_pad2d.default", "aten.reflection_pad3d.default"},
            reflection_pad);
  composite(table, {"aten.replication_pad1d.default", "aten.replication_pad2d.default", "aten.replication_pad3d.default"},
            replication_pad);
  composite(table, {"aten._pad_circular.default"}, circular_pad);
  composite(table, {"aten.repeat.default", "aten.tile.default"}, repeat);
  composite(table, {"aten.repeat_interleave.self_int"}, repeat_interleave);
  composite(table, {"aten.roll.default"}, roll);
  composite(table, {"aten.rot90.default"}, rot90);
  composite(table, {"aten.pixel_shuffle.default"}, pixel_shuffle);
  composite(table, {"aten.pixel_unshuffle.default"}, pixel_unshuffle);
  composite(table, {"aten.channel_shuffle.default", "aten.native_channel_shuffle.default"}, channel_shuffle);
  composite(table, {"aten.im2col.default"}, im2col);
  composite(table, {"aten.slice_scatter.default", "aten.select_scatter.default"}, slice_scatter);
  composite(table, {"aten.diag_embed.default", "aten.diag.default"}, diag_embed);
  aliasing(table, {"aten.meshgrid.default", "aten.meshgrid.indexing"}, meshgrid);
  aliasing(table, {"aten.broadcast_tensors.default"}, broadcast_tensors);
  refused(
      table,
      {"aten.col2im.default", "aten.diagonal_scatter.default", "aten.as_strided_scatter.default", "aten.as_strided_copy.default"},
      "sums or writes overlapping elements, which is not emitted yet");
  refused(table, {"aten.repeat_interleave.Tensor", "aten.repeat_interleave.self_Tensor"},
          "its result's shape depends on data; repeat by a number");
}

}  // namespace ka::ops_drawer
