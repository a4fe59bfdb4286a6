#include <algorithm>
#include <cmath>

#include "base/check.h"
#include "loops/builder.h"

namespace ka {
namespace {

int64_t normal_dim(const Argument& dim, int64_t rank) {
  const int64_t d = dim.integer();
  return d < 0 ? d + rank : d;
}

size_t at_dim(int64_t d) { return static_cast<size_t>(d); }

}  // namespace

/// Maps output coordinates of a view that reads exactly one element, always in range, to input coordinates.
std::optional<Coordinates> NestBuilder::through_view(const Node& node, const Coordinates& at) {
  IndexSpace& space = nest_.space;
  const TensorType& from = type(node.at("self").ref());
  const TensorType& to = type(node.outputs[0]);
  const Shape sizes = from.sizes();
  const std::string& op = node.op;
  if (op == "aten.alias.default") return at;
  if (op == "aten.view.default") return unravel(space, ravel(space, at, to.sizes()), sizes);
  Coordinates there(sizes.size());
  if (op == "aten.permute.default") {
    const std::vector<int64_t> dims = node.at("dims").integers();
    for (size_t i = 0; i < dims.size(); ++i) there[at_dim(dims[i] < 0 ? dims[i] + from.rank() : dims[i])] = at[i];
    return there;
  }
  if (op == "aten.expand.default") {
    const size_t lead = at.size() - sizes.size();
    for (size_t i = 0; i < sizes.size(); ++i) {
      if (sizes[i] != 1) there[i] = at[lead + i];
    }
    return there;
  }
  if (op == "aten.slice.Tensor") {
    there = at;
    const int64_t d = normal_dim(node.at("dim"), from.rank());
    const int64_t step = node.at("step").is_none() ? 1 : node.at("step").integer();
    int64_t start = node.at("start").is_none() ? 0 : node.at("start").integer();
    if (start < 0) start += sizes[at_dim(d)];
    start = std::clamp<int64_t>(start, 0, sizes[at_dim(d)]);
    there[at_dim(d)] = space.add(space.scale(at[at_dim(d)], step), start);
    return there;
  }
  if (op == "aten.select.int") {
    const int64_t d = normal_dim(node.at("dim"), from.rank());
    const int64_t index = node.at("index").integer();
    for (size_t i = 0, j = 0; i < sizes.size(); ++i) {
      there[i] = i == at_dim(d) ? IndexSpace::constant(index < 0 ? index + sizes[i] : index) : at[j++];
    }
    return there;
  }
  if (op == "aten.unsqueeze.default") {
    const int64_t d = normal_dim(node.at("dim"), to.rank());
    for (size_t i = 0, j = 0; j < at.size(); ++j) {
      if (j != at_dim(d)) there[i++] = at[j];
    }
    return there;
  }
  if (op == "aten.squeeze.dims") {
    const std::vector<int64_t> dims = normal_dims(node.at("dim"), from.rank());
    for (size_t i = 0, j = 0; i < sizes.size(); ++i) {
      const bool gone = sizes[i] == 1 && std::find(dims.begin(), dims.end(), static_cast<int64_t>(i)) != dims.end();
      if (!gone) there[i] = at[j++];
    }
    return there;
  }
  if (op == "aten.flip.default") {
    there = at;
    for (const int64_t d : normal_dims(node.at("dims"), from.rank())) {
      if (node.at("dims").integers().empty()) break;
      there[at_dim(d)] = space.add(space.scale(at[at_dim(d)], -1), sizes[at_dim(d)] - 1);
    }
    return there;
  }
  if (op == "ka.roll") {
    there = at;
    const std::vector<int64_t> shifts = node.at("shifts").integers();
    const std::vector<int64_t> dims = node.at("dims").integers();
    for (size_t i = 0; i < dims.size(); ++i) {
      const size_t d = at_dim(dims[i] < 0 ? dims[i] + from.rank() : dims[i]);
      const int64_t shift = ((shifts[i] % sizes[d]) + sizes[d]) % sizes[d];
      there[d] = space.modulo(space.add(there[d], sizes[d] - shift), sizes[d]);
    }
    return there;
  }
  if (op == "aten.diagonal.default") {
    const int64_t offset = node.at("offset").integer();
    const size_t a = at_dim(normal_dim(node.at("dim1"), from.rank()));
    const size_t b = at_dim(normal_dim(node.at("dim2"), from.rank()));
    for (size_t i = 0, j = 0; i < sizes.size(); ++i) {
      if (i != a && i != b) there[i] = at[j++];
    }
    there[a] = space.add(at.back(), std::max<int64_t>(-offset, 0));
    there[b] = space.add(at.back(), std::max<int64_t>(offset, 0));
    return there;
  }
  return std::nullopt;
}

/// Lowers views that may read outside their input and give a constant there (constant_pad_nd, window).
ExprId NestBuilder::guarded_view(const Node& node, ValueId value, const Coordinates& at, const Guard& guard) {
  IndexSpace& space = nest_.space;
  const ValueId self = node.at("self").ref();
  const Shape sizes = type(self).sizes();
  Coordinates there(sizes.size());
  Guard inside;
  if (node.op == "aten.constant_pad_nd.default") {
    const std::vector<int64_t> pad = node.at("pad").integers();
    there = at;
    for (size_t i = 0; i < pad.size() / 2; ++i) {
      const size_t d = sizes.size() - 1 - i;
      there[d] = space.add(at[d], -pad[2 * i]);
      require(inside, there[d], 0, sizes[d]);
    }
  } else if (node.op == "ka.window") {
    const std::vector<int64_t> dims = node.at("dims").integers();
    const std::vector<int64_t> stride = node.at("stride").integers();
    const std::vector<int64_t> padding = node.at("padding").integers();
    const std::vector<int64_t> dilation = node.at("dilation").integers();
    for (size_t d = 0; d < sizes.size(); ++d) there[d] = at[d];
    for (size_t i = 0; i < dims.size(); ++i) {
      const size_t d = at_dim(dims[i] < 0 ? dims[i] + type(self).rank() : dims[i]);
      const Index start = space.add(space.scale(at[d], stride[i]), -padding[i]);
      there[d] = space.add(start, space.scale(at[sizes.size() + i], dilation[i]));
      require(inside, there[d], 0, sizes[d]);
    }
  } else {
    return refuse(node.op + " has no lowering");
  }
  Guard both = guard;
  for (const Condition& c : inside) require(both, c.index, c.low, c.high);
  const ExprId read = element_below(false, self, there, both);
  if (read == kNone || inside.empty()) return read;
  const Argument& outside = node.at("value");
  // A load is zero where its guard fails; one through views that an operator reads as well may have none.
  const Expr& e = nest_.expr(read);
  const bool guarded = e.kind == Expr::Kind::kLoad && std::includes(e.guard.begin(), e.guard.end(), inside.begin(), inside.end());
  if (guarded && outside.number() == 0) return read;
  return select(inside, read, constant(outside, type(value).dtype), type(value).dtype);
}

ExprId NestBuilder::concatenated(const Node& node, ValueId value, const Coordinates& at, const Guard& guard) {
  const int64_t rank = type(value).rank();
  const size_t d = at_dim(normal_dim(node.at("dim"), rank));
  int64_t end = type(value).sizes()[d];
  ExprId out = kNone;
  const Argument::List& tensors = node.at("tensors").list();
  for (size_t i = tensors.size(); i-- > 0;) {
    const ValueId piece = tensors[i].ref();
    if (type(piece).rank() != rank || type(piece).sizes()[d] == 0) continue;  // PyTorch lets empty 1-d tensors pass
    const int64_t start = end - type(piece).sizes()[d];
    Guard inside;
    require(inside, at[d], start, end);
    Guard both = guard;
    for (const Condition& c : inside) require(both, c.index, c.low, c.high);
    Coordinates there = at;
    there[d] = nest_.space.add(at[d], -start);
    const ExprId read = element_below(false, piece, there, both);
    if (read == kNone) return kNone;
    out = out == kNone ? read : select(inside, read, out, type(value).dtype);
    end = start;
  }
  return out == kNone ? refuse("cat of nothing") : out;
}

ExprId NestBuilder::gathered(const Node& node, ValueId value, const Coordinates& at, const Guard& guard) {
  IndexSpace& space = nest_.space;
  Guard inside = guard;
  /// Reads an index tensor's element and confines it to one dim of the data.
  const auto position = [&](ValueId index, const Coordinates& where, int64_t extent, bool wraps) -> std::optional<Index> {
    const ExprId expr = element(index, where, guard);
    if (expr == kNone) return std::nullopt;
    const Index raw = space.data(expr, wraps ? -extent : 0, extent - 1);
    require(inside, raw, wraps ? -extent : 0, extent);
    return wraps ? space.modulo(space.add(raw, extent), extent) : raw;
  };
  if (node.op == "aten.embedding.default") {
    const ValueId weight = node.at("weight").ref();
    const auto row = position(node.at("indices").ref(), Coordinates(at.begin(), at.end() - 1), type(weight).sizes()[0], false);
    return row ? element(weight, {*row, at.back()}, inside) : kNone;
  }
  const ValueId self = node.at("self").ref();
  const Shape sizes = type(self).sizes();
  if (node.op == "aten.gather.default" || node.op == "aten.index_select.default") {
    const size_t d = at_dim(normal_dim(node.at("dim"), type(self).rank()));
    const bool per_element = node.op == "aten.gather.default";
    const auto picked = position(node.at("index").ref(), per_element ? at : Coordinates{at[d]}, sizes[d], false);
    if (!picked) return kNone;
    Coordinates there = at;
    there[d] = *picked;
    return element(self, there, inside);
  }
  if (node.op != "aten.index.Tensor") return refuse(node.op + " has no lowering");
  // Advanced indexing: the index tensors broadcast together; their dims stand where the first one stood when the indexed dims
  // are neighbours, else in front (NumPy's rule).
  const Argument::List& indices = node.at("indices").list();
  std::vector<size_t> indexed;
  size_t index_rank = 0;
  for (size_t i = 0; i < indices.size(); ++i) {
    if (!indices[i].is_ref()) continue;
    indexed.push_back(i);
    index_rank = std::max(index_rank, type(indices[i].ref()).shape.size());
  }
  const bool neighbours = indexed.back() - indexed.front() + 1 == indexed.size();
  const size_t place = neighbours ? indexed.front() : 0;
  Coordinates there(sizes.size());
  for (size_t d = 0, from = 0; d < sizes.size(); ++d) {
    if (d < indices.size() && indices[d].is_ref()) continue;
    if (from == place) from += index_rank;
    there[d] = at[from++];
  }
  for (const size_t d : indexed) {
    const Shape extents = type(indices[d].ref()).sizes();
    Coordinates where(extents.size());
    for (size_t i = 0; i < extents.size(); ++i) {
      if (extents[i] != 1) where[i] = at[place + index_rank - extents.size() + i];
    }
    const auto picked = position(indices[d].ref(), where, sizes[d], true);
    if (!picked) return kNone;
    there[d] = *picked;
  }
  static_cast<void>(value);
  return element(self, there, inside);
}

ExprId NestBuilder::source(const Node& node, ValueId value, const Coordinates& at, const Guard& guard) {
  const Dtype dtype = type(value).dtype;
  if (node.op == "aten.full.default") {
    const Argument& fill = node.at("fill_value");
    return fill.is_ref() ? element(fill.ref(), {}, guard) : constant(fill, dtype);
  }
  if (node.op == "aten.arange.start_step") {
    const double start = node.at("start").is_none() ? 0 : node.at("start").number();
    const double step = node.at("step").is_none() ? 1 : node.at("step").number();
    if (start != std::floor(start) || step != std::floor(step)) return refuse("arange with a fractional start or step");
    Expr e;
    e.kind = Expr::Kind::kPosition;
    e.type = dtype;
    e.index = nest_.space.add(nest_.space.scale(at[0], static_cast<int64_t>(step)), static_cast<int64_t>(start));
    return add(std::move(e));
  }
  return refuse(node.op + " has no lowering");
}

}  // namespace ka
