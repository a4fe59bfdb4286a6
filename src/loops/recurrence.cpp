#include <algorithm>

#include "loops/builder.h"

namespace ka {

bool NestBuilder::build_recurrence(const Node& node, ValueId output) {
  IndexSpace& space = nest_.space;
  nest_.kind = Nest::Kind::kRecur;
  Recurrence& r = nest_.recurrence;
  r.cell = node.op == "ka.lstm"       ? CellKind::kLstm
           : node.op == "ka.gru"      ? CellKind::kGru
           : node.op == "ka.rnn_relu" ? CellKind::kRelu
                                      : CellKind::kTanh;
  r.node = static_cast<NodeId>(&node - graph_.nodes.data());
  const Shape sizes = type(output).sizes();  // states, steps, rows, units
  const int64_t steps = sizes[1];
  r.units = sizes[3];
  r.step = space.add_axis(steps);
  r.row = space.add_axis(sizes[2]);
  r.unit = space.add_axis(r.units);
  r.depth = space.add_axis(r.units);
  nest_.parallel = {r.row};
  const bool reverse = node.at("reverse").truth();
  const Index row = space.axis(r.row);
  const Index unit = space.axis(r.unit);
  const Index depth = space.axis(r.depth);
  const Index step = space.axis(r.step);
  const Index time = reverse ? space.add(space.scale(step, -1), steps - 1) : step;
  const Index before = space.add(time, reverse ? 1 : -1);

  const auto read = [&](std::string_view argument, const Coordinates& at, std::vector<ExprId>& into) {
    into.push_back(element(node.at(argument).ref(), at, {}));
    return into.back() != kNone;
  };
  const int64_t gates = type(node.at("self").ref()).sizes().back() / r.units;
  for (int64_t gate = 0; gate < gates; ++gate) {
    const Index at = space.add(unit, gate * r.units);
    if (!read("self", {time, row, at}, r.gates) || !read("weight", {at, depth}, r.weights)) return false;
    if (node.at("bias").is_ref() && !read("bias", {at}, r.biases)) return false;
  }
  r.first_hidden_deep = element(node.at("hidden").ref(), {row, depth}, {});
  if (r.first_hidden_deep == kNone || !read("hidden", {row, unit}, r.first)) return false;
  if (r.cell == CellKind::kLstm && !read("cell", {row, unit}, r.first)) return false;

  const std::vector<int64_t> strides = type(output).strides();
  r.last_hidden_deep = dot(space, {IndexSpace::constant(0), before, row, depth}, strides);
  for (int64_t state = 0; state < sizes[0]; ++state) {
    const Index which = IndexSpace::constant(state);
    r.last.push_back(dot(space, {which, before, row, unit}, strides));
    Expr e;
    e.kind = Expr::Kind::kState;
    e.type = type(output).dtype;
    e.number = static_cast<int32_t>(state);
    e.node = r.node;
    nest_.writes.push_back({output, dot(space, {which, time, row, unit}, strides), add(std::move(e)), false});
  }
  visited_nodes_.insert(r.node);
  nest_.nodes.assign(visited_nodes_.begin(), visited_nodes_.end());
  std::sort(nest_.nodes.begin(), nest_.nodes.end());
  return true;
}

}  // namespace ka
