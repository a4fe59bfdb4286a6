#include "ops/convolution.h"

#include <algorithm>
#include <numeric>

#include "ops/recipes.h"

namespace ka {
namespace {

constexpr int64_t kChannelBlock = 16;   // channels of a group that fill a step of a product's depth
constexpr int64_t kFewestChannels = 4;  // out channels of a group: fewer waste most of a tensor-core tile of 16 rows
constexpr int64_t kFewestPositions = 16;
constexpr int64_t kFewestProducts = 16;
constexpr int64_t kManyFilters =
    16;  // of a group: fewer products than a step takes are better than reading the input once for each

int64_t product_of(const Shape& extents) {
  return std::accumulate(extents.begin(), extents.end(), int64_t{1}, std::multiplies<>());
}

Shape joined(std::initializer_list<Shape> parts) {
  Shape out;
  for (const Shape& part : parts) out.insert(out.end(), part.begin(), part.end());
  return out;
}

/// The dims first … first + count − 1.
Shape dims_from(size_t first, size_t count) {
  Shape dims(count);
  std::iota(dims.begin(), dims.end(), static_cast<int64_t>(first));
  return dims;
}

Shape after(const Shape& size, std::ptrdiff_t skipped) { return {size.begin() + skipped, size.end()}; }

/// A bias shaped to broadcast over [N, O, …].
ValueId per_channel(Rewriter& rewriter, ValueId bias, size_t count) {
  return rewriter.view(bias, joined({rewriter.shape(bias), Shape(count, 1)}));
}

/// One convolution's extents.
struct Extents {
  int64_t batch = 1;
  int64_t groups = 1;
  int64_t channels = 1;  ///< in, per group
  int64_t filters = 1;   ///< out channels per group
  Shape outputs;
  Shape kernel;
};

Dtype wide_type(Dtype dtype) { return is_floating(dtype) ? accumulate_type(dtype) : Dtype::kInt64; }

/// Σ over channels and taps of windows · weight, as a reduction in the order of the output.
ValueId direct(Rewriter& rewriter, ValueId cut, ValueId weight, const Extents& e) {
  const size_t count = e.kernel.size();
  const Dtype wide = wide_type(rewriter.dtype(cut));
  const ValueId left = rewriter.view(rewriter.cast(cut, wide), joined({{e.batch, e.groups, 1, e.channels}, e.outputs, e.kernel}));
  const ValueId right =
      rewriter.view(rewriter.cast(weight, wide), joined({{1, e.groups, e.filters, e.channels}, Shape(count, 1), e.kernel}));
  const ValueId total = rewriter.sum(multiply(rewriter, left, right), joined({{3}, dims_from(4 + count, count)}), false);
  return rewriter.view(total, joined({{e.batch, e.groups * e.filters}, e.outputs}));
}

/// The same as a matrix product per group.
ValueId implicit_product(Rewriter& rewriter, ValueId cut, ValueId weight, const Extents& e, Dtype dtype) {
  const size_t count = e.kernel.size();
  const bool channels_inside = e.channels >= kChannelBlock;
  const int64_t positions = e.batch * product_of(e.outputs);
  const int64_t depth = e.channels * product_of(e.kernel);
  const auto order = [&](const Shape& channel, const Shape& taps) {
    return channels_inside ? joined({taps, channel}) : joined({channel, taps});
  };
  ValueId rows = rewriter.view(weight, joined({{e.groups, e.filters, e.channels}, e.kernel}));
  rows = rewriter.permute(rows, joined({{0, 1}, order({2}, dims_from(3, count))}));
  ValueId columns = rewriter.view(cut, joined({{e.batch, e.groups, e.channels}, e.outputs, e.kernel}));
  columns = rewriter.permute(columns, joined({{1}, order({2}, dims_from(3 + count, count)), {0}, dims_from(3, count)}));
  ValueId out = kNone;
  if (e.groups == 1) {
    out = rewriter.mm(rewriter.view(rows, {e.filters, depth}), rewriter.view(columns, {depth, positions}), dtype);
  } else {
    out = rewriter.bmm(rewriter.view(rows, {e.groups, e.filters, depth}), rewriter.view(columns, {e.groups, depth, positions}),
                       dtype);
  }
  out = rewriter.view(out, joined({{e.groups * e.filters, e.batch}, e.outputs}));
  return rewriter.permute(out, joined({{1, 0}, dims_from(2, count)}));
}

/// One phase along one dim: the outputs stride·i + phase, the taps they see, and where tap j of output i reads: i + first − j·step.
struct Phase {
  int64_t tap = 0;       ///< the first tap
  int64_t tap_step = 1;  ///< from one tap to the next
  int64_t taps = 0;
  int64_t first = 0;
  int64_t step = 1;
};

/// Tap t reaches output o from input (o + padding − t·dilation) / stride, where that is whole.
Phase phase_of(int64_t phase, int64_t kernel, int64_t stride, int64_t padding, int64_t dilation) {
  const int64_t common = std::gcd(stride, dilation);
  Phase out;
  out.tap_step = stride / common;
  out.step = dilation / common;
  for (int64_t tap = 0; tap < std::min(kernel, out.tap_step); ++tap) {
    const int64_t distance = phase + padding - tap * dilation;
    if (distance % stride != 0) continue;
    out.tap = tap;
    out.taps = (kernel - tap + out.tap_step - 1) / out.tap_step;
    out.first = distance / stride;
    break;
  }
  return out;
}

/// Weaves a last axis of phases, one entry of `stride` after another, into the spatial axes of [N, O, outputs…, phases], and cuts what
/// `cropped` says off the front of each and what `kept` leaves off its end.
ValueId weave(Rewriter& rewriter, ValueId apart, const Shape& stride, const Shape& cropped, const Shape& kept) {
  const size_t count = stride.size();
  const Shape size = rewriter.shape(apart);
  Shape order = {0, 1};
  Shape woven = {size[0], size[1]};
  for (size_t i = 0; i < count; ++i) {
    order.push_back(static_cast<int64_t>(2 + i));
    order.push_back(static_cast<int64_t>(2 + count + i));
    woven.push_back(size[2 + i] * stride[i]);
  }
  ValueId out = rewriter.view(apart, joined({Shape(size.begin(), size.end() - 1), stride}));
  out = rewriter.view(rewriter.permute(out, order), woven);
  for (size_t i = 0; i < count; ++i) out = rewriter.slice(out, static_cast<int64_t>(2 + i), cropped[i], cropped[i] + kept[i]);
  return out;
}

/// A transposed convolution all of whose phases see equally many taps: output stride·i + phase − padding sees taps phase + stride·u at
/// inputs i − u·dilation, so that the phases share their windows. They become further out channels of one convolution (a sub-pixel
/// convolution: Shi et al. 2016).
ValueId as_more_channels(Rewriter& rewriter, ValueId input, ValueId weight, ValueId bias, const Taps& taps, int64_t groups) {
  const size_t count = taps.stride.size();
  const Shape filter = rewriter.shape(weight);
  const int64_t filters = filter[0];
  const int64_t phases = product_of(taps.stride);
  Shape apart = {filters, filter[1]};
  Shape order = {0};
  Shape later = {1};
  Shape kernel;
  Shape cropped;
  Taps seen{Shape(count, 1), {}, {}, {}};
  for (size_t i = 0; i < count; ++i) {
    kernel.push_back(filter[2 + i] / taps.stride[i]);
    cropped.push_back(taps.padding[i] % taps.stride[i]);
    seen.padding.push_back(-(taps.padding[i] / taps.stride[i]));
    seen.dilation.push_back(-taps.dilation[i]);
    seen.outputs.push_back((taps.outputs[i] + cropped[i] + taps.stride[i] - 1) / taps.stride[i]);
    apart.insert(apart.end(), {kernel[i], taps.stride[i]});
    order.push_back(static_cast<int64_t>(3 + 2 * i));
    later.push_back(static_cast<int64_t>(2 + 2 * i));
  }
  weight = rewriter.permute(rewriter.view(weight, apart), joined({order, later}));
  weight = rewriter.view(weight, joined({{filters * phases, filter[1]}, kernel}));
  if (bias != kNone) {
    bias = rewriter.expand(rewriter.unsqueeze(bias, 1), {filters, phases});
    bias = rewriter.view(bias, {filters * phases});
  }
  ValueId out = convolution(rewriter, input, weight, bias, seen, groups);
  out = rewriter.view(out, joined({{rewriter.shape(input)[0], filters, phases}, seen.outputs}));
  out = rewriter.permute(out, joined({{0, 1}, dims_from(3, count), {2}}));
  return weave(rewriter, out, taps.stride, cropped, taps.outputs);
}

}  // namespace

ValueId convolution(Rewriter& rewriter, ValueId input, ValueId weight, ValueId bias, const Taps& taps, int64_t groups) {
  const Shape filter = rewriter.shape(weight);
  const Dtype dtype = rewriter.dtype(input);
  const Dtype wide = wide_type(dtype);
  const Extents e{rewriter.shape(input)[0], groups, filter[1], filter[0] / groups, taps.outputs, after(filter, 2)};
  const ValueId cut = windows(rewriter, input, e.kernel, taps.stride, taps.padding, taps.dilation, 0, taps.outputs);
  const bool on_tensor_cores = dtype == Dtype::kFloat32 || dtype == Dtype::kFloat16 || dtype == Dtype::kBFloat16;
  const bool fills_tiles = e.filters >= kFewestChannels && e.batch * product_of(e.outputs) >= kFewestPositions &&
                           (e.channels * product_of(e.kernel) >= kFewestProducts || e.filters >= kManyFilters);
  ValueId out = on_tensor_cores && fills_tiles ? implicit_product(rewriter, cut, weight, e, bias == kNone ? dtype : wide)
                                               : direct(rewriter, cut, weight, e);
  if (bias != kNone) out = add(rewriter, out, per_channel(rewriter, rewriter.cast(bias, wide), e.outputs.size()));
  return rewriter.cast(out, dtype);
}

ValueId transposed_convolution(Rewriter& rewriter, ValueId input, ValueId weight, ValueId bias, const Taps& taps,
                               int64_t groups) {
  const Dtype dtype = rewriter.dtype(input);
  const Shape filter = rewriter.shape(weight);
  const size_t count = taps.stride.size();
  const Shape kernel = after(filter, 2);
  const int64_t batch = rewriter.shape(input)[0];
  const int64_t channels = filter[0] / groups;
  const int64_t filters = groups * filter[1];
  // As a convolution's weight: [out channels, in channels per group, …].
  weight = rewriter.view(weight, joined({{groups, channels, filter[1]}, kernel}));
  weight = rewriter.permute(weight, joined({{0, 2, 1}, dims_from(3, count)}));
  weight = rewriter.view(weight, joined({{filters, channels}, kernel}));

  const int64_t phases = product_of(taps.stride);
  bool alike = phases > 1;
  for (size_t i = 0; i < count; ++i)
    alike = alike && kernel[i] % taps.stride[i] == 0 && (taps.dilation[i] == 1 || taps.stride[i] == 1);
  if (alike) return as_more_channels(rewriter, input, weight, bias, taps, groups);

  Shape outputs;
  for (size_t i = 0; i < count; ++i) outputs.push_back((taps.outputs[i] + taps.stride[i] - 1) / taps.stride[i]);
  Argument::List parts;
  for (int64_t number = 0; number < phases; ++number) {
    Taps seen{Shape(count, 1), {}, {}, outputs};
    ValueId kept = weight;
    int64_t rest = number;
    bool any = true;
    for (size_t i = count; i-- > 0; rest /= taps.stride[i]) {
      const Phase phase = phase_of(rest % taps.stride[i], kernel[i], taps.stride[i], taps.padding[i], taps.dilation[i]);
      any = any && phase.taps > 0;
      seen.padding.insert(seen.padding.begin(), -phase.first);
      seen.dilation.insert(seen.dilation.begin(), -phase.step);
      if (phase.tap_step > 1) kept = rewriter.slice(kept, static_cast<int64_t>(2 + i), phase.tap, kernel[i], phase.tap_step);
    }
    ValueId part = kNone;
    if (any) {
      part = convolution(rewriter, input, kept, bias, seen, groups);
    } else {
      const Argument zero = is_floating(dtype) ? Argument{0.0} : Argument{int64_t{0}};
      part = bias == kNone ? rewriter.full({1}, zero, dtype) : per_channel(rewriter, bias, count);
      part = rewriter.expand(part, joined({{batch, filters}, outputs}));
    }
    if (phases == 1) return part;
    parts.push_back(Argument{Ref{rewriter.unsqueeze(part, -1)}});
  }

  const Shape apart = joined({{batch, filters}, outputs, {phases}});
  ValueId out = rewriter.call("aten.cat.default",
                              {{"tensors", Argument{std::move(parts)}}, {"dim", Argument{static_cast<int64_t>(2 + count)}}},
                              contiguous_type(dtype, apart));
  return weave(rewriter, out, taps.stride, Shape(count, 0), taps.outputs);
}

}  // namespace ka
