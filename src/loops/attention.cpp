#include <utility>

#include "loops/builder.h"

namespace ka {

void NestBuilder::choose_attention(const std::vector<AxisId>& axes) {
  const Node& node = graph_.node(domain_node_);
  Attention& a = nest_.attention;
  a.node = domain_node_;
  a.batch.assign(axes.begin(), axes.end() - 2);
  a.row = axes[axes.size() - 2];
  a.unit = axes.back();
  a.key = nest_.space.add_axis(type(node.at("self").ref()).sizes().back());
  a.type = type(domain_value_).dtype;
  a.value_type = type(node.at("mat2").ref()).dtype;
  a.safe = node.at("safe").truth();
}

ExprId NestBuilder::attended(const Node& node, ValueId value, const Coordinates& at) {
  if (nest_.kind != Nest::Kind::kAttend) return refuse("attention cannot be recomputed for every element that uses it");
  if (!is_at_home(domain_value_, at)) return refuse("it needs other elements of the attention than its own");
  Attention& a = nest_.attention;
  if (a.score == kNone) {
    const Guard stored = std::exchange(beyond_, {});
    Coordinates scores = axes_coordinates(a.batch);
    Coordinates values = scores;
    scores.push_back(nest_.space.axis(a.row));
    scores.push_back(nest_.space.axis(a.key));
    values.push_back(nest_.space.axis(a.key));
    values.push_back(nest_.space.axis(a.unit));
    a.score = element(node.at("self").ref(), scores, {});
    if (a.score == kNone) return kNone;
    a.value = element(node.at("mat2").ref(), values, {});
    if (a.value == kNone) return kNone;
    beyond_ = stored;
  }
  Expr e;
  e.kind = Expr::Kind::kProduct;
  e.type = type(value).dtype;
  e.node = a.node;
  return add(std::move(e));
}

/// The product below the scores, asked for at a batch, the row and the key.
ExprId NestBuilder::scored(const Node& node, ValueId value, const Coordinates& at) {
  Attention& a = nest_.attention;
  const NodeId id = static_cast<NodeId>(&node - graph_.nodes.data());
  const Index row = nest_.space.axis(a.row), key = nest_.space.axis(a.key);
  const bool in_place = at[at.size() - 2] == row && at.back() == key && (a.product == kNone || a.product == id);
  if (!in_place || a.score != kNone) return refuse("each matmul is a launch of its own");
  for (size_t d = 0; d + 2 < at.size(); ++d) {
    if (depends_on(at[d], {a.row, a.key, a.unit})) return refuse("the scores of a row come from several products");
  }
  if (a.left == kNone) {
    const int64_t depth = type(node.at("self").ref()).sizes().back();
    if (depth < 2 || depth > kWidestHead) return refuse("a block of rows and what it is multiplied with are too wide to be held");
    a.product = id;
    a.depth = nest_.space.add_axis(depth);
    a.operand_type = type(node.at("self").ref()).dtype;
    Coordinates left(at.begin(), at.end() - 2);
    Coordinates right = left;
    left.push_back(row);
    left.push_back(nest_.space.axis(a.depth));
    right.push_back(nest_.space.axis(a.depth));
    right.push_back(key);
    a.left = element(node.at("self").ref(), left, {});
    if (a.left == kNone) return kNone;
    a.right = element(node.at("mat2").ref(), right, {});
    if (a.right == kNone) return kNone;
  }
  Expr e;
  e.kind = Expr::Kind::kScore;
  e.type = type(value).dtype;
  e.node = id;
  return add(std::move(e));
}

}  // namespace ka
