// Resizing by nearest neighbour and by linear interpolation, dim by dim.
#include <cmath>

#include "ops/recipes.h"
#include "ops/rows.h"

namespace ka::ops_drawer {
namespace {

/// The scale of one resized dim as PyTorch takes it: the given factor's inverse where there is one, else the extents' ratio.
double scale_of(const Node& node, size_t dim, size_t count, int64_t in, int64_t out) {
  double factor = 0;
  if (const Argument* factors = node.find("scale_factors"); factors != nullptr && factors->is_list())
    factor = factors->list()[dim].number();
  const char* names[] = {"scales_d", "scales_h", "scales_w"};
  if (const double named = number_or(node, count == 1 ? "scales" : names[3 - count + dim], 0); named > 0) factor = named;
  return factor > 0 ? 1 / factor : static_cast<double>(in) / static_cast<double>(out);
}

ValueId input_of(Rewriter& rewriter, const Node& node) {
  return rewriter.operand(node, node.find("self") != nullptr ? "self" : "input");
}

ValueId held(Rewriter& rewriter, ValueId index, int64_t extent) {
  return rewriter.call("aten.clamp.default",
                       {{"self", Argument{Ref{index}}}, {"min", Argument{int64_t{0}}}, {"max", Argument{extent - 1}}},
                       contiguous_type(Dtype::kInt64, rewriter.shape(index)));
}

/// Output o reads ⌊(o + shift) · scale⌋, computed in float32 as in PyTorch; a whole factor is a view.
ValueId nearest_along(Rewriter& rewriter, ValueId self, int64_t dim, int64_t outputs, double scale, double shift) {
  const Shape size = rewriter.shape(self);
  const int64_t extent = size[static_cast<size_t>(dim)];
  if (outputs == extent && scale == 1) return self;
  if (outputs % extent == 0 && scale == static_cast<double>(extent) / static_cast<double>(outputs)) {
    Shape wide = size;
    wide.insert(wide.begin() + dim + 1, outputs / extent);
    Shape joined = size;
    joined[static_cast<size_t>(dim)] = outputs;
    return rewriter.view(rewriter.expand(rewriter.unsqueeze(self, dim + 1), wide), joined);
  }
  const ValueId position = add(rewriter, rewriter.cast(rewriter.arange(0, outputs, 1, Dtype::kInt64), Dtype::kFloat32), shift);
  const ValueId at =
      rewriter.unary("aten.floor.default", multiply(rewriter, position, static_cast<double>(static_cast<float>(scale))));
  return pick(rewriter, self, dim, held(rewriter, rewriter.cast(at, Dtype::kInt64), extent));
}

Status nearest(Rewriter& rewriter, const Node& node, size_t count) {
  ValueId self = input_of(rewriter, node);
  const Shape in = rewriter.shape(self);
  const Shape out = rewriter.result(node)->sizes();
  const double shift = node.op.find("exact") != std::string::npos ? 0.5 : 0.0;
  for (size_t i = 0; i < count; ++i) {
    const size_t dim = in.size() - count + i;
    self = nearest_along(rewriter, self, static_cast<int64_t>(dim), out[dim], scale_of(node, i, count, in[dim], out[dim]), shift);
  }
  bind_copy(rewriter, node, 0, self);
  return {};
}

/// (1 − w) · x[⌊s⌋] + w · x[⌊s⌋ + 1], s the output's place among the inputs and w its fraction.
ValueId linear_along(Rewriter& rewriter, ValueId self, int64_t dim, int64_t outputs, double scale, bool corners) {
  const int64_t extent = rewriter.shape(self)[static_cast<size_t>(dim)];
  const Dtype dtype = rewriter.dtype(self);
  if (outputs == extent && (corners || scale == 1)) return self;
  const ValueId position = rewriter.cast(rewriter.arange(0, outputs, 1, Dtype::kInt64), dtype);
  ValueId source = kNone;
  if (corners) {
    const double ratio = outputs > 1 ? static_cast<double>(extent - 1) / static_cast<double>(outputs - 1) : 0;
    source = rewriter.binary("aten.mul.Tensor", position, ratio);
  } else {
    source = add(rewriter, multiply(rewriter, add(rewriter, position, 0.5), scale), -0.5);
    source = rewriter.call("aten.clamp_min.default", {{"self", Argument{Ref{source}}}, {"min", Argument{0.0}}},
                           contiguous_type(dtype, {outputs}));
  }
  const ValueId floor = rewriter.unary("aten.floor.default", source);
  const ValueId low = held(rewriter, rewriter.cast(floor, Dtype::kInt64), extent);
  const ValueId high = held(rewriter, add(rewriter, low, 1.0), extent);
  Shape along(static_cast<size_t>(rewriter.rank(self)), 1);
  along[static_cast<size_t>(dim)] = outputs;
  const ValueId weight = rewriter.view(subtract(rewriter, source, rewriter.cast(low, dtype)), along);
  const ValueId rest = add(rewriter, rewriter.unary("aten.neg.default", weight), 1.0);
  return add(rewriter, multiply(rewriter, pick(rewriter, self, dim, low), rest),
             multiply(rewriter, pick(rewriter, self, dim, high), weight));
}

/// c₃x³ + c₂x² + c₁x + c₀, highest first.
ValueId polynomial(Rewriter& rewriter, ValueId x, std::initializer_list<double> coefficients) {
  auto next = coefficients.begin();
  ValueId out = multiply(rewriter, x, *next++);
  while (next + 1 != coefficients.end()) out = multiply(rewriter, add(rewriter, out, *next++), x);
  return add(rewriter, out, *next);
}

/// Cubic convolution of four neighbours (Keys 1981, "Cubic convolution interpolation for digital image processing", a = −3/4).
ValueId cubic_along(Rewriter& rewriter, ValueId self, int64_t dim, int64_t outputs, double scale, bool corners) {
  constexpr double kA = -0.75;
  const int64_t extent = rewriter.shape(self)[static_cast<size_t>(dim)];
  const Dtype dtype = rewriter.dtype(self);
  const ValueId position = rewriter.cast(rewriter.arange(0, outputs, 1, Dtype::kInt64), dtype);
  const double ratio = outputs > 1 ? static_cast<double>(extent - 1) / static_cast<double>(outputs - 1) : 0;
  const ValueId source = corners ? rewriter.binary("aten.mul.Tensor", position, ratio)
                                 : add(rewriter, multiply(rewriter, add(rewriter, position, 0.5), scale), -0.5);
  const ValueId floor = rewriter.unary("aten.floor.default", source);
  const ValueId fraction = subtract(rewriter, source, floor);
  const ValueId rest = add(rewriter, rewriter.unary("aten.neg.default", fraction), 1.0);
  const auto near = [&](ValueId x) { return polynomial(rewriter, x, {kA + 2, -(kA + 3), 0, 1}); };
  const auto far = [&](ValueId x) { return polynomial(rewriter, add(rewriter, x, 1.0), {kA, -5 * kA, 8 * kA, -4 * kA}); };
  Shape along(static_cast<size_t>(rewriter.rank(self)), 1);
  along[static_cast<size_t>(dim)] = outputs;
  const ValueId first = rewriter.cast(floor, Dtype::kInt64);
  const ValueId weights[] = {far(fraction), near(fraction), near(rest), far(rest)};
  ValueId total = kNone;
  for (int tap = 0; tap < 4; ++tap) {
    const ValueId at = held(rewriter, add(rewriter, first, tap - 1.0), extent);
    const ValueId part = multiply(rewriter, pick(rewriter, self, dim, at), rewriter.view(weights[tap], along));
    total = tap == 0 ? part : add(rewriter, total, part);
  }
  return total;
}

using Along = ValueId (*)(Rewriter&, ValueId, int64_t, int64_t, double, bool);

Status interpolate(Rewriter& rewriter, const Node& node, size_t count, Along along) {
  ValueId self = to_accumulate(rewriter, input_of(rewriter, node));
  const Shape in = rewriter.shape(self);
  const Shape out = rewriter.result(node)->sizes();
  const bool corners = truth_or(node, "align_corners", false);
  for (size_t i = 0; i < count; ++i) {
    const size_t dim = in.size() - count + i;
    self = along(rewriter, self, static_cast<int64_t>(dim), out[dim], scale_of(node, i, count, in[dim], out[dim]), corners);
  }
  rewriter.bind(node, 0, rewriter.cast(self, rewriter.result(node)->dtype));
  return {};
}

template <size_t Count>
Status nearest_resize(Rewriter& rewriter, const Node& node) {
  return nearest(rewriter, node, Count);
}
template <size_t Count>
Status smooth_resize(Rewriter& rewriter, const Node& node) {
  return interpolate(rewriter, node, Count, linear_along);
}
Status cubic_resize(Rewriter& rewriter, const Node& node) { return interpolate(rewriter, node, 2, cubic_along); }

}  // namespace

void upsampling(OpTable& table) {
  composite(table,
            {"aten.upsample_nearest1d.default", "aten.upsample_nearest1d.vec", "aten._upsample_nearest_exact1d.default",
             "aten._upsample_nearest_exact1d.vec"},
            nearest_resize<1>);
  composite(table,
            {"aten.upsample_nearest2d.default", "aten.upsample_nearest2d.vec", "aten._upsample_nearest_exact2d.default",
             "aten._upsample_nearest_exact2d.vec"},
            nearest_resize<2>);
  composite(table,
            {"aten.upsample_nearest3d.default", "aten.upsample_nearest3d.vec", "aten._upsample_nearest_exact3d.default",
             "aten._upsample_nearest_exact3d.vec"},
            nearest_resize<3>);
  composite(table, {"aten.upsample_linear1d.default", "aten.upsample_linear1d.vec"}, smooth_resize<1>);
  composite(table, {"aten.upsample_bilinear2d.default", "aten.upsample_bilinear2d.vec"}, smooth_resize<2>);
  composite(table, {"aten.upsample_trilinear3d.default", "aten.upsample_trilinear3d.vec"}, smooth_resize<3>);
  composite(table, {"aten.upsample_bicubic2d.default", "aten.upsample_bicubic2d.vec"}, cubic_resize);
  refused(table,
          {"aten._upsample_bilinear2d_aa.default", "aten._upsample_bilinear2d_aa.vec", "aten._upsample_bicubic2d_aa.default",
           "aten._upsample_bicubic2d_aa.vec"},
          "not emitted; resize without antialias");
}

}  // namespace ka::ops_drawer
