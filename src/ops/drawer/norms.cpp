// Layer, group, instance, batch and root-mean-square normalisation.
#include <cmath>
#include <limits>
#include <numeric>

#include "ops/recipes.h"
#include "ops/rows.h"

namespace ka::ops_drawer {
namespace {

/// What normalising over dims gives, dims kept at extent 1, all in the accumulate type.
struct Normal {
  ValueId value;  ///< (x − mean) · rstd
  ValueId mean;
  ValueId rstd;
  ValueId m2;    ///< Σ (x − mean)²
  double count;  ///< elements per mean
};

Normal normalise(Rewriter& rewriter, ValueId self, const Shape& dims, double eps) {
  const ValueId wide = to_accumulate(rewriter, self);
  const auto count = static_cast<double>(extent_over(rewriter, self, dims));
  const auto [middle, m2] = rewriter.moments(wide, dims);
  const ValueId rstd = rewriter.unary("aten.rsqrt.default", add(rewriter, divide(rewriter, m2, count), eps));
  return {multiply(rewriter, subtract(rewriter, wide, middle), rstd), middle, rstd, m2, count};
}

ValueId optional(Rewriter& rewriter, const Node& node, const char* name) {
  return rewriter.has_operand(node, name) ? rewriter.operand(node, name) : kNone;
}

/// A parameter per channel, shaped to stand at dim 1, in the computing type.
ValueId per_channel(Rewriter& rewriter, ValueId parameter, ValueId like) {
  if (parameter == kNone) return kNone;
  Shape size(static_cast<size_t>(rewriter.rank(like)), 1);
  size[1] = rewriter.type(parameter).element_count();
  return rewriter.cast(rewriter.view(parameter, size), rewriter.dtype(like));
}

ValueId in_type_of(Rewriter& rewriter, ValueId parameter, ValueId like) {
  return parameter == kNone ? kNone : rewriter.cast(parameter, rewriter.dtype(like));
}

/// Binds an output after bringing it to the traced shape and type.
void bind_as(Rewriter& rewriter, const Node& node, size_t index, ValueId value) {
  const TensorType* type = rewriter.result(node, index);
  if (type == nullptr) return;
  rewriter.bind(node, index, rewriter.cast(rewriter.view(value, type->sizes()), type->dtype));
}

void bind_empty(Rewriter& rewriter, const Node& node, size_t index) {
  const TensorType* type = rewriter.result(node, index);
  if (type != nullptr) rewriter.bind(node, index, rewriter.full(type->sizes(), Argument{0.0}, type->dtype));
}

Shape last_dims(size_t count) {
  Shape dims(count);
  std::iota(dims.begin(), dims.end(), -static_cast<int64_t>(count));
  return dims;
}

Status layer_norm(Rewriter& rewriter, const Node& node) {
  const ValueId input = rewriter.operand(node, "input");
  const Normal normal =
      normalise(rewriter, input, last_dims(node.at("normalized_shape").integers().size()), number_or(node, "eps", 1e-5));
  const ValueId weight = in_type_of(rewriter, optional(rewriter, node, "weight"), normal.value);
  const ValueId bias = in_type_of(rewriter, optional(rewriter, node, "bias"), normal.value);
  bind_as(rewriter, node, 0, scale_and_shift(rewriter, normal.value, weight, bias));
  bind_as(rewriter, node, 1, normal.mean);
  bind_as(rewriter, node, 2, normal.rstd);
  return {};
}

double smallest_step(Dtype dtype) {
  switch (dtype) {
    case Dtype::kFloat16: return 0.0009765625;
    case Dtype::kBFloat16: return 0.0078125;
    case Dtype::kFloat64: return std::numeric_limits<double>::epsilon();
    default: return std::numeric_limits<float>::epsilon();
  }
}

Status rms_norm(Rewriter& rewriter, const Node& node) {
  const ValueId input = rewriter.operand(node, "input");
  const ValueId wide = to_accumulate(rewriter, input);
  const Shape dims = last_dims(node.at("normalized_shape").integers().size());
  const double eps = number_or(node, "eps", smallest_step(rewriter.dtype(input)));
  const ValueId rstd =
      rewriter.unary("aten.rsqrt.default", add(rewriter, mean(rewriter, multiply(rewriter, wide, wide), dims, true), eps));
  const ValueId weight = in_type_of(rewriter, optional(rewriter, node, "weight"), wide);
  bind_as(rewriter, node, 0, scale_and_shift(rewriter, multiply(rewriter, wide, rstd), weight, kNone));
  bind_as(rewriter, node, 1, rstd);
  return {};
}

/// Channels split into groups; one mean per sample and group.
Status group_norm(Rewriter& rewriter, const Node& node) {
  const ValueId input = rewriter.operand(node, "input");
  const int64_t groups = node.at(node.find("num_groups") != nullptr ? "num_groups" : "group").integer();
  const Shape size = rewriter.shape(input);
  const int64_t channels = size[1];
  Shape split = {size[0], groups, channels / groups};
  split.insert(split.end(), size.begin() + 2, size.end());
  const Normal normal =
      normalise(rewriter, rewriter.view(input, split), last_dims(split.size() - 2), number_or(node, "eps", 1e-5));
  const auto parameter = [&](const char* name) {
    if (!rewriter.has_operand(node, name)) return kNone;
    Shape at(split.size(), 1);
    at[1] = groups;
    at[2] = channels / groups;
    return rewriter.cast(rewriter.view(rewriter.operand(node, name), at), rewriter.dtype(normal.value));
  };
  bind_as(rewriter, node, 0, scale_and_shift(rewriter, normal.value, parameter("weight"), parameter("bias")));
  bind_as(rewriter, node, 1, normal.mean);
  bind_as(rewriter, node, 2, normal.rstd);
  return {};
}

/// (1 − momentum) · old + momentum · seen
ValueId moving(Rewriter& rewriter, ValueId old, ValueId seen, double momentum) {
  return add(rewriter, multiply(rewriter, old, 1 - momentum), multiply(rewriter, seen, momentum));
}

/// Normalises with given statistics.
ValueId with_running(Rewriter& rewriter, const Node& node, ValueId input) {
  const ValueId wide = to_accumulate(rewriter, input);
  const ValueId middle = per_channel(rewriter, rewriter.operand(node, "running_mean"), wide);
  const ValueId spread = per_channel(rewriter, rewriter.operand(node, "running_var"), wide);
  const ValueId rstd = rewriter.unary("aten.rsqrt.default", add(rewriter, spread, number_or(node, "eps", 1e-5)));
  const ValueId value = multiply(rewriter, subtract(rewriter, wide, middle), rstd);
  return scale_and_shift(rewriter, value, per_channel(rewriter, optional(rewriter, node, "weight"), wide),
                         per_channel(rewriter, optional(rewriter, node, "bias"), wide));
}

/// Where each kind of batch norm puts its further outputs; −1 where it has none.
struct Places {
  int mean = -1;
  int rstd = -1;
  int reserve = -1;
  int running_mean = -1;
  int running_var = -1;
};

Status batch_norm(Rewriter& rewriter, const Node& node, bool training, Places places) {
  const ValueId input = rewriter.operand(node, "input");
  if (!training) {
    bind_as(rewriter, node, 0, with_running(rewriter, node, input));
    for (const int place : {places.mean, places.rstd, places.reserve}) {
      if (place >= 0) bind_empty(rewriter, node, static_cast<size_t>(place));
    }
    if (places.running_mean >= 0)
      rewriter.bind(node, static_cast<size_t>(places.running_mean), rewriter.operand(node, "running_mean"));
    if (places.running_var >= 0)
      rewriter.bind(node, static_cast<size_t>(places.running_var), rewriter.operand(node, "running_var"));
    return {};
  }
  Shape dims = {0};
  for (int64_t dim = 2; dim < rewriter.rank(input); ++dim) dims.push_back(dim);
  const Normal normal = normalise(rewriter, input, dims, number_or(node, "eps", 1e-5));
  const ValueId weight = per_channel(rewriter, optional(rewriter, node, "weight"), normal.value);
  const ValueId bias = per_channel(rewriter, optional(rewriter, node, "bias"), normal.value);
  bind_as(rewriter, node, 0, scale_and_shift(rewriter, normal.value, weight, bias));
  if (places.mean >= 0) bind_as(rewriter, node, static_cast<size_t>(places.mean), normal.mean);
  if (places.rstd >= 0) bind_as(rewriter, node, static_cast<size_t>(places.rstd), normal.rstd);
  if (places.reserve >= 0) bind_empty(rewriter, node, static_cast<size_t>(places.reserve));

  // Running statistics keep the unbiased variance.
  const double momentum = number_or(node, "momentum", 0.1);
  const auto update = [&](int place, const char* name, const auto& seen) {
    if (place < 0 || rewriter.result(node, static_cast<size_t>(place)) == nullptr || !rewriter.has_operand(node, name)) return;
    const ValueId old = rewriter.operand(node, name);
    const ValueId now = rewriter.cast(rewriter.view(seen(), rewriter.shape(old)), accumulate_type(rewriter.dtype(old)));
    bind_as(rewriter, node, static_cast<size_t>(place), moving(rewriter, to_accumulate(rewriter, old), now, momentum));
  };
  update(places.running_mean, "running_mean", [&] { return normal.mean; });
  update(places.running_var, "running_var", [&] { return divide(rewriter, normal.m2, std::max(1.0, normal.count - 1)); });
  return {};
}

Status plain_batch_norm(Rewriter& rewriter, const Node& node) {
  const bool training = truth_or(node, "training", false);
  if (training && rewriter.has_operand(node, "running_mean")) {
    return cannot("updates its running statistics in place; trace it functionalized (_native_batch_norm_legit_functional)");
  }
  return batch_norm(rewriter, node, training || !rewriter.has_operand(node, "running_mean"), {.mean = 1, .rstd = 2});
}

Status functional_batch_norm(Rewriter& rewriter, const Node& node) {
  return batch_norm(rewriter, node, truth_or(node, "training", false),
                    {.mean = 1, .rstd = 2, .running_mean = 3, .running_var = 4});
}

Status batch_norm_with_update(Rewriter& rewriter, const Node& node) {
  return batch_norm(rewriter, node, true, {.mean = 1, .rstd = 2, .reserve = 3, .running_mean = 4, .running_var = 5});
}

Status batch_norm_without_stats(Rewriter& rewriter, const Node& node) {
  return batch_norm(rewriter, node, true, {.mean = 1, .rstd = 2});
}

Status batch_norm_no_training(Rewriter& rewriter, const Node& node) {
  return batch_norm(rewriter, node, false, {.mean = 1, .rstd = 2, .reserve = 3});
}

Status instance_norm(Rewriter& rewriter, const Node& node) {
  const ValueId input = rewriter.operand(node, "input");
  if (!truth_or(node, "use_input_stats", true)) {
    bind_as(rewriter, node, 0, with_running(rewriter, node, input));
    return {};
  }
  if (rewriter.has_operand(node, "running_mean"))
    return cannot("updates its running statistics in place; use track_running_stats=False");
  const Normal normal =
      normalise(rewriter, input, last_dims(static_cast<size_t>(rewriter.rank(input)) - 2), number_or(node, "eps", 1e-5));
  const ValueId weight = per_channel(rewriter, optional(rewriter, node, "weight"), normal.value);
  const ValueId bias = per_channel(rewriter, optional(rewriter, node, "bias"), normal.value);
  bind_as(rewriter, node, 0, scale_and_shift(rewriter, normal.value, weight, bias));
  return {};
}

/// g · v / ‖v‖, the norm over every dim but one.
Status weight_norm(Rewriter& rewriter, const Node& node) {
  const ValueId v = to_accumulate(rewriter, rewriter.operand(node, "v"));
  const ValueId g = to_accumulate(rewriter, rewriter.operand(node, "g"));
  const int64_t kept = integer_or(node, "dim", 0);
  Shape dims;
  for (int64_t dim = 0; dim < rewriter.rank(v); ++dim) {
    if (kept == -1 || dim != kept) dims.push_back(dim);
  }
  const ValueId length = rewriter.unary("aten.sqrt.default", rewriter.sum(multiply(rewriter, v, v), dims, true));
  bind_as(rewriter, node, 0, multiply(rewriter, v, divide(rewriter, g, length)));
  bind_as(rewriter, node, 1, length);
  return {};
}

}  // namespace

void norms(OpTable& table) {
  composite(table, {"aten.layer_norm.default", "aten.native_layer_norm.default"}, layer_norm);
  composite(table, {"aten.rms_norm.default", "aten._fused_rms_norm.default"}, rms_norm);
  composite(table, {"aten.group_norm.default", "aten.native_group_norm.default"}, group_norm);
  composite(table, {"aten.instance_norm.default"}, instance_norm);
  composite(table,
            {"aten.batch_norm.default", "aten.native_batch_norm.default", "aten._native_batch_norm_legit.default",
             "aten.cudnn_batch_norm.default"},
            plain_batch_norm);
  composite(table, {"aten._native_batch_norm_legit_functional.default"}, functional_batch_norm);
  composite(table, {"aten._batch_norm_with_update_functional.default"}, batch_norm_with_update);
  composite(table, {"aten._native_batch_norm_legit.no_stats"}, batch_norm_without_stats);
  composite(table, {"aten._native_batch_norm_legit_no_training.default", "aten._batch_norm_no_update.default"},
            batch_norm_no_training);
  composite(table, {"aten._weight_norm.default", "aten._weight_norm_interface.default"}, weight_norm);
  refused(table, {"aten.renorm.default"}, "not emitted; divide by the clamped norm instead");
}

}  // namespace ka::ops_drawer
