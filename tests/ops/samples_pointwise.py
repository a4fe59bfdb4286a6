"""Samples of the pointwise rows."""
import math

from samples import ALL, FLOATS, INTEGERS, NARROW, NUMBERS, WHOLE, call, sample

two = lambda m: call(m(5, 8), m(5, 8))
spread = lambda m: call(m(5, 8), m(8))
zero_d = lambda m: call(m(5, 8), m())
one = lambda m: call(m(6, 8))
half = lambda m: call(m(5, 8), 0.5)
three = lambda m: call(m(5, 8), 3)

# Sums, products, quotients.
sample("add.Tensor", ALL, two, spread, zero_d, three, special=True)
sample("sub.Tensor rsub.Tensor", NUMBERS, two, spread, three, special=True)
SCALED = lambda m: call(m(5, 8), m(5, 8), alpha=3)
from samples import SAMPLES  # noqa: E402

for op in ("aten.add.Tensor", "aten.sub.Tensor", "aten.rsub.Tensor"):
    SAMPLES[op].calls.append(SCALED)
SAMPLES["aten.rsub.Tensor"].calls.remove(three)
sample("add.Scalar sub.Scalar rsub.Scalar", NUMBERS, three, lambda m: call(m(5, 8), 3, 2), special=True)
sample("mul.Tensor", ALL, two, spread, three, half, special=True)
sample("mul.Scalar", NUMBERS, three, half, special=True)
sample("div.Tensor true_divide.Tensor", ALL, lambda m: call(m(5, 8), m(5, 8, nonzero=True)), special=True)
SAMPLES["aten.div.Tensor"].calls += [three, half, lambda m: call(m(5, 8), 0.3)]
sample("div.Scalar true_divide.Scalar", NUMBERS, three, half, special=True)
MODES = [lambda m: call(m(5, 8), m(5, 8, nonzero=True), rounding_mode=None),
         lambda m: call(m(5, 8, low=-20, high=20), m(5, 8, low=1, high=5), rounding_mode="floor"),
         lambda m: call(m(5, 8, low=-20, high=20), m(5, 8, low=-5, high=5, nonzero=True), rounding_mode="trunc"),
         lambda m: call(m(5, 8, low=-20, high=20), m(5, 8, low=-5, high=5, nonzero=True), rounding_mode="floor")]
sample("div.Tensor_mode", NARROW + INTEGERS, *MODES)
sample("div.Scalar_mode", NARROW + INTEGERS, lambda m: call(m(5, 8, low=-20, high=20), 3, rounding_mode="floor"),
       lambda m: call(m(5, 8, low=-20, high=20), 3, rounding_mode="trunc"))
sample("floor_divide.default remainder.Tensor fmod.Tensor", NARROW + INTEGERS, lambda m: call(m(5, 8, low=-20, high=20), m(5, 8, low=-5, high=5, nonzero=True)))
sample("floor_divide.Scalar remainder.Scalar fmod.Scalar", NARROW + INTEGERS, lambda m: call(m(5, 8, low=-20, high=20), 3), lambda m: call(m(5, 8, low=-20, high=20), 2))
sample("remainder.Scalar_Tensor", NARROW + INTEGERS, lambda m: call(7, m(5, 8, low=-5, high=5, nonzero=True)))
sample("reciprocal.default", ALL, lambda m: call(m(6, 8, nonzero=True)), special=True)
sample("addcmul.default", NUMBERS, lambda m: call(m(5, 8), m(5, 8), m(5, 8)), lambda m: call(m(5, 8), m(8), m(5, 1), value=2))
sample("addcdiv.default", FLOATS, lambda m: call(m(5, 8), m(5, 8), m(5, 8, nonzero=True)), lambda m: call(m(5, 8), m(8), m(5, 1, nonzero=True), value=0.5))
sample("lerp.Scalar", FLOATS, lambda m: call(m(5, 8), m(5, 8), 0.3), lambda m: call(m(5, 8), m(5, 8), 0.7))
sample("lerp.Tensor", FLOATS, lambda m: call(m(5, 8), m(5, 8), m(8, low=0, high=1)))
POWERS = (2, 3, 4, 0, 1)
sample("pow.Tensor_Scalar", FLOATS, *[lambda m, p=p: call(m(5, 8), p) for p in POWERS + (0.5, -0.5, -1, -2)],
       special=("float32", "float64"))  # of -inf, PyTorch's square root is NaN in all types but its CPU's halves
sample("pow.Tensor_Tensor", NARROW, lambda m: call(m(5, 8, low=0.1, high=4), m(5, 8)), lambda m: call(m(5, 8), m.t(2, -1, 3, 0, 0.5, 1, -2, 4)), special=True)
sample("pow.Scalar", NARROW, lambda m: call(2, m(5, 8)), lambda m: call(0.5, m(5, 8)), lambda m: call(1, m(5, 8)), special=True)
sample("square.default", NUMBERS, one, special=True)
sample("neg.default negative.default", NUMBERS, one, special=True)
sample("abs.default absolute.default", NUMBERS, one, special=True)
sample("sign.default sgn.default", ALL, one, special=True)

