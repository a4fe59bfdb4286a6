// Random numbers: PyTorch draws them as the problem does (ka.draw), everything around them is computed. Dropout that draws none is the
// identity.
#include "ops/recipes.h"
#include "ops/rows.h"

namespace ka::ops_drawer {
namespace {

/// Draws numbers of a type, whose strides decide which number falls where.
ValueId draw(Rewriter& rewriter, std::string kind, double p, const TensorType& type) {
  return rewriter.call("ka.draw", {{"kind", Argument{std::move(kind)}}, {"p", Argument{p}}}, type);
}

/// rand, randn, rand_like, randn_like, bernoulli with a number: as they are.
Status drawn(Rewriter& rewriter, const Node& node) {
  const TensorType& type = *rewriter.result(node);
  if (!is_floating(type.dtype)) return cannot("draws of whole numbers are not emitted");
  const std::string kind = node.op.substr(5, node.op.rfind('.') - 5);
  rewriter.bind(node, 0, draw(rewriter, kind, number_or(node, "p", 0), type));
  return {};
}

bool draws(const Node& node) {
  const bool training = truth_or(node, node.find("train") != nullptr ? "train" : "training", true);
  const double chance = number_or(node, "p", 0.5);
  return training && chance != 0;
}

/// {input · kept / (1 − p), kept}. What is dropped is multiplied by zero, so that NaN and infinity stay.
std::pair<ValueId, ValueId> drop(Rewriter& rewriter, const Node& node) {
  const ValueId input = rewriter.operand(node, "input");
  const double p = number_or(node, "p", 0.5);
  TensorType type = rewriter.from().type(node.at("input").ref());
  type.offset = 0;
  const ValueId drawn = p < 1 ? draw(rewriter, "dropout", p, type) : rewriter.full(type.sizes(), Argument{0.0}, type.dtype);
  const ValueId kept = rewriter.compare("aten.ne.Scalar", drawn, Argument{0.0});
  const Dtype wide = accumulate_type(type.dtype);
  const ValueId left = multiply(rewriter, rewriter.cast(input, wide), rewriter.cast(kept, wide));
  return {rewriter.cast(p < 1 ? multiply(rewriter, left, 1.0 / (1.0 - p)) : left, type.dtype), kept};
}

Status dropout(Rewriter& rewriter, const Node& node) {
  rewriter.bind(node, 0, draws(node) ? drop(rewriter, node).first : rewriter.operand(node, "input"));
  return {};
}

Status native_dropout(Rewriter& rewriter, const Node& node) {
  const TensorType* mask = rewriter.result(node, 1);
  if (draws(node)) {
    const auto [out, kept] = drop(rewriter, node);
    rewriter.bind(node, 0, out);
    if (mask != nullptr) rewriter.bind(node, 1, kept);
    return {};
  }
  bind_copy(rewriter, node, 0, rewriter.operand(node, "input"));
  if (mask != nullptr) rewriter.bind(node, 1, rewriter.full(mask->sizes(), Argument{true}, mask->dtype));
  return {};
}

/// Variants of dropout that draw per channel or keep mean and variance.
Status dropout_variant(Rewriter& rewriter, const Node& node) {
  if (draws(node)) return cannot("live alpha and feature dropout are not emitted yet; trace in eval mode or set p=0");
  rewriter.bind(node, 0, rewriter.operand(node, "input"));
  return {};
}

}  // namespace

void random(OpTable& table) {
  primitive(table, {"ka.draw"}, OpClass::kDraw);
  composite(table,
            {"aten.rand.default", "aten.randn.default", "aten.rand_like.default", "aten.randn_like.default", "aten.bernoulli.p"},
            drawn);
  aliasing(table, {"aten.dropout.default"}, dropout);
  aliasing(table, {"aten.alpha_dropout.default", "aten.feature_dropout.default", "aten.feature_alpha_dropout.default"},
           dropout_variant);
  composite(table, {"aten.native_dropout.default"}, native_dropout);
  refused(table,
          {"aten.randint.default", "aten.randint.low", "aten.randint_like.default", "aten.randint_like.low_dtype",
           "aten.randperm.default", "aten.bernoulli.default", "aten.bernoulli.Tensor", "aten.normal_functional.default",
           "aten.normal.Tensor_float", "aten.normal.float_Tensor", "aten.normal.Tensor_Tensor", "aten.uniform.default",
           "aten.exponential.default", "aten.multinomial.default", "aten.poisson.default", "aten.cauchy.default"},
          "random numbers are not emitted yet; pass them to forward as an input");
}

}  // namespace ka::ops_drawer
