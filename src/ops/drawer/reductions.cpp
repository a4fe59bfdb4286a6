// Sums, products, extremes, moments and norms over dims.
#include <cmath>
#include <limits>

#include "ops/recipes.h"
#include "ops/rows.h"

namespace ka::ops_drawer {
namespace {

/// `dim` as a list; absent, None and empty all mean every dim.
Shape dims_of(const Node& node) { return integers_or_empty(node, "dim"); }

bool keeps(const Node& node) { return truth_or(node, "keepdim", false); }

ValueId in_result_type(Rewriter& rewriter, const Node& node, ValueId value, size_t index = 0) {
  const TensorType* type = rewriter.result(node, index);
  return type == nullptr ? value : rewriter.cast(value, type->dtype);
}

/// The operand in the type that sums to the result: halves in float32, integers in int64.
ValueId summand(Rewriter& rewriter, const Node& node) {
  return rewriter.cast(rewriter.operand(node, "self"), accumulate_type(rewriter.result(node)->dtype));
}

Status sum(Rewriter& rewriter, const Node& node) {
  rewriter.bind(node, 0, in_result_type(rewriter, node, rewriter.sum(summand(rewriter, node), dims_of(node), keeps(node))));
  return {};
}

Status mean_(Rewriter& rewriter, const Node& node) {
  rewriter.bind(node, 0, in_result_type(rewriter, node, mean(rewriter, summand(rewriter, node), dims_of(node), keeps(node))));
  return {};
}

Status product_of(Rewriter& rewriter, const Node& node) {
  const ValueId wide = summand(rewriter, node);
  rewriter.bind(
      node, 0,
      in_result_type(rewriter, node, rewriter.reduce("ka.prod", wide, dims_of(node), keeps(node), rewriter.dtype(wide))));
  return {};
}

const char* extreme_op(const Node& node) {
  return node.op.find("max") != std::string::npos ? "aten.amax.default" : "aten.amin.default";
}
const char* position_op(const Node& node) {
  return node.op.find("max") != std::string::npos ? "aten.argmax.default" : "aten.argmin.default";
}

Status extreme(Rewriter& rewriter, const Node& node) {
  const ValueId self = rewriter.operand(node, "self");
  rewriter.bind(node, 0, rewriter.reduce(extreme_op(node), self, dims_of(node), keeps(node), rewriter.dtype(self)));
  return {};
}

/// max.dim and min.dim: the values and their positions.
Status extreme_with_position(Rewriter& rewriter, const Node& node) {
  const ValueId self = rewriter.operand(node, "self");
  if (rewriter.rank(self) == 0) {
    rewriter.bind(node, 0, self);
    if (rewriter.result(node, 1) != nullptr) rewriter.bind(node, 1, rewriter.full({}, Argument{int64_t{0}}, Dtype::kInt64));
    return {};
  }
  const int64_t dim = node.at("dim").integer();
  if (rewriter.result(node, 0) != nullptr)
    rewriter.bind(node, 0, rewriter.reduce(extreme_op(node), self, {dim}, keeps(node), rewriter.dtype(self)));
  if (rewriter.result(node, 1) != nullptr) rewriter.bind(node, 1, rewriter.argreduce(position_op(node), self, dim, keeps(node)));
  return {};
}

Status position(Rewriter& rewriter, const Node& node) {
  ValueId self = rewriter.operand(node, "self");
  const Shape size = rewriter.result(node)->sizes();
  if (rewriter.rank(self) == 0 || is_absent(node, "dim")) {
    self = rewriter.view(self, {rewriter.type(self).element_count()});
    rewriter.bind(node, 0, rewriter.view(rewriter.argreduce(position_op(node), self, 0, false), size));
  } else {
    rewriter.bind(node, 0, rewriter.argreduce(position_op(node), self, node.at("dim").integer(), keeps(node)));
  }
  return {};
}

Status both_extremes(Rewriter& rewriter, const Node& node) {
  const ValueId self = rewriter.operand(node, "self");
  rewriter.bind(node, 0, rewriter.reduce("aten.amin.default", self, dims_of(node), keeps(node), rewriter.dtype(self)));
  rewriter.bind(node, 1, rewriter.reduce("aten.amax.default", self, dims_of(node), keeps(node), rewriter.dtype(self)));
  return {};
}

Status truth(Rewriter& rewriter, const Node& node) {
  const ValueId self = rewriter.cast(rewriter.operand(node, "self"), Dtype::kBool);
  const char* op = node.op.rfind("aten.any", 0) == 0 ? "aten.any.dims" : "aten.all.dims";
  rewriter.bind(node, 0, in_result_type(rewriter, node, rewriter.reduce(op, self, dims_of(node), keeps(node), Dtype::kBool)));
  return {};
}

double correction(const Node& node) {
  if (node.find("unbiased") != nullptr) return truth_or(node, "unbiased", true) ? 1 : 0;
  return number_or(node, "correction", 1);
}

/// var, std, var_mean, std_mean: the spread, then the mean where it is asked for.
Status spread(Rewriter& rewriter, const Node& node) {
  auto [value, middle] = variance(rewriter, rewriter.operand(node, "self"), dims_of(node), keeps(node), correction(node));
  if (node.op.rfind("aten.std", 0) == 0) value = rewriter.unary("aten.sqrt.default", value);
  rewriter.bind(node, 0, in_result_type(rewriter, node, value));
  if (rewriter.result(node, 1) != nullptr) rewriter.bind(node, 1, in_result_type(rewriter, node, middle, 1));
  return {};
}

ValueId power(Rewriter& rewriter, ValueId self, double exponent) {
  return rewriter.call("aten.pow.Tensor_Scalar", {{"self", Argument{Ref{self}}}, {"exponent", Argument{exponent}}},
                       contiguous_type(rewriter.dtype(self), rewriter.shape(self)));
}

/// (Σ |x|ᵖ)^(1/p) with its limits at 0 and ±∞, in the accumulate type.
ValueId vector_norm(Rewriter& rewriter, ValueId self, double order, const Shape& dims, bool keepdim) {
  const ValueId wide = to_accumulate(rewriter, self);
  const Dtype dtype = rewriter.dtype(wide);
  if (order == 2) return rewriter.unary("aten.sqrt.default", rewriter.sum(multiply(rewriter, wide, wide), dims, keepdim));
  if (order == 0) {
    const ValueId counted = rewriter.cast(rewriter.compare("aten.ne.Scalar", wide, Argument{0.0}), dtype);
    return rewriter.sum(counted, dims, keepdim);
  }
  const ValueId size = rewriter.unary("aten.abs.default", wide);
  if (std::isinf(order))
    return rewriter.reduce(order > 0 ? "aten.amax.default" : "aten.amin.default", size, dims, keepdim, dtype);
  if (order == 1) return rewriter.sum(size, dims, keepdim);
  return power(rewriter, rewriter.sum(power(rewriter, size, order), dims, keepdim), 1 / order);
}

Status norm(Rewriter& rewriter, const Node& node) {
  if (node.find("ord") != nullptr && !is_absent(node, "ord") && !node.at("ord").is_number())
    return cannot("matrix norms are not emitted");
  const double order = number_or(node, node.find("ord") != nullptr ? "ord" : "p", 2);
  const bool matrix = node.op.rfind("aten.linalg_norm", 0) == 0 && !is_absent(node, "ord") && order != 2 &&
                      dims_of(node).size() != 1 && rewriter.rank(rewriter.operand(node, "self")) > 1;
  if (matrix) return cannot("matrix norms are not emitted");
  rewriter.bind(
      node, 0, in_result_type(rewriter, node, vector_norm(rewriter, summand(rewriter, node), order, dims_of(node), keeps(node))));
  return {};
}

Status distance(Rewriter& rewriter, const Node& node) {
  const ValueId apart = subtract(rewriter, to_accumulate(rewriter, rewriter.operand(node, "self")),
                                 to_accumulate(rewriter, rewriter.operand(node, "other")));
  rewriter.bind(node, 0, in_result_type(rewriter, node, vector_norm(rewriter, apart, number_or(node, "p", 2), {}, false)));
  return {};
}

Status pairwise_distance(Rewriter& rewriter, const Node& node) {
  const ValueId apart = subtract(rewriter, to_accumulate(rewriter, rewriter.operand(node, "x1")),
                                 to_accumulate(rewriter, rewriter.operand(node, "x2")));
  const ValueId moved = add(rewriter, apart, number_or(node, "eps", 1e-6));
  rewriter.bind(node, 0,
                in_result_type(rewriter, node, vector_norm(rewriter, moved, number_or(node, "p", 2), {-1}, keeps(node))));
  return {};
}

/// Every row of x1 against every row of x2.
Status all_distances(Rewriter& rewriter, const Node& node) {
  const ValueId left = rewriter.unsqueeze(to_accumulate(rewriter, rewriter.operand(node, "x1")), -2);
  const ValueId right = rewriter.unsqueeze(to_accumulate(rewriter, rewriter.operand(node, "x2")), -3);
  rewriter.bind(node, 0,
                in_result_type(rewriter, node,
                               vector_norm(rewriter, subtract(rewriter, left, right), number_or(node, "p", 2), {-1}, false)));
  return {};
}

ValueId without_nan(Rewriter& rewriter, ValueId self) {
  if (!is_floating(rewriter.dtype(self))) return self;
  const ValueId nan =
      rewriter.call("aten.isnan.default", {{"self", Argument{Ref{self}}}}, contiguous_type(Dtype::kBool, rewriter.shape(self)));
  return rewriter.where(nan, Argument{0.0}, Argument{Ref{self}}, rewriter.dtype(self));
}

Status nan_sum(Rewriter& rewriter, const Node& node) {
  const ValueId total = rewriter.sum(without_nan(rewriter, summand(rewriter, node)), dims_of(node), keeps(node));
  rewriter.bind(node, 0, in_result_type(rewriter, node, total));
  return {};
}

Status nan_mean(Rewriter& rewriter, const Node& node) {
  const ValueId self = summand(rewriter, node);
  const ValueId total = rewriter.sum(without_nan(rewriter, self), dims_of(node), keeps(node));
  const ValueId number = rewriter.compare("aten.eq.Tensor", self, Argument{Ref{self}});
  const ValueId count = rewriter.sum(rewriter.cast(number, rewriter.dtype(self)), dims_of(node), keeps(node));
  rewriter.bind(node, 0, in_result_type(rewriter, node, divide(rewriter, total, count)));
  return {};
}

Status count_nonzero(Rewriter& rewriter, const Node& node) {
  const ValueId nonzero = rewriter.compare("aten.ne.Scalar", rewriter.operand(node, "self"), Argument{int64_t{0}});
  rewriter.bind(node, 0, rewriter.sum(rewriter.cast(nonzero, Dtype::kInt64), dims_of(node), keeps(node)));
  return {};
}

Status trace(Rewriter& rewriter, const Node& node) {
  const ValueId self = summand(rewriter, node);
  const Shape size = rewriter.shape(self);
  const ValueId diagonal = rewriter.call("aten.diagonal.default",
                                         {{"self", Argument{Ref{self}}},
                                          {"offset", Argument{int64_t{0}}},
                                          {"dim1", Argument{int64_t{0}}},
                                          {"dim2", Argument{int64_t{1}}}},
                                         contiguous_type(rewriter.dtype(self), {std::min(size[0], size[1])}));
  rewriter.bind(node, 0, in_result_type(rewriter, node, rewriter.sum(diagonal, {}, false)));
  return {};
}

}  // namespace

void reductions(OpTable& table) {
  primitive(table, {"aten.sum.dim_IntList"}, OpClass::kReduce, sum);
  primitive(table, {"aten.amax.default", "aten.amin.default"}, OpClass::kReduce, extreme);
  primitive(table, {"aten.any.dims", "aten.all.dims"}, OpClass::kReduce, truth);
  primitive(table, {"aten.argmax.default", "aten.argmin.default"}, OpClass::kReduce, position, 2);
  primitive(table, {"ka.prod"}, OpClass::kReduce);
  primitive(table, {"ka.moments"}, OpClass::kReduce, nullptr, 5);

  composite(table, {"aten.sum.default"}, sum);
  composite(table, {"aten.mean.default", "aten.mean.dim"}, mean_);
  composite(table, {"aten.prod.default", "aten.prod.dim_int"}, product_of);
  composite(table, {"aten.max.default", "aten.min.default"}, extreme);
  composite(table, {"aten.max.dim", "aten.min.dim"}, extreme_with_position);
  composite(table, {"aten.aminmax.default"}, both_extremes);
  composite(table, {"aten.any.default", "aten.any.dim", "aten.all.default", "aten.all.dim"}, truth);
  composite(table,
            {"aten.var.default", "aten.var.dim", "aten.var.correction", "aten.std.default", "aten.std.dim", "aten.std.correction",
             "aten.var_mean.default", "aten.var_mean.dim", "aten.var_mean.correction", "aten.std_mean.default",
             "aten.std_mean.dim", "aten.std_mean.correction"},
            spread);
  composite(table,
            {"aten.linalg_vector_norm.default", "aten.norm.Scalar", "aten.norm.ScalarOpt_dim", "aten.norm.ScalarOpt_dim_dtype",
             "aten.norm.ScalarOpt_dtype", "aten.frobenius_norm.dim", "aten.linalg_norm.default"},
            norm);
  composite(table, {"aten.dist.default"}, distance);
  composite(table, {"aten.pairwise_distance.default"}, pairwise_distance);
  composite(table, {"aten._cdist_forward.default", "aten.cdist.default", "aten._euclidean_dist.default"}, all_distances);
  composite(table, {"aten.nansum.default"}, nan_sum);
  composite(table, {"aten.nanmean.default"}, nan_mean);
  composite(table, {"aten.count_nonzero.default", "aten.count_nonzero.dim_IntList"}, count_nonzero);
  composite(table, {"aten.trace.default"}, trace);
}

}  // namespace ka::ops_drawer
