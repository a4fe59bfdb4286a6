// Sums, products, quotients, powers, and the operators on bits.
#include <cmath>

#include "ops/rows.h"

namespace ka::ops_drawer {
namespace {

bool gives(const Graph& graph, const Node& node, Dtype dtype) { return result_dtype(graph, node) == dtype; }

/// self ± alpha · other; on bool `+` is "or", as in PyTorch.
std::string sum_text(const Graph& graph, const Node& node, const char* sign) {
  if (gives(graph, node, Dtype::kBool)) return "{self} | {other}";
  if (number_or(node, "alpha", 1) == 1) return fmt::format("{{self}} {} {{other}}", sign);
  return fmt::format("{{self}} {} {{alpha}} * {{other}}", sign);
}

std::string add(const Graph& graph, const Node& node) { return sum_text(graph, node, "+"); }
std::string subtract(const Graph& graph, const Node& node) { return sum_text(graph, node, "-"); }

std::string reverse_subtract(const Graph&, const Node& node) {
  return number_or(node, "alpha", 1) == 1 ? "{other} - {self}" : "{other} - {alpha} * {self}";
}

std::string multiply(const Graph& graph, const Node& node) {
  return gives(graph, node, Dtype::kBool) ? "{self} & {other}" : "{self} * {other}";
}

/// IEEE division: `/` on float32 is approximate on the GPU. A power of two divides by multiplying, exactly.
std::string quotient_text(const Graph& graph, const Node& node) {
  if (const Argument& other = node.at("other"); other.is_number()) {
    int exponent = 0;
    if (std::abs(std::frexp(other.number(), &exponent)) == 0.5 && std::abs(exponent) < 100)
      return "{self} * " + float_text(1 / other.number());
  }
  return gives(graph, node, Dtype::kFloat64) ? "{self} / {other}" : "tl.math.div_rn({self}, {other})";
}

std::string divide(const Graph& graph, const Node& node) {
  const std::string mode = text_or(node, "rounding_mode", "");
  if (mode == "floor") return "floor_divide({self}, {other})";
  if (mode == "trunc")
    return is_floating(result_dtype(graph, node)) ? "trunc(" + quotient_text(graph, node) + ")" : "{self} // {other}";
  return quotient_text(graph, node);
}

std::string reciprocal(const Graph& graph, const Node& node) {
  return gives(graph, node, Dtype::kFloat64) ? "1.0 / {self}" : "tl.math.div_rn(1.0, {self})";
}

std::string add_quotient(const Graph& graph, const Node& node) {
  const std::string quotient =
      gives(graph, node, Dtype::kFloat64) ? "{tensor1} / {tensor2}" : "tl.math.div_rn({tensor1}, {tensor2})";
  return number_or(node, "value", 1) == 1 ? "{self} + " + quotient : "{self} + {value} * (" + quotient + ")";
}

std::string add_product(const Graph&, const Node& node) {
  return number_or(node, "value", 1) == 1 ? "{self} + {tensor1} * {tensor2}" : "{self} + {value} * ({tensor1} * {tensor2})";
}

/// From whichever end is nearer, as PyTorch has it, so that a weight of 1 gives the end exactly.
std::string interpolate(const Graph&, const Node& node) {
  const std::string near = "{self} + {weight} * ({end} - {self})";
  const std::string far = "{end} - ({end} - {self}) * (1.0 - {weight})";
  if (node.at("weight").is_number()) return std::abs(node.at("weight").number()) < 0.5 ? near : far;
  return fmt::format("tl.where(tl.abs({{weight}}) < 0.5, {}, {})", near, far);
}

/// {self} to a small whole power by multiplying; empty where another way is better.
std::string repeated_product(int64_t exponent) {
  switch (exponent) {
    case 2: return "{self} * {self}";
    case 3: return "{self} * {self} * {self}";
    case 4: return "({self} * {self}) * ({self} * {self})";
    default: return "";
  }
}

std::string power(const Graph& graph, const Node& node) {
  const bool floating = is_floating(result_dtype(graph, node));
  const Argument& exponent = node.at("exponent");
  if (exponent.is_number()) {
    const double number = exponent.number();
    const bool is_double = gives(graph, node, Dtype::kFloat64);
    if (number == 0) return floating ? "tl.full({self}.shape, 1.0, {self}.dtype)" : "tl.full({self}.shape, 1, {self}.dtype)";
    if (number == 1) return "{self}";
    if (number == std::floor(number) && std::abs(number) < 64) {
      if (std::string text = repeated_product(static_cast<int64_t>(number)); !text.empty()) return text;
    }
    if (floating && number == 0.5) return is_double ? "tl.sqrt({self})" : "tl.sqrt_rn({self})";
    if (floating && number == -0.5) return is_double ? "1.0 / tl.sqrt({self})" : "tl.rsqrt({self})";
    if (floating && number == -1) return is_double ? "1.0 / {self}" : "tl.math.div_rn(1.0, {self})";
    if (floating && number == -2) return is_double ? "1.0 / ({self} * {self})" : "tl.math.div_rn(1.0, {self} * {self})";
  }
  return floating ? "power({self}, {exponent})" : "integer_power({self}, {exponent})";
}

std::string power_of_number(const Graph& graph, const Node& node) {
  const char* function = is_floating(result_dtype(graph, node)) ? "power" : "integer_power";
  return fmt::format("{}(tl.zeros_like({{exponent}}) + {{self}}, {{exponent}})", function);
}

/// In float64 only the powers that need no logarithm are accurate.
Decision power_condition(const Graph& graph, const Node& node) {
  if (!gives(graph, node, Dtype::kFloat64)) return Decision::accept();
  const Argument& exponent = node.at("exponent");
  if (node.op != "aten.pow.Scalar" && exponent.is_number() && power(graph, node).find("power(") == std::string::npos)
    return Decision::accept();
  return Decision::refuse("a float64 power with this exponent is not emitted; use float32");
}

/// PyTorch gives 0 (left) or the sign (right) where the distance is negative or not below the width.
std::string shift_text(const Graph& graph, const Node& node, bool left) {
  const int64_t bits = 8 * byte_size(result_dtype(graph, node));
  const std::string in_range = fmt::format("({{other}} >= 0) & ({{other}} < {})", bits);
  if (left) return fmt::format("tl.where({}, {{self}} << {{other}}, 0)", in_range);
  return fmt::format("tl.where({}, {{self}} >> {{other}}, {{self}} >> {})", in_range, bits - 1);
}
std::string shift_left(const Graph& graph, const Node& node) { return shift_text(graph, node, true); }
std::string shift_right(const Graph& graph, const Node& node) { return shift_text(graph, node, false); }

std::string bitwise_not(const Graph& graph, const Node& node) {
  if (gives(graph, node, Dtype::kUint8)) return "{self} ^ 255";  // the interpreter has no ~ for unsigned numbers
  return gives(graph, node, Dtype::kBool) ? "{self} == 0" : "~{self}";
}

std::string negate(const Graph&, const Node&) { return "-{self}"; }

std::string absolute(const Graph& graph, const Node& node) {
  const Dtype dtype = result_dtype(graph, node);
  return dtype == Dtype::kUint8 || dtype == Dtype::kBool ? "{self}" : "tl.abs({self})";
}

std::string sign(const Graph& graph, const Node& node) {
  const Dtype dtype = result_dtype(graph, node);
  if (dtype == Dtype::kBool) return "{self}";
  if (is_floating(dtype)) return "tl.where({self} > 0, 1.0, 0.0) - tl.where({self} < 0, 1.0, 0.0)";
  return "tl.where({self} > 0, 1, 0) - tl.where({self} < 0, 1, 0)";
}

Decision not_bool(const Graph& graph, const Node& node) {
  return gives(graph, node, Dtype::kBool) ? Decision::refuse("PyTorch has none on bool") : Decision::accept();
}

/// fmod's float64 quotient needs more than 53 bits; float32 goes through float64.
Decision modulo_condition(const Graph& graph, const Node& node) {
  if (!gives(graph, node, Dtype::kFloat64)) return Decision::accept();
  if (node.find("rounding_mode") != nullptr && text_or(node, "rounding_mode", "") != "floor") return Decision::accept();
  return Decision::refuse("not emitted in float64: an exact remainder needs a wider type; use float32");
}

}  // namespace

void arithmetic(OpTable& table) {
  pointwise(table, {"aten.add.Tensor", "aten.add.Scalar"}, Compute::kResult, add);
  pointwise(table, {"aten.sub.Tensor", "aten.sub.Scalar"}, Compute::kResult, subtract);
  pointwise(table, {"aten.rsub.Tensor", "aten.rsub.Scalar"}, Compute::kResult, reverse_subtract);
  pointwise(table, {"aten.mul.Tensor", "aten.mul.Scalar"}, Compute::kResult, multiply);
  pointwise(table,
            {"aten.div.Tensor", "aten.div.Scalar", "aten.true_divide.Tensor", "aten.true_divide.Scalar", "aten.div.Tensor_mode",
             "aten.div.Scalar_mode"},
            Compute::kResult, divide, kDivision);
  pointwise(table, {"aten.floor_divide.default", "aten.floor_divide.Scalar"}, Compute::kResult, "floor_divide({self}, {other})",
            kDivision);
  pointwise(table, {"aten.remainder.Tensor", "aten.remainder.Scalar"}, Compute::kResult, "remainder({self}, {other})",
            kLongFunction);
  pointwise(table, {"aten.remainder.Scalar_Tensor"}, Compute::kResult, "remainder(tl.zeros_like({other}) + {self}, {other})",
            kLongFunction);
  pointwise(table, {"aten.fmod.Tensor", "aten.fmod.Scalar"}, Compute::kResult, "fmod({self}, {other})", kLongFunction);
  pointwise(table, {"aten.reciprocal.default"}, Compute::kFloat, reciprocal, kDivision);
  pointwise(table, {"aten.addcmul.default"}, Compute::kResult, add_product, {2, true});
  pointwise(table, {"aten.addcdiv.default"}, Compute::kResult, add_quotient, kDivision);
  pointwise(table, {"aten.lerp.Scalar", "aten.lerp.Tensor"}, Compute::kResult, interpolate, {6, true});
  pointwise(table, {"aten.pow.Tensor_Scalar", "aten.pow.Tensor_Tensor"}, Compute::kResult, power, kLongFunction);
  pointwise(table, {"aten.pow.Scalar"}, Compute::kResult, power_of_number, kLongFunction);
  restrict(table, {"aten.pow.Tensor_Scalar", "aten.pow.Tensor_Tensor", "aten.pow.Scalar"}, power_condition);
  restrict(
      table,
      {"aten.div.Tensor_mode", "aten.div.Scalar_mode", "aten.floor_divide.default", "aten.floor_divide.Scalar",
       "aten.remainder.Tensor", "aten.remainder.Scalar", "aten.remainder.Scalar_Tensor", "aten.fmod.Tensor", "aten.fmod.Scalar"},
      modulo_condition);
  pointwise(table, {"aten.square.default"}, Compute::kResult, "{self} * {self}");
  pointwise(table, {"aten.neg.default", "aten.negative.default"}, Compute::kResult, negate);
  restrict(table, {"aten.neg.default", "aten.negative.default"}, not_bool);
  pointwise(table, {"aten.abs.default", "aten.absolute.default"}, Compute::kResult, absolute);
  pointwise(table, {"aten.sign.default", "aten.sgn.default"}, Compute::kResult, sign, {4, true});

  pointwise(table,
            {"aten.bitwise_and.Tensor", "aten.bitwise_and.Scalar", "aten.bitwise_and.Scalar_Tensor", "aten.__and__.Tensor",
             "aten.__and__.Scalar"},
            Compute::kResult, "{self} & {other}");
  pointwise(table,
            {"aten.bitwise_or.Tensor", "aten.bitwise_or.Scalar", "aten.bitwise_or.Scalar_Tensor", "aten.__or__.Tensor",
             "aten.__or__.Scalar"},
            Compute::kResult, "{self} | {other}");
  pointwise(table,
            {"aten.bitwise_xor.Tensor", "aten.bitwise_xor.Scalar", "aten.bitwise_xor.Scalar_Tensor", "aten.__xor__.Tensor",
             "aten.__xor__.Scalar"},
            Compute::kResult, "{self} ^ {other}");
  pointwise(table, {"aten.bitwise_not.default"}, Compute::kResult, bitwise_not);
  pointwise(table,
            {"aten.bitwise_left_shift.Tensor", "aten.bitwise_left_shift.Tensor_Scalar", "aten.bitwise_left_shift.Scalar_Tensor",
             "aten.__lshift__.Tensor", "aten.__lshift__.Scalar"},
            Compute::kResult, shift_left, {3, true});
  pointwise(table,
            {"aten.bitwise_right_shift.Tensor", "aten.bitwise_right_shift.Tensor_Scalar",
             "aten.bitwise_right_shift.Scalar_Tensor", "aten.__rshift__.Tensor", "aten.__rshift__.Scalar"},
            Compute::kResult, shift_right, {3, true});
  refused(table, {"aten.gcd.default", "aten.lcm.default"}, "needs a loop per element; compute it outside the program");
  refused(table, {"aten.float_power.Tensor_Tensor", "aten.float_power.Tensor_Scalar", "aten.float_power.Scalar"},
          "computes in float64; use pow");
}

}  // namespace ka::ops_drawer
