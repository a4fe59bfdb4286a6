// Losses against class numbers: negative log-likelihood and cross entropy.
#include "ops/recipes.h"
#include "ops/rows.h"

namespace ka::ops_drawer {
namespace {

/// The parts of a class loss, per sample.
struct Picked {
  ValueId loss;    ///< −weight · log p of the target class, 0 where ignored
  ValueId weight;  ///< the target class's weight, 0 where ignored
};

int64_t class_dim(const Rewriter& rewriter, ValueId scores) { return rewriter.rank(scores) == 1 ? 0 : 1; }

/// A weight per class, shaped to stand at the class dim.
ValueId class_weights(Rewriter& rewriter, ValueId weight, ValueId scores) {
  Shape along(static_cast<size_t>(rewriter.rank(scores)), 1);
  along[static_cast<size_t>(class_dim(rewriter, scores))] = rewriter.type(weight).element_count();
  return rewriter.view(rewriter.cast(weight, rewriter.dtype(scores)), along);
}

ValueId gathered(Rewriter& rewriter, ValueId self, int64_t dim, ValueId index) {
  return rewriter.call("aten.gather.default",
                       {{"self", Argument{Ref{self}}}, {"dim", Argument{dim}}, {"index", Argument{Ref{index}}}},
                       contiguous_type(rewriter.dtype(self), rewriter.shape(index)));
}

Picked pick_target(Rewriter& rewriter, const Node& node, ValueId logs) {
  const int64_t dim = class_dim(rewriter, logs);
  const Dtype dtype = rewriter.dtype(logs);
  const ValueId target = rewriter.cast(rewriter.operand(node, "target"), Dtype::kInt64);
  const ValueId kept = rewriter.compare("aten.ne.Scalar", target, Argument{integer_or(node, "ignore_index", -100)});
  const ValueId index = rewriter.unsqueeze(rewriter.where(kept, Argument{Ref{target}}, Argument{int64_t{0}}, Dtype::kInt64), dim);
  const ValueId chosen = rewriter.squeeze(gathered(rewriter, logs, dim, index), {dim});
  const auto unless_ignored = [&](ValueId value) { return rewriter.where(kept, Argument{Ref{value}}, Argument{0.0}, dtype); };
  const ValueId loss = rewriter.unary("aten.neg.default", chosen);
  if (!rewriter.has_operand(node, "weight")) return {unless_ignored(loss), rewriter.cast(kept, dtype)};
  const ValueId all = rewriter.expand(class_weights(rewriter, rewriter.operand(node, "weight"), logs), rewriter.shape(logs));
  const ValueId weight = rewriter.squeeze(gathered(rewriter, all, dim, index), {dim});
  return {unless_ignored(multiply(rewriter, loss, weight)), unless_ignored(weight)};
}

/// Reduces by 0 none, 1 mean (divided by the weights' sum), 2 sum.
ValueId reduced(Rewriter& rewriter, int64_t reduction, ValueId loss, ValueId weight) {
  if (reduction == 0) return loss;
  const ValueId total = rewriter.sum(loss, {}, false);
  return reduction == 2 ? total : divide(rewriter, total, rewriter.sum(weight, {}, false));
}

Status negative_log_likelihood(Rewriter& rewriter, const Node& node) {
  const ValueId logs = to_accumulate(rewriter, rewriter.operand(node, "self"));
  const int64_t reduction = integer_or(node, "reduction", 1);
  const Picked picked = pick_target(rewriter, node, logs);
  if (const TensorType* type = rewriter.result(node))
    rewriter.bind(node, 0, rewriter.cast(reduced(rewriter, reduction, picked.loss, picked.weight), type->dtype));
  if (const TensorType* type = rewriter.result(node, 1)) {
    // A lone sample has a weight even where nothing is reduced.
    const ValueId total = reduction == 0 && rewriter.rank(logs) > 1 ? rewriter.full(type->sizes(), Argument{0.0}, type->dtype)
                                                                    : rewriter.sum(picked.weight, {}, false);
    rewriter.bind(node, 1, rewriter.cast(total, type->dtype));
  }
  return {};
}

/// Targets that are a distribution over the classes.
ValueId against_chances(Rewriter& rewriter, const Node& node, ValueId logs, double smoothing) {
  const int64_t dim = class_dim(rewriter, logs);
  const auto classes = static_cast<double>(rewriter.shape(logs)[static_cast<size_t>(dim)]);
  ValueId target = rewriter.cast(rewriter.operand(node, "target"), rewriter.dtype(logs));
  if (smoothing > 0) target = add(rewriter, multiply(rewriter, target, 1 - smoothing), smoothing / classes);
  ValueId product = multiply(rewriter, logs, target);
  if (rewriter.has_operand(node, "weight"))
    product = multiply(rewriter, product, class_weights(rewriter, rewriter.operand(node, "weight"), logs));
  const ValueId loss = rewriter.unary("aten.neg.default", rewriter.sum(product, {dim}, false));
  const int64_t reduction = integer_or(node, "reduction", 1);
  if (reduction == 0) return loss;
  const ValueId total = rewriter.sum(loss, {}, false);
  return reduction == 2 ? total : divide(rewriter, total, static_cast<double>(rewriter.type(logs).element_count()) / classes);
}

Status cross_entropy(Rewriter& rewriter, const Node& node) {
  const ValueId scores = rewriter.operand(node, "self");
  const int64_t dim = class_dim(rewriter, scores);
  const ValueId logs = log_softmax(rewriter, scores, dim);
  const double smoothing = number_or(node, "label_smoothing", 0);
  const Dtype dtype = rewriter.result(node)->dtype;
  if (is_floating(rewriter.dtype(rewriter.operand(node, "target")))) {
    rewriter.bind(node, 0, rewriter.cast(against_chances(rewriter, node, logs, smoothing), dtype));
    return {};
  }
  const int64_t reduction = integer_or(node, "reduction", 1);
  const Picked picked = pick_target(rewriter, node, logs);
  ValueId loss = reduced(rewriter, reduction, picked.loss, picked.weight);
  if (smoothing > 0) {
    // A share of the loss is spread evenly over all classes.
    ValueId all = logs;
    if (rewriter.has_operand(node, "weight"))
      all = multiply(rewriter, logs, class_weights(rewriter, rewriter.operand(node, "weight"), logs));
    const ValueId even = rewriter.unary("aten.neg.default", rewriter.sum(all, {dim}, false));
    const ValueId kept =
        rewriter.compare("aten.ne.Scalar", rewriter.operand(node, "target"), Argument{integer_or(node, "ignore_index", -100)});
    const ValueId spread = reduced(rewriter, reduction,
                                   rewriter.where(kept, Argument{Ref{even}}, Argument{0.0}, rewriter.dtype(even)), picked.weight);
    const auto classes = static_cast<double>(rewriter.shape(logs)[static_cast<size_t>(dim)]);
    loss = add(rewriter, multiply(rewriter, loss, 1 - smoothing), multiply(rewriter, spread, smoothing / classes));
  }
  rewriter.bind(node, 0, rewriter.cast(loss, dtype));
  return {};
}

}  // namespace

void class_losses(OpTable& table) {
  composite(table,
            {"aten.nll_loss_forward.default", "aten.nll_loss2d_forward.default", "aten.nll_loss.default",
             "aten.nll_loss2d.default", "aten.nll_loss_nd.default"},
            negative_log_likelihood);
  composite(table, {"aten.cross_entropy_loss.default"}, cross_entropy);
}

}  // namespace ka::ops_drawer
