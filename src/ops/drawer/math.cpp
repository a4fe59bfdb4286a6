// Functions of one or two numbers. What `tl` lacks, or computes too roughly, is a function in templates/math/.
#include <cmath>
#include <cstdlib>

#include "ops/rows.h"

namespace ka::ops_drawer {
namespace {

/// Integers are whole already.
template <char Text>
std::string whole(const Graph& graph, const Node& node) {
  if (!is_floating(result_dtype(graph, node))) return "{self}";
  return Text == 'f'   ? "tl.floor({self})"
         : Text == 'c' ? "tl.ceil({self})"
         : Text == 't' ? "trunc({self})"
                       : "round_even({self})";
}

/// round(x · 10ⁿ) / 10ⁿ, as PyTorch computes it.
std::string round_decimals(const Graph& graph, const Node& node) {
  if (!is_floating(result_dtype(graph, node))) return "{self}";
  const int64_t decimals = node.at("decimals").integer();
  if (decimals == 0) return "round_even({self})";
  double ten = 1;
  for (int64_t i = 0; i < std::abs(decimals); ++i) ten *= 10;
  const bool wide = result_dtype(graph, node) == Dtype::kFloat64;
  const std::string power = float_text(ten);
  const auto over = [&](const std::string& text) {
    return wide ? text + " / " + power : "tl.math.div_rn(" + text + ", " + power + ")";
  };
  if (decimals > 0) return over("round_even({self} * " + power + ")");
  return "round_even(" + over("{self}") + ") * " + power;
}

/// A function whose float64 text is a function of its own, so that float32 kernels do not carry it along.
template <const char* Name>
std::string by_width(const Graph& graph, const Node& node) {
  return std::string(Name) + (is_float64(graph, node) ? "_f64" : "") + "({self})";
}
constexpr char kExpm1[] = "expm1";
constexpr char kTanh[] = "tanh";
constexpr char kSinh[] = "sinh";
constexpr char kCosh[] = "cosh";

std::string square_root(const Graph& graph, const Node& node) {
  return is_float64(graph, node) ? "tl.sqrt({self})" : "tl.sqrt_rn({self})";
}
std::string reverse_square_root(const Graph& graph, const Node& node) {
  return is_float64(graph, node) ? "1.0 / tl.sqrt({self})" : "tl.rsqrt({self})";
}

std::string tangent(const Graph& graph, const Node& node) {
  return is_float64(graph, node) ? "tl.sin({self}) / tl.cos({self})" : "tl.math.div_rn(tl.sin({self}), tl.cos({self}))";
}

std::string copysign_of_number(const Graph&, const Node& node) {
  return std::signbit(node.at("other").number()) ? "-tl.abs({self})" : "tl.abs({self})";
}

/// The logarithm of a number is taken here: Triton would take it in float32, whatever it is multiplied with.
std::string product_with_log(double logarithm) {
  const std::string product = "{self} * " + float_text(logarithm);
  return std::isnan(logarithm) ? product : "tl.where({self} == 0.0, 0.0, " + product + ")";
}
std::string xlogy_of_number(const Graph&, const Node& node) { return product_with_log(std::log(node.at("other").number())); }
std::string xlog1py_of_number(const Graph&, const Node& node) { return product_with_log(std::log1p(node.at("other").number())); }

std::string logit(const Graph&, const Node& node) {
  if (is_absent(node, "eps") || number_or(node, "eps", -1) < 0) return "tl.log(quotient({self}, 1.0 - {self}))";
  const double eps = number_or(node, "eps", 0);
  return fmt::format("logit_between({{self}}, {}, {})", float_text(eps), float_text(1 - eps));
}

}  // namespace

void math(OpTable& table) {
  constexpr Compute kFloat = Compute::kFloat;
  pointwise(table, {"aten.floor.default"}, Compute::kResult, whole<'f'>);
  pointwise(table, {"aten.ceil.default"}, Compute::kResult, whole<'c'>);
  pointwise(table, {"aten.trunc.default", "aten.fix.default"}, Compute::kResult, whole<'t'>, {3, true});
  pointwise(table, {"aten.round.default"}, Compute::kResult, whole<'r'>, {4, true});
  pointwise(table, {"aten.round.decimals"}, Compute::kResult, round_decimals, kDivision);
  pointwise(table, {"aten.frac.default"}, Compute::kResult, "{self} - trunc({self})", {4, true});
  pointwise(table, {"aten.sqrt.default"}, kFloat, square_root, kDivision);
  pointwise(table, {"aten.rsqrt.default"}, kFloat, reverse_square_root, {4, false});
  pointwise(table, {"aten.exp.default"}, kFloat, "tl.exp({self})", kFunction);
  pointwise(table, {"aten.exp2.default", "aten.special_exp2.default"}, kFloat, "tl.exp2({self})", kFunction);
  pointwise(table, {"aten.expm1.default", "aten.special_expm1.default"}, kFloat, by_width<kExpm1>, kFunction);
  pointwise(table, {"aten.log.default"}, kFloat, "tl.log({self})", kFunction);
  pointwise(table, {"aten.log2.default"}, kFloat, "tl.log2({self})", kFunction);
  pointwise(table, {"aten.log10.default"}, kFloat, "tl.log({self}) * 0.4342944819032518", kFunction);
  pointwise(table, {"aten.log1p.default", "aten.special_log1p.default"}, kFloat, "log1p({self})", kFunction);
  pointwise(table, {"aten.sin.default"}, kFloat, "tl.sin({self})", kFunction);
  pointwise(table, {"aten.cos.default"}, kFloat, "tl.cos({self})", kFunction);
  pointwise(table, {"aten.tan.default"}, kFloat, tangent, kLongFunction);
  pointwise(table, {"aten.asin.default", "aten.arcsin.default"}, kFloat, "asin({self})", kLongFunction);
  pointwise(table, {"aten.acos.default", "aten.arccos.default"}, kFloat, "acos({self})", kLongFunction);
  pointwise(table, {"aten.atan.default", "aten.arctan.default"}, kFloat, "atan({self})", kFunction);
  pointwise(table, {"aten.atan2.default", "aten.arctan2.default"}, kFloat, "atan2({self}, {other})", kLongFunction);
  pointwise(table, {"aten.sinh.default"}, kFloat, by_width<kSinh>, kLongFunction);
  pointwise(table, {"aten.cosh.default"}, kFloat, by_width<kCosh>, kLongFunction);
  pointwise(table, {"aten.tanh.default"}, kFloat, by_width<kTanh>, kFunction);
  pointwise(table, {"aten.asinh.default", "aten.arcsinh.default"}, kFloat, "asinh({self})", kLongFunction);
  pointwise(table, {"aten.acosh.default", "aten.arccosh.default"}, kFloat, "acosh({self})", kLongFunction);
  pointwise(table, {"aten.atanh.default", "aten.arctanh.default"}, kFloat, "atanh({self})", kLongFunction);
  pointwise(table, {"aten.erf.default", "aten.special_erf.default"}, kFloat, "tl.erf({self})", kFunction);
  pointwise(table, {"aten.erfc.default", "aten.special_erfc.default"}, kFloat, "erfc({self})", kLongFunction);
  pointwise(table, {"aten.erfinv.default", "aten.special_erfinv.default"}, kFloat, "erfinv({self})", kLongFunction);
  pointwise(table, {"aten.lgamma.default", "aten.special_gammaln.default"}, kFloat, "lgamma({self})", {120, false});
  pointwise(table, {"aten.digamma.default", "aten.special_digamma.default", "aten.special_psi.default"}, kFloat,
            "digamma({self})", {120, false});
  pointwise(table, {"aten.logit.default", "aten.special_logit.default"}, kFloat, logit, kFunction);
  pointwise(table, {"aten.special_expit.default"}, kFloat, "1.0 / (1.0 + tl.exp(-{self}))", kFunction);
  pointwise(table, {"aten.sinc.default", "aten.special_sinc.default"}, kFloat,
            "tl.where({self} == 0.0, 1.0, tl.sin(3.141592653589793 * {self}) / (3.141592653589793 * {self}))", kLongFunction);
  pointwise(table, {"aten.deg2rad.default"}, kFloat, "{self} * 0.017453292519943295");
  pointwise(table, {"aten.rad2deg.default"}, kFloat, "{self} * 57.29577951308232");
  pointwise(table, {"aten.special_entr.default"}, kFloat,
            "tl.where({self} > 0.0, -{self} * tl.log({self}), tl.where({self} < 0.0, float(\"-inf\"), {self} * 0.0))", kFunction);

  pointwise(table,
            {"aten.xlogy.Tensor", "aten.xlogy.Scalar_Self", "aten.special_xlogy.default", "aten.special_xlogy.self_scalar"},
            kFloat, "tl.where(({self} == 0.0) & ({other} == {other}), 0.0, {self} * tl.log({other} * 1.0))", kFunction);
  pointwise(table, {"aten.xlogy.Scalar_Other", "aten.special_xlogy.other_scalar"}, kFloat, xlogy_of_number, kCheap);
  pointwise(table, {"aten.special_xlog1py.other_scalar"}, kFloat, xlog1py_of_number, kCheap);
  pointwise(table, {"aten.special_xlog1py.default", "aten.special_xlog1py.self_scalar"}, kFloat,
            "tl.where(({self} == 0.0) & ({other} == {other}), 0.0, {self} * log1p({other} * 1.0))", kFunction);
  pointwise(table, {"aten.logaddexp.default"}, kFloat, "logaddexp({self}, {other})", kLongFunction);
  pointwise(table, {"aten.logaddexp2.default"}, kFloat, "logaddexp2({self}, {other})", kLongFunction);
  pointwise(table, {"aten.hypot.default"}, Compute::kResult, "hypot({self}, {other})", kDivision);
  pointwise(table, {"aten.copysign.Tensor"}, kFloat, "copysign({self}, {other})");
  pointwise(table, {"aten.copysign.Scalar"}, kFloat, copysign_of_number);
  pointwise(table, {"aten.ldexp.Tensor"}, kFloat, "{self} * tl.exp2({other})", kFunction);

  restrict(table,
           {"aten.erfc.default", "aten.special_erfc.default", "aten.erfinv.default", "aten.special_erfinv.default",
            "aten.lgamma.default", "aten.special_gammaln.default", "aten.digamma.default", "aten.special_digamma.default",
            "aten.special_psi.default"},
           not_float64);
  refused(table,
          {"aten.nextafter.default", "aten.frexp.Tensor", "aten.angle.default", "aten.polygamma.default", "aten.mvlgamma.default",
           "aten.i0.default", "aten.igamma.default", "aten.igammac.default", "aten.special_i0e.default",
           "aten.special_i1.default", "aten.special_i1e.default", "aten.special_ndtri.default", "aten.special_log_ndtr.default",
           "aten.special_erfcx.default", "aten.special_zeta.default"},
          "no accurate Triton text for this function yet; add one to templates/math/ and a row to src/ops/drawer/math.cpp");
}

}  // namespace ka::ops_drawer
