// Comparisons, logic, choices, and everything that bounds a value. NaN spreads as in PyTorch on the GPU and in the interpreter.
#include "ops/rows.h"

namespace ka::ops_drawer {
namespace {

constexpr const char* kSpread = ", propagate_nan=tl.PropagateNan.ALL";

bool floats(const Graph& graph, const Node& node) { return is_floating(result_dtype(graph, node)); }

std::string larger(const Graph& graph, const Node& node, const std::string& a, const std::string& b) {
  return fmt::format("tl.maximum({}, {}{})", a, b, floats(graph, node) ? kSpread : "");
}
std::string smaller(const Graph& graph, const Node& node, const std::string& a, const std::string& b) {
  return fmt::format("tl.minimum({}, {}{})", a, b, floats(graph, node) ? kSpread : "");
}

std::string maximum(const Graph& graph, const Node& node) {
  return result_dtype(graph, node) == Dtype::kBool ? "{self} | {other}" : larger(graph, node, "{self}", "{other}");
}
std::string minimum(const Graph& graph, const Node& node) {
  return result_dtype(graph, node) == Dtype::kBool ? "{self} & {other}" : smaller(graph, node, "{self}", "{other}");
}

/// The lower bound first: where the bounds cross, the upper one wins.
/// PyTorch reads a negative bound of uint8 modulo 256.
std::string bound(const Graph& graph, const Node& node, std::string_view name) {
  const Argument& argument = node.at(name);
  const bool wraps = argument.is_number() && argument.number() < 0 && result_dtype(graph, node) == Dtype::kUint8;
  return wraps ? std::to_string(static_cast<uint8_t>(static_cast<int64_t>(argument.number()))) : fmt::format("{{{}}}", name);
}

std::string clamp(const Graph& graph, const Node& node) {
  std::string text = "{self}";
  if (!is_absent(node, "min")) text = larger(graph, node, text, bound(graph, node, "min"));
  if (!is_absent(node, "max")) text = smaller(graph, node, text, bound(graph, node, "max"));
  return text;
}

std::string hardtanh(const Graph& graph, const Node& node) {
  return smaller(graph, node, larger(graph, node, "{self}", "{min_val}"), "{max_val}");
}

/// Integers have no NaN and no infinities.
bool real_operand(const Graph& graph, const Node& node) { return is_floating(promoted_operand_type(graph, node)); }
std::string is_infinite(const Graph& graph, const Node& node) {
  return real_operand(graph, node) ? "tl.abs({self}) == float(\"inf\")" : "{self} != {self}";
}
std::string is_finite(const Graph& graph, const Node& node) {
  return real_operand(graph, node) ? "tl.abs({self}) < float(\"inf\")" : "{self} == {self}";
}
std::string is_positive_infinity(const Graph& graph, const Node& node) {
  return real_operand(graph, node) ? "{self} == float(\"inf\")" : "{self} != {self}";
}
std::string is_negative_infinity(const Graph& graph, const Node& node) {
  return real_operand(graph, node) ? "{self} == float(\"-inf\")" : "{self} != {self}";
}

std::string sign_bit(const Graph& graph, const Node& node) {
  if (!real_operand(graph, node)) return "{self} < 0";
  return is_float64(graph, node) ? "{self}.to(tl.int64, bitcast=True) < 0" : "{self}.to(tl.int32, bitcast=True) < 0";
}

std::string heaviside(const Graph& graph, const Node& node) {
  return floats(graph, node) ? "tl.where({self} == 0, {values}, tl.where({self} > 0, 1.0, 0.0))"
                             : "tl.where({self} == 0, {values}, tl.where({self} > 0, 1, 0))";
}

double largest(Dtype dtype) {
  switch (dtype) {
    case Dtype::kFloat16: return 65504.0;
    case Dtype::kBFloat16: return 3.3895313892515355e38;
    case Dtype::kFloat64: return 1.7976931348623157e308;
    default: return 3.4028234663852886e38;
  }
}

std::string nan_to_num(const Graph& graph, const Node& node) {
  const Dtype dtype = result_dtype(graph, node);
  if (!is_floating(dtype)) return "{self}";
  const std::string nan = float_text(number_or(node, "nan", 0));
  const std::string high = float_text(number_or(node, "posinf", largest(dtype)));
  const std::string low = float_text(number_or(node, "neginf", -largest(dtype)));
  return fmt::format(
      "tl.where({{self}} != {{self}}, {}, tl.where({{self}} == float(\"inf\"), {}, tl.where({{self}} == float(\"-inf\"), {}, {{self}})))",
      nan, high, low);
}

}  // namespace

void comparisons(OpTable& table) {
  pointwise(table, {"aten.eq.Tensor", "aten.eq.Scalar"}, Compute::kPromote, "{self} == {other}");
  pointwise(table, {"aten.ne.Tensor", "aten.ne.Scalar", "aten.not_equal.Tensor", "aten.not_equal.Scalar"}, Compute::kPromote,
            "{self} != {other}");
  pointwise(table, {"aten.lt.Tensor", "aten.lt.Scalar", "aten.less.Tensor", "aten.less.Scalar"}, Compute::kPromote,
            "{self} < {other}");
  pointwise(table, {"aten.le.Tensor", "aten.le.Scalar", "aten.less_equal.Tensor", "aten.less_equal.Scalar"}, Compute::kPromote,
            "{self} <= {other}");
  pointwise(table, {"aten.gt.Tensor", "aten.gt.Scalar", "aten.greater.Tensor", "aten.greater.Scalar"}, Compute::kPromote,
            "{self} > {other}");
  pointwise(table, {"aten.ge.Tensor", "aten.ge.Scalar", "aten.greater_equal.Tensor", "aten.greater_equal.Scalar"},
            Compute::kPromote, "{self} >= {other}");

  pointwise(table, {"aten.logical_and.default"}, Compute::kLogical, "{self} & {other}");
  pointwise(table, {"aten.logical_or.default"}, Compute::kLogical, "{self} | {other}");
  pointwise(table, {"aten.logical_xor.default"}, Compute::kLogical, "{self} ^ {other}");
  pointwise(table, {"aten.logical_not.default"}, Compute::kLogical, "{self} == 0");

  pointwise(table, {"aten.where.self", "aten.where.ScalarSelf", "aten.where.ScalarOther", "aten.where.Scalar"}, Compute::kResult,
            "tl.where({condition}, {self}, {other})");
  pointwise(table, {"aten.maximum.default", "aten.max.other"}, Compute::kResult, maximum);
  pointwise(table, {"aten.minimum.default", "aten.min.other"}, Compute::kResult, minimum);
  pointwise(table, {"aten.fmax.default"}, Compute::kResult,
            "tl.where(({self} > {other}) | ({other} != {other}), {self}, {other})", {3, true});
  pointwise(table, {"aten.fmin.default"}, Compute::kResult,
            "tl.where(({self} < {other}) | ({other} != {other}), {self}, {other})", {3, true});
  pointwise(table,
            {"aten.clamp.default", "aten.clamp.Tensor", "aten.clip.default", "aten.clip.Tensor", "aten.clamp_min.default",
             "aten.clamp_min.Tensor", "aten.clamp_max.default", "aten.clamp_max.Tensor"},
            Compute::kResult, clamp, {2, true});
  pointwise(table, {"aten.hardtanh.default"}, Compute::kResult, hardtanh, {2, true});

  pointwise(table, {"aten.isnan.default"}, Compute::kPromote, "{self} != {self}");
  pointwise(table, {"aten.isinf.default"}, Compute::kPromote, is_infinite);
  pointwise(table, {"aten.isfinite.default"}, Compute::kPromote, is_finite);
  pointwise(table, {"aten.isposinf.default"}, Compute::kPromote, is_positive_infinity);
  pointwise(table, {"aten.isneginf.default"}, Compute::kPromote, is_negative_infinity);
  pointwise(table, {"aten.signbit.default"}, Compute::kPromote, sign_bit);
  pointwise(table, {"aten.heaviside.default"}, Compute::kResult, heaviside, {3, true});
  pointwise(table, {"aten.nan_to_num.default"}, Compute::kResult, nan_to_num, {6, true});
}

}  // namespace ka::ops_drawer
