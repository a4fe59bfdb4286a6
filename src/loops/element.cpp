#include <algorithm>
#include <utility>

#include "base/check.h"
#include "loops/builder.h"
#include "ops/table.h"

namespace ka {

NestBuilder::NestBuilder(const GraphFacts& facts, const std::vector<NodeId>& members)
    : facts_(facts), graph_(facts.graph), members_(members.begin(), members.end()), ordered_members_(members) {
  std::sort(ordered_members_.begin(), ordered_members_.end());
}

bool NestBuilder::build(const std::vector<ValueId>& outputs) {
  KA_CHECK(!outputs.empty(), "a nest without outputs");
  for (const NodeId member : ordered_members_) {
    if (!is_recurrence(graph_.node(member))) continue;
    if (ordered_members_.size() > 1) return refuse("a recurrence is a launch of its own"), false;
    return build_recurrence(graph_.node(member), outputs.front());
  }
  if (!choose_domain(outputs)) return false;
  spread_coordinates();
  for (const ValueId output : outputs) {
    const std::optional<Place> place = output_place(output);
    if (!place) return refuse("they run over different extents"), false;
    const auto& [at, guard] = *place;
    if (guard != beyond_) elements_.clear();
    beyond_ = guard;
    const ExprId value = element(output, at, {});
    if (value == kNone) return false;
    Write write{output, dot(nest_.space, at, type(output).strides()), value, false, guard};
    write.per_row = nest_.kind == Nest::Kind::kReduce &&
                    std::none_of(at.begin(), at.end(), [&](const Index& i) { return depends_on(i, nest_.reduce); });
    if (write.per_row) {
      const std::vector<bool> used = nest_.axes_of(value);
      for (const AxisId axis : nest_.reduce) {
        if (used[static_cast<size_t>(axis)])
          return refuse("a result for each row would depend on the position in the row"), false;
      }
    }
    nest_.writes.push_back(std::move(write));
  }
  if (nest_.kind == Nest::Kind::kAttend && nest_.attention.score == kNone) {
    return refuse("the attention's result is not used here"), false;
  }
  if (nest_.kind == Nest::Kind::kContract && nest_.contraction.left == kNone) {
    return refuse("the matmul's result is not used here"), false;
  }
  for (const NodeId member : ordered_members_) {
    if (!visited_nodes_.contains(member)) return refuse("part of the work has no output here"), false;
  }
  nest_.nodes.assign(visited_nodes_.begin(), visited_nodes_.end());
  std::sort(nest_.nodes.begin(), nest_.nodes.end());
  return true;
}

ExprId NestBuilder::refuse(std::string reason) {
  if (reason_.empty()) reason_ = std::move(reason);
  return kNone;
}

ExprId NestBuilder::add(Expr expr) {
  int ready = 0;
  for (const ExprId operand : expr.operands) ready = std::max(ready, ready_after_[static_cast<size_t>(operand)]);
  const auto look = [&](const Index& index) {
    nest_.space.visit(
        index, [](AxisId) {}, [&](ExprId data) { ready = std::max(ready, ready_after_[static_cast<size_t>(data)]); });
  };
  look(expr.index);
  for (const Condition& c : expr.guard) look(c.index);
  if (expr.kind == Expr::Kind::kReduced) ready = nest_.reductions[static_cast<size_t>(expr.number)].sweep + 1;
  nest_.exprs.push_back(std::move(expr));
  ready_after_.push_back(ready);
  return static_cast<ExprId>(nest_.exprs.size() - 1);
}

ExprId NestBuilder::constant(Argument literal, Dtype dtype) {
  Expr e;
  e.kind = Expr::Kind::kConstant;
  e.type = dtype;
  e.literal = std::move(literal);
  return add(std::move(e));
}

ExprId NestBuilder::select(Guard guard, ExprId yes, ExprId no, Dtype dtype) {
  if (guard.empty()) return yes;
  Expr e;
  e.kind = Expr::Kind::kSelect;
  e.type = dtype;
  e.guard = std::move(guard);
  e.operands = {yes, no};
  return add(std::move(e));
}

bool NestBuilder::always_within(const Index& index, int64_t low, int64_t high) const {
  bool has_data = false;
  nest_.space.visit(
      index, [](AxisId) {}, [&](ExprId) { has_data = true; });
  const Range r = nest_.space.range(index);
  return !has_data && r.low >= low && r.high < high;
}

void NestBuilder::require(Guard& guard, const Index& index, int64_t low, int64_t high) const {
  if (always_within(index, low, high)) return;
  Condition condition{index, low, high};
  const auto place = std::lower_bound(guard.begin(), guard.end(), condition);
  if (place == guard.end() || *place != condition) guard.insert(place, std::move(condition));
}

bool NestBuilder::needs_no_guard(ValueId value, const Coordinates& at) {
  constexpr int64_t kNearElements = int64_t{1} << 14;
  if (!below_operator_) return false;
  const int64_t last = last_offset(type(value));
  return last < kNearElements && always_within(dot(nest_.space, at, type(value).strides()), 0, last + 1);
}

ExprId NestBuilder::element(ValueId value, const Coordinates& at, const Guard& guard) {
  const NodeId producer = graph_.value(value).producer;
  const bool follows = is_followed(producer);
  if (!guard.empty() && !follows && needs_no_guard(value, at)) return element(value, at, {});
  const auto key = std::make_tuple(value, at, guard);
  if (const auto known = elements_.find(key); known != elements_.end()) return known->second;
  ExprId out = kNone;
  if (follows) {
    visited_nodes_.insert(producer);
    out = compute(graph_.node(producer), value, at, guard);
  } else {
    out = load(value, at, guard);
  }
  if (out != kNone) elements_.emplace(key, out);
  return out;
}

ExprId NestBuilder::element_below(bool is_operator, ValueId value, const Coordinates& at, const Guard& guard) {
  const bool above = std::exchange(below_operator_, is_operator);
  const ExprId read = element(value, at, guard);
  below_operator_ = above;
  return read;
}

ExprId NestBuilder::load(ValueId value, const Coordinates& at, const Guard& guard) {
  Expr e;
  e.kind = Expr::Kind::kLoad;
  e.type = type(value).dtype;
  e.tensor = value;
  e.index = dot(nest_.space, at, type(value).strides());
  e.guard = guard;
  const Range range = nest_.space.range(e.index);
  const bool stays = range.low >= 0 && range.high <= last_offset(type(value));
  for (const Condition& c : stays ? Guard{} : beyond_) require(e.guard, c.index, c.low, c.high);
  return add(std::move(e));
}

ExprId NestBuilder::compute(const Node& node, ValueId value, const Coordinates& at, const Guard& guard) {
  const OpRow& row = *op_table().find(node.op);
  switch (row.op_class) {
    case OpClass::kPointwise: return pointwise(node, value, at, guard);
    case OpClass::kReduce: return reduced(node, value, at, guard);
    case OpClass::kScan: return scanned(node, value, at);
    case OpClass::kRecur: return refuse("a recurrence cannot be recomputed for every element that uses it");
    case OpClass::kContract: return nest_.kind == Nest::Kind::kAttend ? scored(node, value, at) : product(node, value, at);
    case OpClass::kAttend: return attended(node, value, at);
    case OpClass::kGather: return gathered(node, value, at, guard);
    case OpClass::kSource: return source(node, value, at, guard);
    case OpClass::kView:
      if (node.op == "aten.cat.default") return concatenated(node, value, at, guard);
      if (auto there = through_view(node, at)) return element(node.at("self").ref(), *there, guard);
      return guarded_view(node, value, at, guard);
    case OpClass::kDraw: return refuse("PyTorch draws random numbers, before the kernels");
    case OpClass::kOpaque: return refuse(opaque_operator(node) + " is left to another author");
    case OpClass::kComposite: break;
  }
  return refuse(node.op + " was not decomposed");
}

ExprId NestBuilder::pointwise(const Node& node, ValueId value, const Coordinates& at, const Guard& guard) {
  Expr e;
  e.kind = Expr::Kind::kOperator;
  e.type = type(value).dtype;
  e.node = static_cast<NodeId>(&node - graph_.nodes.data());
  for (const ValueId operand : Graph::operands(node)) {
    const Shape sizes = type(operand).sizes();
    Coordinates there(sizes.size());
    for (size_t i = 0; i < sizes.size(); ++i) {
      if (sizes[i] != 1) there[i] = at[at.size() - sizes.size() + i];
    }
    const ExprId input = element_below(true, operand, there, guard);
    if (input == kNone) return kNone;
    e.operands.push_back(input);
  }
  return add(std::move(e));
}

ExprId NestBuilder::reduced(const Node& node, ValueId value, const Coordinates& at, const Guard& guard) {
  if (nest_.kind != Nest::Kind::kReduce) return refuse("a reduction cannot be recomputed for every element that uses it");
  if (!(guard.empty() && beyond_.empty()) && !is_at_home(value, at)) return refuse("a reduction is read under a guard");
  for (const Index& index : at) {
    if (depends_on(index, nest_.reduce)) return refuse("it needs the reduction's results of other rows");
  }
  const NodeId id = static_cast<NodeId>(&node - graph_.nodes.data());
  const ValueId input = node.at("self").ref();
  const Shape sizes = type(input).sizes();
  const std::vector<int64_t> dims = reduced_dims(graph_, node);
  std::vector<int64_t> extents;
  for (const int64_t d : dims) extents.push_back(sizes[static_cast<size_t>(d)]);
  std::vector<int64_t> row_extents;
  for (const AxisId axis : nest_.reduce) row_extents.push_back(nest_.space.extent(axis));
  int64_t elements = 1;
  for (const int64_t extent : extents) elements *= extent;
  if (elements != nest_.reduce_extent()) return refuse("the reductions run over different extents");

  Coordinates row = axes_coordinates(nest_.reduce);
  if (extents != row_extents) row = unravel(nest_.space, ravel(nest_.space, row, row_extents), extents);
  Coordinates there(sizes.size());
  const bool keep = keeps_dims(node);
  size_t next = 0;
  size_t next_reduced = 0;
  for (size_t d = 0; d < sizes.size(); ++d) {
    const bool gone = std::find(dims.begin(), dims.end(), static_cast<int64_t>(d)) != dims.end();
    if (gone)
      there[d] = row[next_reduced++];
    else
      there[d] = at[next];
    if (!gone || keep) ++next;
  }
  const auto key = std::make_pair(id, there);
  if (!reductions_.contains(key)) {
    const Guard stored = std::exchange(beyond_, {});  // every row is walked, stored or not
    const ExprId expr = element(input, there, {});
    if (expr == kNone) return kNone;
    beyond_ = stored;
    Reduction r;
    r.node = id;
    r.input = expr;
    r.type = type(node.outputs[0] == kNone ? value : node.outputs[0]).dtype;
    r.sweep = ready_after_[static_cast<size_t>(expr)];
    const std::string& op = node.op;
    r.kind = op.starts_with("aten.sum")      ? ReduceKind::kSum
             : op.starts_with("aten.amax")   ? ReduceKind::kMax
             : op.starts_with("aten.amin")   ? ReduceKind::kMin
             : op.starts_with("aten.argmax") ? ReduceKind::kArgmax
             : op.starts_with("aten.argmin") ? ReduceKind::kArgmin
             : op.starts_with("aten.any")    ? ReduceKind::kAny
             : op.starts_with("aten.all")    ? ReduceKind::kAll
             : op == "ka.moments"            ? ReduceKind::kMoments
                                             : ReduceKind::kProd;
    nest_.reductions.push_back(r);
    reductions_.emplace(key, static_cast<int32_t>(nest_.reductions.size() - 1));
  }
  Expr e;
  e.kind = Expr::Kind::kReduced;
  e.type = type(value).dtype;
  e.number = reductions_.at(key);
  e.result = graph_.value(value).output_index;
  e.node = id;
  // Rows other than this program's are told apart by their coordinates, so that equal reductions at other rows stay apart.
  return add(std::move(e));
}

ExprId NestBuilder::scanned(const Node& node, ValueId value, const Coordinates& at) {
  if (nest_.kind != Nest::Kind::kScan) return refuse("a running sum cannot be recomputed for every element that uses it");
  const NodeId id = static_cast<NodeId>(&node - graph_.nodes.data());
  const ValueId input = node.at("self").ref();
  if (!is_at_home(domain_value_, at)) return refuse("it needs other elements of the scan than its own");
  if (type(input).sizes() != type(domain_value_).sizes() ||
      reduced_dims(graph_, node) != reduced_dims(graph_, graph_.node(domain_node_)))
    return refuse("the scans run over different extents");
  if (!scans_.contains(id)) {
    const Guard stored = std::exchange(beyond_, {});
    const ExprId expr = element(input, at, {});
    if (expr == kNone) return kNone;
    beyond_ = stored;
    const std::string& op = node.op;
    const ScanKind kind = op.starts_with("aten.cumprod")        ? ScanKind::kProd
                          : op.starts_with("ka.cummax")         ? ScanKind::kMax
                          : op.starts_with("ka.cummin")         ? ScanKind::kMin
                          : op.starts_with("aten.logcumsumexp") ? ScanKind::kLogSumExp
                                                                : ScanKind::kSum;
    nest_.scans.push_back({kind, expr, type(value).dtype, id});
    scans_.emplace(id, static_cast<int32_t>(nest_.scans.size() - 1));
  }
  Expr e;
  e.kind = Expr::Kind::kScanned;
  e.type = type(value).dtype;
  e.number = scans_.at(id);
  e.node = id;
  return add(std::move(e));
}

ExprId NestBuilder::product(const Node& node, ValueId value, const Coordinates& at) {
  Contraction& c = nest_.contraction;
  if (nest_.kind != Nest::Kind::kContract) return refuse("a matmul cannot be recomputed for every element that uses it");
  if (!is_at_home(domain_value_, at)) return refuse("it needs other elements of the matmul than its own");
  if (c.left == kNone) {
    const Guard stored = std::exchange(beyond_, {});
    Coordinates left = axes_coordinates(c.batch);
    Coordinates right = left;
    const Index k = nest_.space.axis(c.depth.front());
    left.push_back(nest_.space.axis(c.rows.front()));
    left.push_back(k);
    right.push_back(k);
    right.push_back(nest_.space.axis(c.columns.front()));
    c.left = element(node.at("self").ref(), left, {});
    if (c.left == kNone) return kNone;
    c.right = element(node.at("mat2").ref(), right, {});
    if (c.right == kNone) return kNone;
    beyond_ = stored;
  }
  Expr e;
  e.kind = Expr::Kind::kProduct;
  e.type = type(value).dtype;
  e.node = c.node;
  return add(std::move(e));
}

std::variant<Nest, Decision> build_nest(const GraphFacts& facts, const std::vector<NodeId>& members,
                                        const std::vector<ValueId>& outputs) {
  NestBuilder builder(facts, members);
  if (!builder.build(outputs)) return Decision::refuse(builder.reason());
  return builder.take();
}

}  // namespace ka
