#include <algorithm>
#include <set>

#include "base/check.h"
#include "loops/builder.h"

namespace ka {

std::vector<int64_t> normal_dims(const Argument& dims, int64_t rank) {
  std::set<int64_t> out;
  for (const int64_t d : dims.integers()) out.insert(d < 0 ? d + rank : d);
  if (out.empty()) {
    for (int64_t d = 0; d < rank; ++d) out.insert(d);
  }
  return {out.begin(), out.end()};
}

bool is_reduction(const Node& node) { return op_table().find(node.op)->op_class == OpClass::kReduce; }
bool is_scan(const Node& node) { return op_table().find(node.op)->op_class == OpClass::kScan; }
bool is_recurrence(const Node& node) { return op_table().find(node.op)->op_class == OpClass::kRecur; }
bool is_attention(const Node& node) { return op_table().find(node.op)->op_class == OpClass::kAttend; }
bool is_contraction(const Node& node) { return op_table().find(node.op)->op_class == OpClass::kContract; }

bool keeps_dims(const Node& node) {
  if (node.op == "ka.moments") return true;
  const Argument* keepdim = node.find("keepdim");
  return keepdim != nullptr && !keepdim->is_none() && keepdim->truth();
}

std::vector<int64_t> reduced_dims(const Graph& graph, const Node& node) {
  const int64_t rank = graph.type(node.at("self").ref()).rank();
  if (is_scan(node)) return {node.at("dim").integer()};
  return normal_dims(node.at("dim"), rank);
}

namespace {

constexpr int64_t kMostWalked = 2;  // points walked for each element of a slice that is stored

template <typename T>
bool contains(const std::vector<T>& items, T item) {
  return std::find(items.begin(), items.end(), item) != items.end();
}

int64_t count(const TensorType& type) { return type.element_count(); }

/// Maps coordinates of a view's input to coordinates of its output, for views that keep every element exactly once.
std::optional<Coordinates> forward(IndexSpace& space, const Node& node, const TensorType& from, const TensorType& to,
                                   const Coordinates& at) {
  if (node.op == "aten.view.default") return unravel(space, ravel(space, at, from.sizes()), to.sizes());
  if (node.op == "aten.alias.default" || is_scan(node)) return at;
  if (node.op == "aten.flip.default") {
    Coordinates out = at;
    for (const int64_t d : node.at("dims").integers()) {
      Index& index = out[static_cast<size_t>(d < 0 ? d + from.rank() : d)];
      index = space.add(space.scale(index, -1), from.sizes()[static_cast<size_t>(d < 0 ? d + from.rank() : d)] - 1);
    }
    return out;
  }
  if (node.op == "aten.permute.default") {
    Coordinates out(at.size());
    const std::vector<int64_t> dims = node.at("dims").integers();
    for (size_t i = 0; i < out.size(); ++i) {
      out[i] = at[static_cast<size_t>(dims[i] < 0 ? dims[i] + from.rank() : dims[i])];
    }
    return out;
  }
  if ((node.op == "aten.unsqueeze.default" || node.op == "aten.squeeze.dims") && from.element_count() == to.element_count()) {
    return unravel(space, ravel(space, at, from.sizes()), to.sizes());
  }
  return std::nullopt;
}

/// Maps coordinates of a slice's input to coordinates of its output, which those of elements that are cut off leave.
std::optional<Coordinates> forward_slice(IndexSpace& space, const Node& node, const TensorType& from, const Coordinates& at) {
  if (node.op != "aten.slice.Tensor" || !(node.at("step").is_none() || node.at("step").integer() == 1)) return std::nullopt;
  const auto d = static_cast<size_t>(normal_dims(Argument{Argument::List{node.at("dim")}}, from.rank()).front());
  const int64_t size = from.sizes()[d];
  int64_t start = node.at("start").is_none() ? 0 : node.at("start").integer();
  if (start < 0) start += size;
  Coordinates out = at;
  out[d] = space.add(at[d], -std::clamp<int64_t>(start, 0, size));
  return out;
}

/// The inverse of `forward`.
std::optional<Coordinates> backward(IndexSpace& space, const Node& node, const TensorType& from, const TensorType& to,
                                    const Coordinates& at) {
  if (node.op != "aten.permute.default") return forward(space, node, to, from, at);
  Coordinates out(at.size());
  const std::vector<int64_t> dims = node.at("dims").integers();
  for (size_t i = 0; i < out.size(); ++i) {
    out[static_cast<size_t>(dims[i] < 0 ? dims[i] + from.rank() : dims[i])] = at[i];
  }
  return out;
}

}  // namespace

bool NestBuilder::is_followed(NodeId node) const {
  return node != kNone && (members_.contains(node) || facts_.transparent[static_cast<size_t>(node)]);
}

bool NestBuilder::depends_on(const Index& index, const std::vector<AxisId>& axes) const {
  bool found = false;
  std::vector<ExprId> data;
  nest_.space.visit(
      index, [&](AxisId axis) { found = found || std::find(axes.begin(), axes.end(), axis) != axes.end(); },
      [&](ExprId expr) { data.push_back(expr); });
  for (const ExprId expr : data) {
    const std::vector<bool> used = nest_.axes_of(expr);
    for (const AxisId axis : axes) found = found || used[static_cast<size_t>(axis)];
  }
  return found;
}

bool NestBuilder::depends_on(const Guard& guard, const std::vector<AxisId>& axes) const {
  return std::any_of(guard.begin(), guard.end(), [&](const Condition& c) { return depends_on(c.index, axes); });
}

Coordinates NestBuilder::axes_coordinates(const std::vector<AxisId>& axes) {
  Coordinates out;
  for (const AxisId axis : axes) out.push_back(nest_.space.axis(axis));
  return out;
}

bool NestBuilder::choose_domain(const std::vector<ValueId>& outputs) {
  int contractions = 0;
  const auto attention =
      std::find_if(ordered_members_.begin(), ordered_members_.end(), [&](NodeId id) { return is_attention(graph_.node(id)); });
  if (attention != ordered_members_.end()) {
    nest_.kind = Nest::Kind::kAttend;
    domain_node_ = *attention;
    domain_value_ = graph_.node(*attention).outputs[0];
  }
  for (const NodeId id : ordered_members_) {
    const Node& node = graph_.node(id);
    if (nest_.kind == Nest::Kind::kAttend) {  // a product may lie below its scores, which `scored` finds out
      const bool other = is_scan(node) || is_reduction(node) || (is_attention(node) && id != domain_node_);
      if (other) return refuse("attention is a launch of its own"), false;
    } else if (is_contraction(node)) {
      if (++contractions > 1) return refuse("each matmul is a launch of its own"), false;
      if (nest_.kind == Nest::Kind::kReduce) return refuse("a matmul cannot run over the rows of a reduction"), false;
      if (nest_.kind == Nest::Kind::kScan)
        return refuse("a matmul reads its operands tile by tile, many times: a scan must be complete"), false;
      nest_.kind = Nest::Kind::kContract;
      domain_node_ = id;
      domain_value_ = node.outputs[0];
    } else if (is_scan(node)) {
      if (nest_.kind == Nest::Kind::kContract) return refuse("a scan over a matmul's output needs all of its tiles first"), false;
      if (nest_.kind == Nest::Kind::kReduce) return refuse("a scan and a reduction are launches of their own"), false;
      nest_.kind = Nest::Kind::kScan;
      if (domain_node_ == kNone) {
        domain_node_ = id;
        domain_value_ = node.at("self").ref();
      }
    } else if (is_reduction(node)) {
      if (nest_.kind == Nest::Kind::kContract)
        return refuse("a reduction over a matmul's output needs all of its tiles first"), false;
      if (nest_.kind == Nest::Kind::kScan) return refuse("a scan and a reduction are launches of their own"), false;
      const ValueId input = node.at("self").ref();
      if (nest_.kind != Nest::Kind::kReduce || count(type(input)) > count(type(domain_value_))) {
        domain_node_ = id;
        domain_value_ = input;
      }
      nest_.kind = Nest::Kind::kReduce;
    }
  }
  if (nest_.kind == Nest::Kind::kMap) {
    domain_value_ = outputs.front();
    for (const ValueId output : outputs) {
      if (count(type(output)) > count(type(domain_value_))) domain_value_ = output;
    }
  }
  const bool has_rows = nest_.kind == Nest::Kind::kReduce || nest_.kind == Nest::Kind::kScan;
  const std::vector<int64_t> reduced = has_rows ? reduced_dims(graph_, graph_.node(domain_node_)) : std::vector<int64_t>{};
  std::vector<AxisId> axes;
  const Shape sizes = type(domain_value_).sizes();
  for (size_t d = 0; d < sizes.size(); ++d) {
    const AxisId axis = nest_.space.add_axis(sizes[d]);
    axes.push_back(axis);
    (contains(reduced, static_cast<int64_t>(d)) ? nest_.reduce : nest_.parallel).push_back(axis);
  }
  if (nest_.kind == Nest::Kind::kContract) {
    Contraction& c = nest_.contraction;
    const Node& node = graph_.node(domain_node_);
    c.node = domain_node_;
    c.type = type(domain_value_).dtype;
    if (axes.size() == 3) c.batch = {axes[0]};
    c.rows = {axes[axes.size() - 2]};
    c.columns = {axes[axes.size() - 1]};
    c.depth = {nest_.space.add_axis(type(node.at("self").ref()).sizes().back())};
  }
  if (nest_.kind == Nest::Kind::kAttend) choose_attention(axes);
  spread_to(domain_value_, axes_coordinates(axes), {});
  return true;
}

void NestBuilder::spread_to(ValueId value, Coordinates at, Guard guard) {
  if (places_.try_emplace(value, Place{std::move(at), std::move(guard)}).second) spreading_.push_back(value);
}

/// Is the element the one that the point of the domain stands for?
bool NestBuilder::is_at_home(ValueId value, const Coordinates& at) const {
  const auto place = places_.find(value);
  return place != places_.end() && place->second.at == at;
}

void NestBuilder::spread_coordinates() {
  while (!spreading_.empty()) {
    const ValueId value = spreading_.back();
    spreading_.pop_back();
    const Place place = places_.at(value);
    const NodeId producer = graph_.value(value).producer;
    if (is_followed(producer)) spread_through(graph_.node(producer), value, place);
    for (const NodeId user : facts_.users[static_cast<size_t>(value)]) {
      if (is_followed(user)) spread_through(graph_.node(user), value, place);
    }
  }
}

/// Carries the place of one of a node's values to its others.
void NestBuilder::spread_through(const Node& node, ValueId from, const Place& place) {
  const auto& [at, guard] = place;
  const bool is_result = contains(node.outputs, from);
  const OpRow& row = *op_table().find(node.op);
  if (row.op_class == OpClass::kPointwise) {
    const Shape sizes = type(from).sizes();
    for (const ValueId operand : Graph::operands(node)) {
      if (type(operand).sizes() == sizes) spread_to(operand, at, guard);
    }
    if (type(node.outputs[0]).sizes() == sizes) spread_to(node.outputs[0], at, guard);
  } else if (is_reduction(node)) {
    if (is_result || depends_on(guard, nest_.reduce)) return;
    const std::vector<int64_t> dims = reduced_dims(graph_, node);
    Coordinates out;
    for (size_t d = 0; d < at.size(); ++d) {
      const bool gone = contains(dims, static_cast<int64_t>(d));
      if (!gone && depends_on(at[d], nest_.reduce)) return;
      if (!gone)
        out.push_back(at[d]);
      else if (keeps_dims(node))
        out.emplace_back();
    }
    for (const ValueId output : node.outputs) {
      if (output != kNone) spread_to(output, out, guard);
    }
  } else if (const Argument* self = node.find("self"); self != nullptr && self->is_ref()) {
    const ValueId input = self->ref();
    if (is_result) {
      if (auto there = backward(nest_.space, node, type(input), type(from), at)) spread_to(input, std::move(*there), guard);
    } else if (from == input) {
      const ValueId output = node.outputs[0];
      if (auto there = forward(nest_.space, node, type(input), type(output), at))
        spread_to(output, std::move(*there), guard);
      else if (auto cut = forward_slice(nest_.space, node, type(input), at))
        spread_inside(output, std::move(*cut), guard);
    }
  }
}

/// Carries a place on to a part of its value: points outside the part have no element there.
void NestBuilder::spread_inside(ValueId value, Coordinates at, Guard guard) {
  const Shape sizes = type(value).sizes();
  for (size_t d = 0; d < at.size(); ++d) require(guard, at[d], 0, sizes[d]);
  spread_to(value, std::move(at), std::move(guard));
}

std::optional<NestBuilder::Place> NestBuilder::output_place(ValueId output) {
  const int64_t elements = count(type(output));
  const int64_t rows = nest_.parallel_extent();
  const int64_t all = rows * nest_.reduce_extent();
  if (const auto known = places_.find(output); known != places_.end()) {
    bool full = false;
    for (const Index& index : known->second.at) full = full || depends_on(index, nest_.reduce);
    const int64_t walked = full ? all : rows;
    // A slice of what is walked is stored from there, unless most of the walk would be for nothing.
    const bool enough = known->second.guard.empty() ? elements == walked : elements > 1 && elements * kMostWalked >= walked;
    if (enough) return known->second;
    return std::nullopt;
  }
  if (elements != all && elements != rows) return std::nullopt;
  // Any one-to-one walk is right; the row-major one is the natural guess.
  if (elements == rows && elements != all) {
    std::vector<int64_t> extents;
    for (const AxisId axis : nest_.parallel) extents.push_back(nest_.space.extent(axis));
    return Place{unravel(nest_.space, ravel(nest_.space, axes_coordinates(nest_.parallel), extents), type(output).sizes()), {}};
  }
  const Coordinates& home = places_.at(domain_value_).at;
  return Place{unravel(nest_.space, ravel(nest_.space, home, type(domain_value_).sizes()), type(output).sizes()), {}};
}

}  // namespace ka
