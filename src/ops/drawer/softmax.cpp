// Softmax and its relatives.
#include "ops/recipes.h"
#include "ops/rows.h"

namespace ka::ops_drawer {
namespace {

/// The operand in the type the result is computed in: `dtype=` converts before, not after.
ValueId source(Rewriter& rewriter, const Node& node) {
  return rewriter.cast(rewriter.operand(node, "self"), accumulate_type(rewriter.result(node)->dtype));
}

Status bind_cast(Rewriter& rewriter, const Node& node, ValueId value) {
  rewriter.bind(node, 0, rewriter.cast(value, rewriter.result(node)->dtype));
  return {};
}

Status plain(Rewriter& rewriter, const Node& node) {
  return bind_cast(rewriter, node, softmax(rewriter, source(rewriter, node), node.at("dim").integer()));
}
Status safe(Rewriter& rewriter, const Node& node) {
  return bind_cast(rewriter, node, softmax(rewriter, source(rewriter, node), node.at("dim").integer(), true));
}
Status logarithmic(Rewriter& rewriter, const Node& node) {
  return bind_cast(rewriter, node, log_softmax(rewriter, source(rewriter, node), node.at("dim").integer()));
}
Status log_sum_exp(Rewriter& rewriter, const Node& node) {
  return bind_cast(rewriter, node,
                   logsumexp(rewriter, source(rewriter, node), integers_or_empty(node, "dim"), truth_or(node, "keepdim", false)));
}

}  // namespace

void softmax(OpTable& table) {
  composite(table, {"aten._softmax.default", "aten.softmax.int", "aten.special_softmax.default"}, plain);
  composite(table, {"aten._safe_softmax.default"}, safe);
  composite(table, {"aten._log_softmax.default", "aten.log_softmax.int", "aten.special_log_softmax.default"}, logarithmic);
  composite(table, {"aten.logsumexp.default", "aten.special_logsumexp.default"}, log_sum_exp);
}

}  // namespace ka::ops_drawer
