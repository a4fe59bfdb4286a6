// Losses and similarities.
#include "ops/recipes.h"
#include "ops/rows.h"

namespace ka::ops_drawer {
namespace {

ValueId wide_operand(Rewriter& rewriter, const Node& node, const char* name) {
  return to_accumulate(rewriter, rewriter.operand(node, name));
}

ValueId clamp_min(Rewriter& rewriter, ValueId self, double low) {
  return rewriter.call("aten.clamp_min.default", {{"self", Argument{Ref{self}}}, {"min", Argument{low}}},
                       contiguous_type(rewriter.dtype(self), rewriter.shape(self)));
}
ValueId negative(Rewriter& rewriter, ValueId self) { return rewriter.unary("aten.neg.default", self); }
/// number − self
ValueId from_number(Rewriter& rewriter, double number, ValueId self) { return add(rewriter, negative(rewriter, self), number); }
ValueId choose(Rewriter& rewriter, ValueId condition, ValueId yes, Argument no) {
  return rewriter.where(condition, Argument{Ref{yes}}, std::move(no), rewriter.dtype(yes));
}
ValueId weighted(Rewriter& rewriter, const Node& node, ValueId loss) {
  return rewriter.has_operand(node, "weight") ? multiply(rewriter, loss, wide_operand(rewriter, node, "weight")) : loss;
}

ValueId apart(Rewriter& rewriter, const Node& node) {
  return subtract(rewriter, wide_operand(rewriter, node, "self"), wide_operand(rewriter, node, "target"));
}

Status squared(Rewriter& rewriter, const Node& node) {
  const ValueId difference = apart(rewriter, node);
  bind_reduced(rewriter, node, multiply(rewriter, difference, difference));
  return {};
}

Status absolute(Rewriter& rewriter, const Node& node) {
  bind_reduced(rewriter, node, rewriter.unary("aten.abs.default", apart(rewriter, node)));
  return {};
}

/// Quadratic below a bound, linear above. smooth_l1 is huber divided by its bound.
Status rounded_corner(Rewriter& rewriter, const Node& node) {
  const bool huber = node.op == "aten.huber_loss.default";
  const double bound = number_or(node, huber ? "delta" : "beta", 1);
  const ValueId size = rewriter.unary("aten.abs.default", apart(rewriter, node));
  if (bound == 0) {
    bind_reduced(rewriter, node, size);
    return {};
  }
  const ValueId square = multiply(rewriter, multiply(rewriter, size, size), huber ? 0.5 : 0.5 / bound);
  const ValueId line = multiply(rewriter, add(rewriter, size, -0.5 * bound), huber ? bound : 1);
  const ValueId near = rewriter.compare("aten.lt.Scalar", size, Argument{bound});
  bind_reduced(rewriter, node, choose(rewriter, near, square, Argument{Ref{line}}));
  return {};
}

/// Logarithms are held at −100, as in PyTorch.
Status cross_entropy_of_chances(Rewriter& rewriter, const Node& node) {
  const ValueId chance = wide_operand(rewriter, node, "self");
  const ValueId target = wide_operand(rewriter, node, "target");
  const ValueId yes = clamp_min(rewriter, rewriter.unary("aten.log.default", chance), -100);
  const ValueId no = clamp_min(rewriter, rewriter.unary("aten.log1p.default", negative(rewriter, chance)), -100);
  const ValueId loss = subtract(rewriter, multiply(rewriter, add(rewriter, target, -1.0), no), multiply(rewriter, target, yes));
  bind_reduced(rewriter, node, weighted(rewriter, node, loss));
  return {};
}

Status cross_entropy_of_logits(Rewriter& rewriter, const Node& node) {
  const ValueId logit = wide_operand(rewriter, node, "self");
  const ValueId target = wide_operand(rewriter, node, "target");
  ValueId yes = rewriter.unary("aten.log_sigmoid.default", logit);
  if (rewriter.has_operand(node, "pos_weight")) {
    const ValueId extra = add(rewriter, wide_operand(rewriter, node, "pos_weight"), -1.0);
    yes = multiply(rewriter, yes, add(rewriter, multiply(rewriter, extra, target), 1.0));
  }
  const ValueId loss = subtract(rewriter, multiply(rewriter, from_number(rewriter, 1, target), logit), yes);
  bind_reduced(rewriter, node, weighted(rewriter, node, loss));
  return {};
}

Status kl_divergence(Rewriter& rewriter, const Node& node) {
  const ValueId input = wide_operand(rewriter, node, "self");
  const ValueId target = wide_operand(rewriter, node, "target");
  if (truth_or(node, "log_target", false)) {
    bind_reduced(rewriter, node,
                 multiply(rewriter, rewriter.unary("aten.exp.default", target), subtract(rewriter, target, input)));
    return {};
  }
  const ValueId entropy = rewriter.binary("aten.xlogy.Tensor", target, target);
  bind_reduced(rewriter, node, subtract(rewriter, entropy, multiply(rewriter, target, input)));
  return {};
}

Status hinge_embedding(Rewriter& rewriter, const Node& node) {
  const ValueId self = wide_operand(rewriter, node, "self");
  const ValueId target = rewriter.operand(node, "target");
  const ValueId margin = clamp_min(rewriter, from_number(rewriter, number_or(node, "margin", 1), self), 0);
  const ValueId far = choose(rewriter, rewriter.compare("aten.ne.Scalar", target, Argument{int64_t{1}}), margin, Argument{0.0});
  const ValueId near = choose(rewriter, rewriter.compare("aten.ne.Scalar", target, Argument{int64_t{-1}}), self, Argument{0.0});
  bind_reduced(rewriter, node, add(rewriter, far, near));
  return {};
}

Status margin_ranking(Rewriter& rewriter, const Node& node) {
  const ValueId lead = subtract(rewriter, wide_operand(rewriter, node, "input1"), wide_operand(rewriter, node, "input2"));
  const ValueId short_of = multiply(rewriter, negative(rewriter, wide_operand(rewriter, node, "target")), lead);
  bind_reduced(rewriter, node, clamp_min(rewriter, add(rewriter, short_of, number_or(node, "margin", 0)), 0));
  return {};
}

Status soft_margin(Rewriter& rewriter, const Node& node) {
  const ValueId product = multiply(rewriter, wide_operand(rewriter, node, "self"), wide_operand(rewriter, node, "target"));
  bind_reduced(rewriter, node,
               rewriter.unary("aten.log1p.default", rewriter.unary("aten.exp.default", negative(rewriter, product))));
  return {};
}

ValueId power(Rewriter& rewriter, ValueId self, double exponent) {
  return rewriter.call("aten.pow.Tensor_Scalar", {{"self", Argument{Ref{self}}}, {"exponent", Argument{exponent}}},
                       contiguous_type(rewriter.dtype(self), rewriter.shape(self)));
}

/// ‖a − b + eps‖ₚ over the last dim.
ValueId distance(Rewriter& rewriter, ValueId a, ValueId b, double order, double eps) {
  const ValueId difference = add(rewriter, subtract(rewriter, a, b), eps);
  if (order == 2)
    return rewriter.unary("aten.sqrt.default", rewriter.sum(multiply(rewriter, difference, difference), {-1}, false));
  const ValueId size = rewriter.unary("aten.abs.default", difference);
  if (order == 1) return rewriter.sum(size, {-1}, false);
  return power(rewriter, rewriter.sum(power(rewriter, size, order), {-1}, false), 1 / order);
}

Status triplet_margin(Rewriter& rewriter, const Node& node) {
  const ValueId anchor = wide_operand(rewriter, node, "anchor");
  const ValueId positive = wide_operand(rewriter, node, "positive");
  const ValueId other = wide_operand(rewriter, node, "negative");
  const double order = number_or(node, "p", 2);
  const double eps = number_or(node, "eps", 1e-6);
  const ValueId near = distance(rewriter, anchor, positive, order, eps);
  ValueId far = distance(rewriter, anchor, other, order, eps);
  if (truth_or(node, "swap", false))
    far = rewriter.binary("aten.minimum.default", far, distance(rewriter, positive, other, order, eps));
  bind_reduced(rewriter, node,
               clamp_min(rewriter, add(rewriter, subtract(rewriter, near, far), number_or(node, "margin", 1)), 0));
  return {};
}

Status poisson_nll(Rewriter& rewriter, const Node& node) {
  const ValueId input = wide_operand(rewriter, node, "input");
  const ValueId target = wide_operand(rewriter, node, "target");
  if (truth_or(node, "full", false)) return cannot("with full=True (Stirling's term) it is not emitted");
  const bool logs = truth_or(node, "log_input", true);
  const ValueId rate = logs ? rewriter.unary("aten.exp.default", input) : input;
  const ValueId log_rate = logs ? input : rewriter.unary("aten.log.default", add(rewriter, input, number_or(node, "eps", 1e-8)));
  bind_reduced(rewriter, node, subtract(rewriter, rate, multiply(rewriter, target, log_rate)));
  return {};
}

ValueId root_of_squares(Rewriter& rewriter, ValueId self, int64_t dim) {
  return rewriter.unary("aten.sqrt.default", rewriter.sum(multiply(rewriter, self, self), {dim}, true));
}

Status cosine_similarity(Rewriter& rewriter, const Node& node) {
  ValueId a = wide_operand(rewriter, node, "x1");
  ValueId b = wide_operand(rewriter, node, "x2");
  const Shape size = broadcast(rewriter.shape(a), rewriter.shape(b));
  a = rewriter.expand(a, size);
  b = rewriter.expand(b, size);
  const int64_t dim = integer_or(node, "dim", 1);
  const double eps = number_or(node, "eps", 1e-8);
  const auto unit = [&](ValueId x) { return divide(rewriter, x, clamp_min(rewriter, root_of_squares(rewriter, x, dim), eps)); };
  rewriter.bind(node, 0,
                rewriter.cast(rewriter.sum(multiply(rewriter, unit(a), unit(b)), {dim}, false), rewriter.result(node)->dtype));
  return {};
}

/// cos for pairs marked 1, max(0, cos − margin) for pairs marked −1; PyTorch adds 1e-12 to the squared lengths.
Status cosine_embedding(Rewriter& rewriter, const Node& node) {
  const ValueId a = wide_operand(rewriter, node, "input1");
  const ValueId b = wide_operand(rewriter, node, "input2");
  const ValueId target = rewriter.operand(node, "target");
  const auto square = [&](ValueId x) { return add(rewriter, rewriter.sum(multiply(rewriter, x, x), {-1}, false), 1e-12); };
  const ValueId lengths = rewriter.unary("aten.sqrt.default", multiply(rewriter, square(a), square(b)));
  const ValueId cosine = divide(rewriter, rewriter.sum(multiply(rewriter, a, b), {-1}, false), lengths);
  const ValueId like = choose(rewriter, rewriter.compare("aten.eq.Scalar", target, Argument{int64_t{1}}),
                              from_number(rewriter, 1, cosine), Argument{0.0});
  const ValueId over = clamp_min(rewriter, add(rewriter, cosine, -number_or(node, "margin", 0)), 0);
  const ValueId unlike = choose(rewriter, rewriter.compare("aten.eq.Scalar", target, Argument{int64_t{-1}}), over, Argument{0.0});
  bind_reduced(rewriter, node, add(rewriter, like, unlike));
  return {};
}

}  // namespace

void losses(OpTable& table) {
  composite(table, {"aten.mse_loss.default"}, squared);
  composite(table, {"aten.l1_loss.default"}, absolute);
  composite(table, {"aten.smooth_l1_loss.default", "aten.huber_loss.default"}, rounded_corner);
  composite(table, {"aten.binary_cross_entropy.default"}, cross_entropy_of_chances);
  composite(table, {"aten.binary_cross_entropy_with_logits.default"}, cross_entropy_of_logits);
  composite(table, {"aten.kl_div.default"}, kl_divergence);
  composite(table, {"aten.hinge_embedding_loss.default"}, hinge_embedding);
  composite(table, {"aten.margin_ranking_loss.default"}, margin_ranking);
  composite(table, {"aten.soft_margin_loss.default"}, soft_margin);
  composite(table, {"aten.triplet_margin_loss.default"}, triplet_margin);
  composite(table, {"aten.poisson_nll_loss.default"}, poisson_nll);
  composite(table, {"aten.cosine_similarity.default"}, cosine_similarity);
  composite(table, {"aten.cosine_embedding_loss.default"}, cosine_embedding);
  refused(table,
          {"aten.multi_margin_loss.default", "aten.multilabel_margin_loss.default", "aten.multilabel_margin_loss_forward.default",
           "aten._ctc_loss.default", "aten._ctc_loss.Tensor", "aten.ctc_loss.IntList", "aten.ctc_loss.Tensor"},
          "not emitted yet; a model author can write it");
}

}  // namespace ka::ops_drawer
