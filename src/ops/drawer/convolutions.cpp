// Convolutions and transposed convolutions of one to three dims, in every spelling that traced graphs contain.
#include "ops/convolution.h"

#include <algorithm>

#include "ops/recipes.h"
#include "ops/rows.h"

namespace ka::ops_drawer {
namespace {

/// A traced convolution with its arguments spread over the spatial dims, and a batch dim where the input had none.
struct Traced {
  ValueId input = kNone;
  ValueId weight = kNone;
  ValueId bias = kNone;
  Shape stride;
  Shape dilation;
  Shape outputs;
  int64_t groups = 1;
  bool batched = true;
};

Shape spread(Shape list, size_t count, int64_t fallback) {
  if (list.empty()) list = {fallback};
  if (list.size() == 1) list.resize(count, list[0]);
  return list;
}

Traced read(Rewriter& rewriter, const Node& node) {
  Traced out;
  out.input = rewriter.operand(node, node.find("input") != nullptr ? "input" : "self");
  out.weight = rewriter.operand(node, "weight");
  if (rewriter.has_operand(node, "bias")) out.bias = rewriter.operand(node, "bias");
  const auto count = static_cast<size_t>(rewriter.rank(out.weight) - 2);
  out.stride = spread(integers_or_empty(node, "stride"), count, 1);
  out.dilation = spread(integers_or_empty(node, "dilation"), count, 1);
  out.groups = integer_or(node, "groups", 1);
  const Shape size = rewriter.result(node)->sizes();
  out.outputs.assign(size.end() - static_cast<std::ptrdiff_t>(count), size.end());
  out.batched = rewriter.rank(out.input) == rewriter.rank(out.weight);
  if (!out.batched) out.input = rewriter.unsqueeze(out.input, 0);
  if (node.op.find("depthwise") != std::string::npos) out.groups = rewriter.shape(out.input)[1];
  return out;
}

/// Binds the result, which owns its memory: where it is a view of a product, through a copy, which becomes the product's own store.
Status bind_result(Rewriter& rewriter, const Node& node, const Traced& traced, ValueId value) {
  if (!traced.batched) value = rewriter.squeeze(value, {0});
  const Node& producer = rewriter.so_far().node(rewriter.so_far().value(value).producer);
  const bool is_view = op_table().find(producer.op)->op_class == OpClass::kView;
  rewriter.bind(node, 0, is_view ? rewriter.unary("aten.clone.default", value) : value);
  return {};
}

/// Binds what `call`, convolution() or its transposed form, makes of a traced one with this padding.
Status bind_convolved(Rewriter& rewriter, const Node& node, const Traced& traced, Shape padding, decltype(&convolution) call) {
  const Taps taps{traced.stride, std::move(padding), traced.dilation, traced.outputs};
  return bind_result(rewriter, node, traced, call(rewriter, traced.input, traced.weight, traced.bias, taps, traced.groups));
}

Shape padding_of(const Node& node, const Traced& traced) {
  return spread(integers_or_empty(node, "padding"), traced.stride.size(), 0);
}

Status convolve(Rewriter& rewriter, const Node& node) {
  const Traced traced = read(rewriter, node);
  return bind_convolved(rewriter, node, traced, padding_of(node, traced), convolution);
}

/// padding='same' puts the odd element behind the input; 'valid' pads nothing.
Status convolve_padded(Rewriter& rewriter, const Node& node) {
  const Traced traced = read(rewriter, node);
  const bool same = text_or(node, "padding", "valid") == "same";
  const Shape kernel = rewriter.shape(traced.weight);
  Shape padding;
  for (size_t i = 0; i < traced.stride.size(); ++i) padding.push_back(same ? traced.dilation[i] * (kernel[2 + i] - 1) / 2 : 0);
  return bind_convolved(rewriter, node, traced, std::move(padding), convolution);
}

Status convolve_transposed(Rewriter& rewriter, const Node& node) {
  const Traced traced = read(rewriter, node);
  return bind_convolved(rewriter, node, traced, padding_of(node, traced), transposed_convolution);
}

Status convolve_either(Rewriter& rewriter, const Node& node) {
  return truth_or(node, "transposed", false) ? convolve_transposed(rewriter, node) : convolve(rewriter, node);
}

}  // namespace

void convolutions(OpTable& table) {
  composite(table,
            {"aten.conv1d.default", "aten.conv2d.default", "aten.conv3d.default", "aten.mkldnn_convolution.default",
             "aten.cudnn_convolution.default", "aten._conv_depthwise2d.default", "aten.conv_depthwise3d.default"},
            convolve);
  composite(table, {"aten.conv1d.padding", "aten.conv2d.padding", "aten.conv3d.padding"}, convolve_padded);
  composite(table, {"aten.conv_transpose1d.default", "aten.conv_transpose2d.input", "aten.conv_transpose3d.input"},
            convolve_transposed);
  composite(table, {"aten.convolution.default", "aten._convolution.default"}, convolve_either);
  refused(table, {"aten.conv_tbc.default"}, "time-major convolutions are not emitted; use conv1d on a transposed input");
}

}  // namespace ka::ops_drawer
