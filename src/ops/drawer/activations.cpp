// Activation functions.
#include "ops/recipes.h"
#include "ops/rows.h"

namespace ka::ops_drawer {
namespace {

std::string relu(const Graph& graph, const Node& node) {
  return is_floating(result_dtype(graph, node)) ? "tl.where({self} < 0.0, 0.0, {self})" : "tl.maximum({self}, 0)";
}

std::string gelu(const Graph& graph, const Node& node) {
  if (text_or(node, "approximate", "none") != "tanh") return "0.5 * {self} * (1.0 + tl.erf({self} * 0.7071067811865476))";
  const char* tanh = is_float64(graph, node) ? "tanh_f64" : "tanh";
  return fmt::format("0.5 * {{self}} * (1.0 + {}(0.7978845608028654 * ({{self}} + 0.044715 * {{self}} * {{self}} * {{self}})))",
                     tanh);
}

const char* expm1_of(const Graph& graph, const Node& node) { return is_float64(graph, node) ? "expm1_f64" : "expm1"; }

/// elu(self, alpha, scale, input_scale)
std::string elu(const Graph& graph, const Node& node) {
  const double scale = number_or(node, "scale", 1);
  const double alpha = number_or(node, "alpha", 1) * scale;
  const double inner = number_or(node, "input_scale", 1);
  const std::string positive = scale == 1 ? "{self}" : "{self} * " + float_text(scale);
  const std::string argument = inner == 1 ? "{self}" : "{self} * " + float_text(inner);
  const std::string curve = fmt::format("{}({})", expm1_of(graph, node), argument);
  const std::string negative = alpha == 1 ? curve : float_text(alpha) + " * " + curve;
  return fmt::format("tl.where({{self}} <= 0.0, {}, {})", negative, positive);
}

std::string celu(const Graph& graph, const Node& node) {
  const double alpha = number_or(node, "alpha", 1);
  const char* expm1 = expm1_of(graph, node);
  if (alpha == 1) return fmt::format("tl.where({{self}} <= 0.0, {}({{self}}), {{self}})", expm1);
  return fmt::format("tl.where({{self}} <= 0.0, {} * {}({{self}} * {}), {{self}})", float_text(alpha), expm1,
                     float_text(1 / alpha));
}

std::string selu(const Graph& graph, const Node& node) {
  return fmt::format("1.0507009873554805 * tl.where({{self}} <= 0.0, 1.6732632423543772 * {}({{self}}), {{self}})",
                     expm1_of(graph, node));
}

/// Beyond the threshold the function is the identity to the last bit.
std::string softplus(const Graph&, const Node& node) {
  const double beta = number_or(node, "beta", 1);
  const std::string threshold = float_text(number_or(node, "threshold", 20));
  if (beta == 1) return fmt::format("tl.where({{self}} > {}, {{self}}, log1p(tl.exp({{self}})))", threshold);
  return fmt::format("tl.where({{self}} * {0} > {1}, {{self}}, log1p(tl.exp({{self}} * {0})) * {2})", float_text(beta), threshold,
                     float_text(1 / beta));
}

constexpr const char* kZeroToSix =
    "tl.minimum(tl.maximum({self} + 3.0, 0.0, propagate_nan=tl.PropagateNan.ALL), 6.0, propagate_nan=tl.PropagateNan.ALL)";

Status log_sigmoid_forward(Rewriter& rewriter, const Node& node) {
  rewriter.bind(node, 0, rewriter.unary("aten.log_sigmoid.default", rewriter.operand(node, "self")));
  if (node.outputs.size() < 2 || node.outputs[1] == kNone) return {};
  const ValueId self = rewriter.operand(node, "self");
  const ValueId negative = rewriter.unary("aten.neg.default", rewriter.unary("aten.abs.default", self));
  if (rewriter.result(node, 1)->element_count() == rewriter.type(self).element_count())
    rewriter.bind(node, 1, rewriter.unary("aten.exp.default", negative));
  else
    rewriter.bind(node, 1, rewriter.full(rewriter.result(node, 1)->sizes(), Argument{0.0}, rewriter.dtype(self)));
  return {};
}

/// One slope per channel (dim 1), or one for all.
Status prelu(Rewriter& rewriter, const Node& node) {
  const ValueId self = rewriter.operand(node, "self");
  ValueId weight = rewriter.operand(node, "weight");
  Shape size(static_cast<size_t>(rewriter.rank(self)), 1);
  if (size.size() > 1) size[1] = rewriter.type(weight).element_count();
  if (rewriter.rank(weight) <= 1) weight = rewriter.view(weight, size);
  rewriter.bind(node, 0,
                rewriter.call("aten._prelu_kernel.default", {{"self", Argument{Ref{self}}}, {"weight", Argument{Ref{weight}}}},
                              contiguous_type(rewriter.dtype(self), rewriter.shape(self))));
  return {};
}

/// The first half of dim times the sigmoid of the second.
Status glu(Rewriter& rewriter, const Node& node) {
  const ValueId self = rewriter.operand(node, "self");
  const int64_t dim = normal_dim(integer_or(node, "dim", -1), rewriter.rank(self));
  const int64_t half = rewriter.shape(self)[static_cast<size_t>(dim)] / 2;
  const ValueId gate = rewriter.unary("aten.sigmoid.default", rewriter.slice(self, dim, half, 2 * half));
  rewriter.bind(node, 0, multiply(rewriter, rewriter.slice(self, dim, 0, half), gate));
  return {};
}

/// In evaluation the slope is the middle of its range; in training it is drawn per element.
Status rrelu(Rewriter& rewriter, const Node& node) {
  if (truth_or(node, "training", false))
    return cannot("in training it draws a slope per element; random numbers are not emitted yet, use eval()");
  const ValueId self = rewriter.operand(node, "self");
  const double slope = (number_or(node, "lower", 0.125) + number_or(node, "upper", 1.0 / 3)) / 2;
  rewriter.bind(node, 0,
                rewriter.call("aten.leaky_relu.default", {{"self", Argument{Ref{self}}}, {"negative_slope", Argument{slope}}},
                              contiguous_type(rewriter.dtype(self), rewriter.shape(self))));
  return {};
}

}  // namespace

void activations(OpTable& table) {
  pointwise(table, {"aten.relu.default"}, Compute::kResult, relu);
  pointwise(table, {"aten.relu6.default"}, Compute::kResult,
            "tl.minimum(tl.maximum({self}, 0.0, propagate_nan=tl.PropagateNan.ALL), 6.0, propagate_nan=tl.PropagateNan.ALL)",
            {2, true});
  pointwise(table, {"aten.leaky_relu.default"}, Compute::kResult, "tl.where({self} > 0.0, {self}, {self} * {negative_slope})",
            {2, true});
  pointwise(table, {"aten._prelu_kernel.default"}, Compute::kResult, "tl.where({self} > 0.0, {self}, {self} * {weight})",
            {2, true});
  pointwise(table, {"aten.threshold.default"}, Compute::kResult, "tl.where({self} <= {threshold}, {value}, {self})");
  pointwise(table, {"aten.hardshrink.default"}, Compute::kResult, "tl.where(tl.abs({self}) <= {lambd}, 0.0, {self})", {2, true});
  pointwise(table, {"aten.softshrink.default"}, Compute::kResult,
            "tl.where({self} > {lambd}, {self} - {lambd}, tl.where({self} < -{lambd}, {self} + {lambd}, {self} * 0.0))",
            {4, true});
  pointwise(table, {"aten.hardsigmoid.default"}, Compute::kResult, std::string(kZeroToSix) + " * 0.16666666666666666", {4, true});
  pointwise(table, {"aten.hardswish.default"}, Compute::kResult, "{self} * " + std::string(kZeroToSix) + " * 0.16666666666666666",
            {5, true});

  pointwise(table, {"aten.sigmoid.default"}, Compute::kFloat, "1.0 / (1.0 + tl.exp(-{self}))", kFunction);
  pointwise(table, {"aten.silu.default"}, Compute::kResult, "{self} / (1.0 + tl.exp(-{self}))", kFunction);
  pointwise(table, {"aten.log_sigmoid.default"}, Compute::kResult,
            "tl.minimum({self}, 0.0, propagate_nan=tl.PropagateNan.ALL) - log1p(tl.exp(-tl.abs({self})))", kFunction);
  pointwise(table, {"aten.gelu.default"}, Compute::kResult, gelu, kFunction);
  pointwise(table, {"aten.elu.default"}, Compute::kResult, elu, kFunction);
  pointwise(table, {"aten.celu.default"}, Compute::kResult, celu, kFunction);
  pointwise(table, {"aten.selu.default"}, Compute::kResult, selu, kFunction);
  pointwise(table, {"aten.softplus.default"}, Compute::kResult, softplus, kFunction);
  pointwise(table, {"aten.mish.default"}, Compute::kResult, "mish({self})", kFunction);

  composite(table, {"aten.log_sigmoid_forward.default"}, log_sigmoid_forward);
  composite(table, {"aten.prelu.default"}, prelu);
  composite(table, {"aten.glu.default"}, glu);
  composite(table, {"aten.rrelu.default"}, rrelu);
}

}  // namespace ka::ops_drawer