# Bits.
BITS = lambda m: call(m(5, 8, low=-90, high=90), m(5, 8, low=-90, high=90))
for word in ("and", "or", "xor"):
    sample(f"bitwise_{word}.Tensor __{word}__.Tensor", WHOLE, BITS)
    sample(f"bitwise_{word}.Scalar __{word}__.Scalar", INTEGERS, lambda m: call(m(5, 8, low=-90, high=90), 45))
    sample(f"bitwise_{word}.Scalar_Tensor", INTEGERS, lambda m: call(45, m(5, 8, low=-90, high=90)))
sample("bitwise_not.default", WHOLE, one)
for word, names in (("left", "bitwise_left_shift.Tensor __lshift__.Tensor"), ("right", "bitwise_right_shift.Tensor __rshift__.Tensor")):
    sample(names, INTEGERS, lambda m: call(m(5, 8, low=-50, high=50), m(5, 8, low=0, high=9)))
    sample(f"bitwise_{word}_shift.Tensor_Scalar __{word[0]}shift__.Scalar", INTEGERS, lambda m: call(m(5, 8, low=-50, high=50), 2))
    sample(f"bitwise_{word}_shift.Scalar_Tensor", INTEGERS, lambda m: call(45, m(5, 8, low=0, high=5)))

# Comparisons, logic, choices.
for word in "eq ne lt le gt ge not_equal less less_equal greater greater_equal".split():
    sample(f"{word}.Tensor", ALL, lambda m: call(m(5, 8).round() if m.dtype.is_floating_point else m(5, 8), m(5, 8).round() if m.dtype.is_floating_point else m(5, 8)),
           special=True)
    sample(f"{word}.Scalar", ALL, lambda m: call(m(5, 8), 1), lambda m: call(m(5, 8), 0.5), special=True)
sample("logical_and.default logical_or.default logical_xor.default", ALL, two, special=True)
sample("logical_not.default", ALL, one, special=True)
sample("where.self", ALL, lambda m: call(m.b(5, 8), m(5, 8), m(8)), lambda m: call(m.b(5, 1), m(8), m()), special=True)
sample("where.ScalarSelf", FLOATS, lambda m: call(m.b(5, 8), 1.5, m(5, 8)), special=True)
sample("where.ScalarOther", FLOATS, lambda m: call(m.b(5, 8), m(5, 8), 1.5), special=True)
sample("where.Scalar", ("float32",), lambda m: call(m.b(5, 8), 1.5, -2.5))
sample("maximum.default minimum.default max.other min.other", ALL, two, spread, special=True)
sample("fmax.default fmin.default", FLOATS, two, spread, special=True)
sample("clamp.default clip.default", NUMBERS, lambda m: call(m(5, 8), -1, 2), lambda m: call(m(5, 8), None, 1), lambda m: call(m(5, 8), 0, None),
       lambda m: call(m(5, 8), 2, -1), special=True)
sample("clamp.Tensor clip.Tensor", NUMBERS, lambda m: call(m(5, 8), m(8), m(5, 1)), lambda m: call(m(5, 8), None, m(8)), lambda m: call(m(5, 8), m(8), None), special=True)
sample("clamp_min.default clamp_max.default", NUMBERS, lambda m: call(m(5, 8), 1), special=True)
sample("clamp_min.Tensor clamp_max.Tensor", NUMBERS, two, special=True)
sample("hardtanh.default", FLOATS, one, lambda m: call(m(5, 8), -0.5, 2.0), special=True)
sample("isnan.default isinf.default isfinite.default", ALL, one, special=True)
sample("isposinf.default isneginf.default", ALL, one, special=True)
sample("signbit.default", ALL, one, special=True)
sample("heaviside.default", NUMBERS, two, special=True)
sample("nan_to_num.default", ALL, one, special=True)
SAMPLES["aten.nan_to_num.default"].calls.append(lambda m: call(m(5, 8), 1.0, 2.0, -2.0))

# Functions.
for word in "floor ceil trunc fix round".split():
    sample(f"{word}.default", FLOATS + INTEGERS, one, special=True)
