// Tensors made of constants and positions.
#include <cmath>

#include "ops/recipes.h"
#include "ops/rows.h"

namespace ka::ops_drawer {
namespace {

Status filled(Rewriter& rewriter, const Node& node, Argument value) {
  const TensorType& type = *rewriter.result(node);
  rewriter.bind(node, 0, rewriter.full(type.sizes(), std::move(value), type.dtype));
  return {};
}

/// full, full_like, new_full, fill, scalar_tensor: the number under whichever name.
Status full(Rewriter& rewriter, const Node& node) {
  for (const char* name : {"fill_value", "value", "s"}) {
    const Argument* value = node.find(name);
    if (value == nullptr || value->is_none()) continue;
    if (value->is_number()) return filled(rewriter, node, *value);
    const TensorType& type = *rewriter.result(node);
    rewriter.bind(node, 0, rewriter.expand(rewriter.cast(rewriter.mapped(value->ref()), type.dtype), type.sizes()));
    return {};
  }
  return cannot("has no value to fill with");
}

Status zeros(Rewriter& rewriter, const Node& node) { return filled(rewriter, node, Argument{int64_t{0}}); }
Status ones(Rewriter& rewriter, const Node& node) { return filled(rewriter, node, Argument{int64_t{1}}); }

/// start + i · step, for numbers that are not whole.
ValueId fractional_range(Rewriter& rewriter, double start, double step, const TensorType& type) {
  const Dtype wide = accumulate_type(float_type(type.dtype));
  const ValueId position = rewriter.cast(rewriter.arange(0, type.element_count(), 1, Dtype::kInt64), wide);
  return rewriter.cast(add(rewriter, multiply(rewriter, position, step), start), type.dtype);
}

/// arange with one, two or three numbers; start and step default to 0 and 1.
Status arange(Rewriter& rewriter, const Node& node) {
  const TensorType& type = *rewriter.result(node);
  const double start = number_or(node, "start", 0);
  const double step = number_or(node, "step", 1);
  if (start != std::floor(start) || step != std::floor(step)) {
    rewriter.bind(node, 0, fractional_range(rewriter, start, step, type));
    return {};
  }
  const auto number = [&](const char* name, int64_t fallback) {
    const Argument* found = node.find(name);
    return found != nullptr && found->is_number() ? *found : Argument{fallback};
  };
  rewriter.bind(node, 0,
                rewriter.call("aten.arange.start_step",
                              {{"start", number("start", 0)},
                               {"end", number("end", 0)},
                               {"step", number("step", 1)},
                               {"dtype", Argument{type.dtype}}},
                              type));
  return {};
}

/// start + i · step, counted from the far end in the second half, as PyTorch has it.
Status linspace(Rewriter& rewriter, const Node& node) {
  const TensorType& type = *rewriter.result(node);
  if (!node.at("start").is_number() || !node.at("end").is_number())
    return cannot("bounds that are tensors are not emitted; write start + arange(n) * step");
  if (!is_floating(type.dtype)) return cannot("whole-number linspace is not emitted; write it with arange");
  const double start = node.at("start").number();
  const double end = node.at("end").number();
  const int64_t steps = node.at("steps").integer();
  if (steps <= 1) return filled(rewriter, node, Argument{start});
  const double step = (end - start) / static_cast<double>(steps - 1);
  const Dtype wide = accumulate_type(type.dtype);
  const ValueId position = rewriter.arange(0, steps, 1, Dtype::kInt64);
  const ValueId forward = add(rewriter, multiply(rewriter, rewriter.cast(position, wide), step), start);
  const ValueId left = rewriter.binary("aten.sub.Tensor", position, static_cast<double>(steps - 1));
  const ValueId backward = add(rewriter, multiply(rewriter, rewriter.cast(left, wide), step), end);
  const ValueId first_half = rewriter.compare("aten.lt.Scalar", position, Argument{steps / 2});
  rewriter.bind(node, 0,
                rewriter.cast(rewriter.where(first_half, Argument{Ref{forward}}, Argument{Ref{backward}}, wide), type.dtype));
  return {};
}

Status eye(Rewriter& rewriter, const Node& node) {
  const TensorType& type = *rewriter.result(node);
  const Shape size = type.sizes();
  const ValueId rows = rewriter.view(rewriter.arange(0, size[0], 1, Dtype::kInt64), {size[0], 1});
  const ValueId columns = rewriter.view(rewriter.arange(0, size[1], 1, Dtype::kInt64), {1, size[1]});
  rewriter.bind(node, 0, rewriter.cast(rewriter.compare("aten.eq.Tensor", rows, Argument{Ref{columns}}), type.dtype));
  return {};
}

/// Keeps the elements on one side of a diagonal, zero elsewhere.
Status triangle(Rewriter& rewriter, const Node& node) {
  const ValueId self = rewriter.operand(node, "self");
  const ValueId offset = subtract(rewriter, positions(rewriter, self, -1), positions(rewriter, self, -2));
  const char* side = node.op == "aten.tril.default" ? "aten.le.Scalar" : "aten.ge.Scalar";
  const ValueId kept = rewriter.compare(side, offset, Argument{integer_or(node, "diagonal", 0)});
  rewriter.bind(node, 0, rewriter.where(kept, Argument{Ref{self}}, Argument{int64_t{0}}, rewriter.dtype(self)));
  return {};
}

Status masked_fill(Rewriter& rewriter, const Node& node) {
  const ValueId self = rewriter.operand(node, "self");
  const ValueId mask = rewriter.cast(rewriter.operand(node, "mask"), Dtype::kBool);
  Argument value = rewriter.mapped(node.at("value"));
  const ValueId out = rewriter.where(mask, std::move(value), Argument{Ref{self}}, rewriter.dtype(self));
  rewriter.bind(node, 0, rewriter.expand(out, rewriter.result(node)->sizes()));
  return {};
}

}  // namespace

void sources(OpTable& table) {
  primitive(table, {"aten.full.default"}, OpClass::kSource, full);
  primitive(table, {"aten.arange.start_step"}, OpClass::kSource, arange);
  composite(
      table,
      {"aten.full_like.default", "aten.new_full.default", "aten.scalar_tensor.default", "aten.fill.Scalar", "aten.fill.Tensor"},
      full);
  composite(table, {"aten.zeros.default", "aten.zeros_like.default", "aten.new_zeros.default"}, zeros);
  composite(table, {"aten.ones.default", "aten.ones_like.default", "aten.new_ones.default"}, ones);
  // The contents of an empty tensor are nobody's business: zeros are as good as any.
  composite(table,
            {"aten.empty.memory_format", "aten.empty_like.default", "aten.new_empty.default", "aten.empty_strided.default",
             "aten.new_empty_strided.default", "aten.empty_permuted.default"},
            zeros);
  composite(table, {"aten.arange.default", "aten.arange.start"}, arange);
  composite(table, {"aten.linspace.default"}, linspace);
  composite(table, {"aten.eye.default", "aten.eye.m"}, eye);
  composite(table, {"aten.tril.default", "aten.triu.default"}, triangle);
  composite(table, {"aten.masked_fill.Scalar", "aten.masked_fill.Tensor"}, masked_fill);
}

}  // namespace ka::ops_drawer
