// Orders by counting: an element's rank is how many elements of its row come before it. Rows of n elements cost n² comparisons and no
// exchange of elements, so that any reduction kernel can do it, in any order.
#include "ops/recipes.h"
#include "ops/rows.h"

namespace ka::ops_drawer {
namespace {

/// Beyond it, n² comparisons take longer than anybody waits.
constexpr int64_t kLongest = 1 << 17;

/// Rows to be ordered, along the last dim.
struct Rows {
  ValueId values = kNone;
  int64_t dim = 0;  ///< where the last dim was
  int64_t extent = 0;
};

Rows rows_of(Rewriter& rewriter, ValueId self, int64_t dim) {
  if (rewriter.rank(self) == 0) self = rewriter.view(self, {1});
  dim = normal_dim(dim, rewriter.rank(self));
  return {rewriter.transpose(self, dim, -1), dim, rewriter.shape(self)[static_cast<size_t>(dim)]};
}

Status check(const Rows& rows) {
  if (rows.extent > kLongest)
    return cannot("rows of more than 131072 elements are not ordered; cut them, or take max or argmax where that is enough");
  return {};
}

ValueId is_nan(Rewriter& rewriter, ValueId self) { return rewriter.compare("aten.ne.Tensor", self, Argument{Ref{self}}); }
ValueId negation(Rewriter& rewriter, ValueId self) {
  return rewriter.call("aten.logical_not.default", {{"self", Argument{Ref{self}}}},
                       contiguous_type(Dtype::kBool, rewriter.shape(self)));
}

/// a < b, where NaN is greater than any number, as PyTorch sorts.
ValueId is_less(Rewriter& rewriter, ValueId a, ValueId b) {
  const ValueId less = rewriter.compare("aten.lt.Tensor", a, Argument{Ref{b}});
  if (!is_floating(rewriter.dtype(a))) return less;
  const ValueId into_nan =
      rewriter.binary("aten.logical_and.default", is_nan(rewriter, b), negation(rewriter, is_nan(rewriter, a)));
  return rewriter.binary("aten.logical_or.default", less, into_nan);
}

/// Each element's place in its ordered row; of equal elements the earlier comes first. int64.
ValueId ranks(Rewriter& rewriter, const Rows& rows, bool descending) {
  const ValueId values = rewriter.dtype(rows.values) == Dtype::kBool ? rewriter.cast(rows.values, Dtype::kUint8) : rows.values;
  const ValueId mine = rewriter.unsqueeze(values, -1);
  const ValueId other = rewriter.unsqueeze(values, -2);
  const ValueId strictly = descending ? is_less(rewriter, mine, other) : is_less(rewriter, other, mine);
  const ValueId not_after = negation(rewriter, descending ? is_less(rewriter, other, mine) : is_less(rewriter, mine, other));
  const ValueId earlier =
      rewriter.compare("aten.lt.Tensor", positions(rewriter, other, -1), Argument{Ref{positions(rewriter, mine, -2)}});
  const ValueId before = rewriter.where(earlier, Argument{Ref{not_after}}, Argument{Ref{strictly}}, Dtype::kBool);
  return rewriter.sum(rewriter.cast(before, Dtype::kInt64), {-1}, false);
}

/// Where in its row the element of each wanted rank is. `wanted` broadcasts against [rows…, 1 or more].
ValueId places(Rewriter& rewriter, ValueId ranks, ValueId wanted) {
  const ValueId there =
      rewriter.compare("aten.eq.Tensor", rewriter.unsqueeze(ranks, -2), Argument{Ref{rewriter.unsqueeze(wanted, -1)}});
  const ValueId place = rewriter.where(there, Argument{Ref{positions(rewriter, there, -1)}}, Argument{int64_t{0}}, Dtype::kInt64);
  return rewriter.sum(place, {-1}, false);
}

ValueId gather(Rewriter& rewriter, ValueId self, ValueId index) {
  return rewriter.call(
      "aten.gather.default",
      {{"self", Argument{Ref{self}}}, {"dim", Argument{rewriter.rank(self) - 1}}, {"index", Argument{Ref{index}}}},
      contiguous_type(rewriter.dtype(self), rewriter.shape(index)));
}

/// Binds the elements at `index` (output 0) and the index itself (output 1), the ordered dim back in its place.
void bind_both(Rewriter& rewriter, const Node& node, const Rows& rows, ValueId index) {
  const auto back = [&](ValueId self, size_t output) {
    return rewriter.view(rewriter.transpose(self, rows.dim, -1), rewriter.result(node, output)->sizes());
  };
  if (rewriter.result(node, 0) != nullptr) rewriter.bind(node, 0, back(gather(rewriter, rows.values, index), 0));
  if (rewriter.result(node, 1) != nullptr) rewriter.bind(node, 1, back(index, 1));
}

ValueId first_places(Rewriter& rewriter, const Rows& rows, bool descending, int64_t count) {
  return places(rewriter, ranks(rewriter, rows, descending), rewriter.arange(0, count, 1, Dtype::kInt64));
}

/// sort: always stable, which PyTorch allows where nobody asks for it.
Status sort(Rewriter& rewriter, const Node& node) {
  const Rows rows = rows_of(rewriter, rewriter.operand(node, "self"), integer_or(node, "dim", -1));
  KA_CHECK_OK(check(rows));
  bind_both(rewriter, node, rows, first_places(rewriter, rows, truth_or(node, "descending", false), rows.extent));
  return {};
}

Status argsort(Rewriter& rewriter, const Node& node) {
  const Rows rows = rows_of(rewriter, rewriter.operand(node, "self"), integer_or(node, "dim", -1));
  KA_CHECK_OK(check(rows));
  const ValueId index = first_places(rewriter, rows, truth_or(node, "descending", false), rows.extent);
  rewriter.bind(node, 0, rewriter.view(rewriter.transpose(index, rows.dim, -1), rewriter.result(node)->sizes()));
  return {};
}

Status msort(Rewriter& rewriter, const Node& node) {
  const Rows rows = rows_of(rewriter, rewriter.operand(node, "self"), 0);
  KA_CHECK_OK(check(rows));
  bind_both(rewriter, node, rows, first_places(rewriter, rows, false, rows.extent));
  return {};
}

/// topk: in order, which PyTorch allows where nobody asks for it; of equal elements the earlier first.
Status topk(Rewriter& rewriter, const Node& node) {
  const Rows rows = rows_of(rewriter, rewriter.operand(node, "self"), integer_or(node, "dim", -1));
  KA_CHECK_OK(check(rows));
  bind_both(rewriter, node, rows, first_places(rewriter, rows, truth_or(node, "largest", true), node.at("k").integer()));
  return {};
}

Status kth_value(Rewriter& rewriter, const Node& node) {
  const Rows rows = rows_of(rewriter, rewriter.operand(node, "self"), integer_or(node, "dim", -1));
  KA_CHECK_OK(check(rows));
  const ValueId wanted = rewriter.full({1}, Argument{node.at("k").integer() - 1}, Dtype::kInt64);
  bind_both(rewriter, node, rows, places(rewriter, ranks(rewriter, rows, false), wanted));
  return {};
}

/// The rank of the median: the lower of two; the first NaN's where there is one and NaN counts, else among the numbers only.
ValueId median_rank(Rewriter& rewriter, const Rows& rows, bool skips_nan) {
  if (!is_floating(rewriter.dtype(rows.values))) return rewriter.full({1}, Argument{(rows.extent - 1) / 2}, Dtype::kInt64);
  const ValueId is_number = rewriter.compare("aten.eq.Tensor", rows.values, Argument{Ref{rows.values}});
  const ValueId count = rewriter.sum(rewriter.cast(is_number, Dtype::kInt64), {-1}, true);  // so many come before the first NaN
  if (!skips_nan) {
    const ValueId whole = rewriter.compare("aten.eq.Scalar", count, Argument{rows.extent});
    return rewriter.where(whole, Argument{(rows.extent - 1) / 2}, Argument{Ref{count}}, Dtype::kInt64);
  }
  const ValueId last = rewriter.binary("aten.sub.Tensor", count, 1.0);
  const ValueId clamped = rewriter.call(
      "aten.clamp.default", {{"self", Argument{Ref{last}}}, {"min", Argument{int64_t{0}}}, {"max", Argument{rows.extent}}},
      contiguous_type(Dtype::kInt64, rewriter.shape(last)));
  return rewriter.call("aten.__rshift__.Scalar", {{"self", Argument{Ref{clamped}}}, {"other", Argument{int64_t{1}}}},
                       contiguous_type(Dtype::kInt64, rewriter.shape(clamped)));
}

Status median(Rewriter& rewriter, const Node& node) {
  ValueId self = rewriter.operand(node, "self");
  if (node.find("dim") == nullptr) self = rewriter.view(self, {rewriter.type(self).element_count()});
  const Rows rows = rows_of(rewriter, self, integer_or(node, "dim", -1));
  KA_CHECK_OK(check(rows));
  const ValueId wanted = median_rank(rewriter, rows, node.op.find("nanmedian") != std::string::npos);
  bind_both(rewriter, node, rows, places(rewriter, ranks(rewriter, rows, false), wanted));
  return {};
}

}  // namespace

void sorting(OpTable& table) {
  composite(table, {"aten.sort.default", "aten.sort.stable"}, sort);
  composite(table, {"aten.argsort.default", "aten.argsort.stable"}, argsort);
  composite(table, {"aten.msort.default"}, msort);
  composite(table, {"aten.topk.default"}, topk);
  composite(table, {"aten.kthvalue.default"}, kth_value);
  composite(table, {"aten.median.default", "aten.median.dim", "aten.nanmedian.default", "aten.nanmedian.dim"}, median);
  refused(table,
          {"aten.mode.default", "aten.quantile.default", "aten.quantile.scalar", "aten.nanquantile.default",
           "aten.nanquantile.scalar"},
          "not emitted yet; sort, then gather at the places that are wanted");
}

}  // namespace ka::ops_drawer
