// Running sums, products and extremes along a dim.
#include "ops/recipes.h"
#include "ops/rows.h"

namespace ka::ops_drawer {
namespace {

/// A primitive scan in the operand's type.
ValueId scan(Rewriter& rewriter, const char* op, ValueId self, int64_t dim) {
  return rewriter.call(op, {{"self", Argument{Ref{self}}}, {"dim", Argument{dim}}},
                       contiguous_type(rewriter.dtype(self), rewriter.shape(self)));
}

/// Nothing runs along a dim of one element.
bool is_still(const Rewriter& rewriter, ValueId self, int64_t dim) {
  return rewriter.rank(self) == 0 || rewriter.shape(self)[static_cast<size_t>(dim)] == 1;
}

int64_t dim_of(const Rewriter& rewriter, const Node& node, ValueId self) {
  return rewriter.rank(self) == 0 ? 0 : normal_dim(node.at("dim").integer(), rewriter.rank(self));
}

/// cumsum, cumprod, logcumsumexp: halves run in float32, integers in int64.
Status running(Rewriter& rewriter, const Node& node) {
  const Dtype result = rewriter.result(node)->dtype;
  const ValueId self = rewriter.cast(rewriter.operand(node, "self"), result);
  const int64_t dim = dim_of(rewriter, node, self);
  if (is_still(rewriter, self, dim)) {
    bind_copy(rewriter, node, 0, self);
    return {};
  }
  const ValueId wide = rewriter.cast(self, accumulate_type(result));
  rewriter.bind(node, 0, rewriter.cast(scan(rewriter, node.op.c_str(), wide, dim), result));
  return {};
}

/// cummax, cummin: the extreme so far, and the last place that reached it; a NaN reaches every extreme.
Status running_extreme(Rewriter& rewriter, const Node& node) {
  const ValueId self = rewriter.operand(node, "self");
  const int64_t dim = dim_of(rewriter, node, self);
  if (is_still(rewriter, self, dim)) {
    if (rewriter.result(node, 0) != nullptr) bind_copy(rewriter, node, 0, self);
    if (rewriter.result(node, 1) != nullptr)
      rewriter.bind(node, 1, rewriter.full(rewriter.shape(self), Argument{int64_t{0}}, Dtype::kInt64));
    return {};
  }
  const bool largest = node.op.find("max") != std::string::npos;
  const ValueId best = scan(rewriter, largest ? "ka.cummax" : "ka.cummin", self, dim);
  if (rewriter.result(node, 0) != nullptr) rewriter.bind(node, 0, best);
  if (rewriter.result(node, 1) == nullptr) return {};
  ValueId reached = rewriter.compare("aten.eq.Tensor", self, Argument{Ref{best}});
  if (is_floating(rewriter.dtype(self)))
    reached = rewriter.binary("aten.logical_or.default", reached, rewriter.compare("aten.ne.Tensor", self, Argument{Ref{self}}));
  const ValueId places = rewriter.expand(positions(rewriter, self, dim), rewriter.shape(self));
  const ValueId reached_at = rewriter.where(reached, Argument{Ref{places}}, Argument{int64_t{0}}, Dtype::kInt64);
  rewriter.bind(node, 1, scan(rewriter, "ka.cummax", reached_at, dim));
  return {};
}

}  // namespace

void scans(OpTable& table) {
  primitive(table, {"aten.cumsum.default", "aten.cumprod.default", "aten.logcumsumexp.default"}, OpClass::kScan, running);
  restrict(table, {"aten.logcumsumexp.default"}, not_float64);
  primitive(table, {"ka.cummax", "ka.cummin"}, OpClass::kScan);
  composite(table, {"aten.cummax.default", "aten.cummin.default"}, running_extreme);
}

}  // namespace ka::ops_drawer