sample("round.decimals", FLOATS, lambda m: call(m(5, 8), decimals=2), lambda m: call(m(5, 8, low=-300, high=300), decimals=-1))
sample("frac.default", FLOATS, one, special=True)
sample("sqrt.default rsqrt.default", ALL, lambda m: call(m(6, 8, low=0.1, high=9)), special=True)
sample("exp.default exp2.default expm1.default", ALL, one, special=True)
sample("special_exp2.default special_expm1.default", FLOATS, one, special=True)
sample("log.default log2.default log10.default log1p.default special_log1p.default", ALL, lambda m: call(m(6, 8, low=0.05, high=9)), special=True)
sample("sin.default cos.default tan.default", ALL, one, special=True)
sample("asin.default acos.default arcsin.default arccos.default", ALL, lambda m: call(m(6, 8, low=-1, high=1)), special=True)
sample("atan.default arctan.default", ALL, one, special=True)
sample("atan2.default arctan2.default", ALL, two, special=True)
sample("sinh.default cosh.default tanh.default", ALL, one, special=True)
sample("asinh.default arcsinh.default", ALL, one, special=True)
sample("acosh.default arccosh.default", ALL, lambda m: call(m(6, 8, low=1, high=9)), special=True)
sample("atanh.default arctanh.default", ALL, lambda m: call(m(6, 8, low=-0.9, high=0.9)), special=True)
sample("erf.default special_erf.default", ALL, one, special=True)
sample("erfc.default special_erfc.default", NARROW, one, special=True)
sample("erfinv.default special_erfinv.default", NARROW, lambda m: call(m(6, 8, low=-0.99, high=0.99)), special=True)
sample("lgamma.default special_gammaln.default digamma.default special_digamma.default special_psi.default", NARROW, lambda m: call(m(6, 8, low=0.1, high=9)), special=True)
sample("logit.default special_logit.default", FLOATS, lambda m: call(m(6, 8, low=0.05, high=0.4)), lambda m: call(m(6, 8, low=0, high=0.4), 0.01))
sample("special_expit.default", FLOATS, one, special=True)
sample("sinc.default special_sinc.default", FLOATS, one)
sample("deg2rad.default rad2deg.default", FLOATS, one, special=True)
sample("special_entr.default", FLOATS, lambda m: call(m(6, 8, low=-1, high=3)), special=True)
XLOGY = lambda m: call(m(5, 8), m(5, 8, low=0.1, high=4))
sample("xlogy.Tensor special_xlogy.default special_xlog1py.default", FLOATS, XLOGY, special=True)
sample("xlogy.Scalar_Self special_xlogy.self_scalar special_xlog1py.self_scalar", FLOATS, lambda m: call(2.5, m(5, 8, low=0.1, high=4)), lambda m: call(0, m(5, 8)))
sample("xlogy.Scalar_Other special_xlogy.other_scalar special_xlog1py.other_scalar", FLOATS, lambda m: call(m(5, 8), 2.5))
sample("logaddexp.default logaddexp2.default", FLOATS, two, special=True)
sample("hypot.default", FLOATS, two, special=True)
sample("copysign.Tensor", ALL, two, special=True)
sample("copysign.Scalar", ALL, three, lambda m: call(m(5, 8), -0.5), special=True)
sample("ldexp.Tensor", FLOATS, lambda m: call(m(5, 8), m.i(5, 8, low=-4, high=4)))

# Activations.
sample("relu.default", NUMBERS, one, special=True)
sample("relu6.default sigmoid.default silu.default mish.default selu.default hardsigmoid.default hardswish.default log_sigmoid.default", FLOATS, one, special=True)
sample("leaky_relu.default", FLOATS, one, lambda m: call(m(5, 8), 0.2), special=True)
sample("_prelu_kernel.default", FLOATS, spread, special=True)
sample("threshold.default", FLOATS, lambda m: call(m(5, 8), 0.5, 7.0), special=True)
sample("hardshrink.default softshrink.default", FLOATS, one, lambda m: call(m(5, 8), 1.5), special=True)
sample("gelu.default", FLOATS, one, lambda m: call(m(5, 8), approximate="tanh"))  # PyTorch's own CPU kernel gives NaN at infinity
sample("elu.default", FLOATS, one, lambda m: call(m(5, 8), 0.5), lambda m: call(m(5, 8), 0.5, 1.2, 0.8), special=True)
sample("celu.default", FLOATS, one, lambda m: call(m(5, 8), 0.7), special=True)
sample("softplus.default", FLOATS, one, lambda m: call(m(5, 8, low=-30, high=30), 2.0, 10.0), special=True)
sample("log_sigmoid_forward.default", FLOATS, one)
sample("prelu.default", FLOATS, lambda m: call(m(2, 3, 4), m.f(3)), lambda m: call(m(2, 3, 4), m.f(1)), lambda m: call(m(6), m.f(1)))
sample("glu.default", FLOATS, lambda m: call(m(4, 6)), lambda m: call(m(4, 6), 0))
sample("rrelu.default", FLOATS, one, lambda m: call(m(5, 8), 0.1, 0.3))

# Conversions.
import torch  # noqa: E402

for target in (torch.float32, torch.float16, torch.bfloat16, torch.int64, torch.int32, torch.bool, torch.float64, torch.uint8):
    convert = lambda m, target=target: call(m(5, 8, low=0, high=9), target)
    if "aten.to.dtype" not in SAMPLES:
        sample("to.dtype", ALL, convert)
        sample("_to_copy.default", ALL, lambda m: call(m(5, 8), dtype=torch.float32), lambda m: call(m(5, 8)))
        sample("to.dtype_layout", ALL, lambda m: call(m(5, 8), dtype=torch.float32))
        sample("to.device", ALL, lambda m: call(m(5, 8), "cpu", torch.float32))
        sample("to.other type_as.default", ALL, lambda m: call(m(5, 8), m.f(2)))
    else:
        SAMPLES["aten.to.dtype"].calls.append(convert)
sample("clone.default", ALL, one, lambda m: call(m(5, 8).t()), special=True)
sample("copy.default", ALL, lambda m: call(m(5, 8), m(8)), lambda m: call(m(5, 8), m.f(5, 8)))
