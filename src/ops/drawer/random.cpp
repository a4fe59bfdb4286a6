// Random numbers are not emitted; dropout that draws none is the identity.
#include "ops/recipes.h"
#include "ops/rows.h"

namespace ka::ops_drawer {
namespace {

constexpr const char* kReason = "live dropout draws random numbers, which are not emitted yet; trace in eval mode or set p=0";

bool draws(const Node& node) {
  const bool training = truth_or(node, node.find("train") != nullptr ? "train" : "training", true);
  const double chance = number_or(node, "p", 0.5);
  return training && chance != 0;
}

Status dropout(Rewriter& rewriter, const Node& node) {
  if (draws(node)) return cannot(kReason);
  rewriter.bind(node, 0, rewriter.operand(node, "input"));
  return {};
}

Status native_dropout(Rewriter& rewriter, const Node& node) {
  if (draws(node)) return cannot(kReason);
  bind_copy(rewriter, node, 0, rewriter.operand(node, "input"));
  if (const TensorType* mask = rewriter.result(node, 1))
    rewriter.bind(node, 1, rewriter.full(mask->sizes(), Argument{true}, mask->dtype));
  return {};
}

}  // namespace

void random(OpTable& table) {
  aliasing(table,
           {"aten.dropout.default", "aten.alpha_dropout.default", "aten.feature_dropout.default",
            "aten.feature_alpha_dropout.default"},
           dropout);
  composite(table, {"aten.native_dropout.default"}, native_dropout);
  refused(table,
          {"aten.rand.default",
           "aten.randn.default",
           "aten.rand_like.default",
           "aten.randn_like.default",
           "aten.randint.default",
           "aten.randint.low",
           "aten.randint_like.default",
           "aten.randint_like.low_dtype",
           "aten.randperm.default",
           "aten.bernoulli.default",
           "aten.bernoulli.p",
           "aten.bernoulli.Tensor",
           "aten.normal_functional.default",
           "aten.normal.Tensor_float",
           "aten.normal.float_Tensor",
           "aten.normal.Tensor_Tensor",
           "aten.uniform.default",
           "aten.exponential.default",
           "aten.multinomial.default",
           "aten.poisson.default",
           "aten.cauchy.default"},
          "random numbers are not emitted yet; pass them to forward as an input");
}

}  // namespace ka::ops_drawer
