// Reads at an index that is itself data.
#include "ops/recipes.h"
#include "ops/rows.h"

namespace ka::ops_drawer {
namespace {

Status index(Rewriter& rewriter, const Node& node) {
  const ValueId self = rewriter.operand(node, "self");
  const Shape size = rewriter.shape(self);
  Argument::List indices;
  for (const Argument& item : node.at("indices").list()) {
    if (item.is_none()) {
      indices.push_back(item);
      continue;
    }
    const ValueId picked = rewriter.mapped(item.ref());
    const Dtype dtype = rewriter.dtype(picked);
    if (dtype == Dtype::kBool || dtype == Dtype::kUint8)
      return cannot("a mask as index gives a shape that depends on data; use torch.where or a multiplication by the mask");
    indices.push_back(Argument{Ref{wrapped_index(rewriter, picked, size[indices.size()])}});
  }
  rewriter.bind(node, 0,
                rewriter.call("aten.index.Tensor", {{"self", Argument{Ref{self}}}, {"indices", Argument{std::move(indices)}}},
                              *rewriter.result(node)));
  return {};
}

Status index_select(Rewriter& rewriter, const Node& node) {
  const ValueId self = rewriter.operand(node, "self");
  if (rewriter.rank(self) == 0) {
    rewriter.bind(node, 0, self);
    return {};
  }
  const ValueId picked = rewriter.cast(rewriter.operand(node, "index"), Dtype::kInt64);
  const ValueId flat = rewriter.view(picked, {rewriter.type(picked).element_count()});
  rewriter.bind(node, 0, pick(rewriter, self, node.at("dim").integer(), flat));
  return {};
}

Status gather(Rewriter& rewriter, const Node& node) {
  ValueId self = rewriter.operand(node, "self");
  ValueId picked = rewriter.cast(rewriter.operand(node, "index"), Dtype::kInt64);
  if (rewriter.rank(self) == 0) self = rewriter.view(self, {1});
  if (rewriter.rank(picked) == 0) picked = rewriter.view(picked, {1});
  const int64_t dim = normal_dim(node.at("dim").integer(), rewriter.rank(self));
  // The other dims of the index may be shorter than those of the operand.
  for (int64_t d = 0; d < rewriter.rank(self); ++d) {
    if (d != dim) self = rewriter.slice(self, d, 0, rewriter.shape(picked)[static_cast<size_t>(d)]);
  }
  const ValueId out = rewriter.call("aten.gather.default",
                                    {{"self", Argument{Ref{self}}}, {"dim", Argument{dim}}, {"index", Argument{Ref{picked}}}},
                                    contiguous_type(rewriter.dtype(self), rewriter.shape(picked)));
  rewriter.bind(node, 0, rewriter.view(out, rewriter.result(node)->sizes()));
  return {};
}

/// take_along_dim: gather with broadcast index; without dim over the flattened operand.
Status take_along_dim(Rewriter& rewriter, const Node& node) {
  if (is_absent(node, "dim")) return cannot("without dim it is not emitted; flatten and gather");
  const ValueId self = rewriter.operand(node, "self");
  const int64_t dim = normal_dim(node.at("dim").integer(), rewriter.rank(self));
  const Shape size = rewriter.result(node)->sizes();
  Shape wide = size;
  wide[static_cast<size_t>(dim)] = rewriter.shape(self)[static_cast<size_t>(dim)];
  const ValueId picked =
      rewriter.expand(wrapped_index(rewriter, rewriter.operand(node, "indices"), wide[static_cast<size_t>(dim)]), size);
  rewriter.bind(
      node, 0,
      rewriter.call(
          "aten.gather.default",
          {{"self", Argument{Ref{rewriter.expand(self, wide)}}}, {"dim", Argument{dim}}, {"index", Argument{Ref{picked}}}},
          contiguous_type(rewriter.dtype(self), size)));
  return {};
}

Status embedding(Rewriter& rewriter, const Node& node) {
  const ValueId weight = rewriter.operand(node, "weight");
  const ValueId indices = rewriter.cast(rewriter.operand(node, "indices"), Dtype::kInt64);
  rewriter.bind(node, 0,
                rewriter.call("aten.embedding.default", {{"weight", Argument{Ref{weight}}}, {"indices", Argument{Ref{indices}}}},
                              *rewriter.result(node)));
  return {};
}

/// take: the flattened operand at the given positions.
Status take(Rewriter& rewriter, const Node& node) {
  const ValueId self = rewriter.operand(node, "self");
  const int64_t count = rewriter.type(self).element_count();
  const ValueId picked = wrapped_index(rewriter, rewriter.operand(node, "index"), count);
  rewriter.bind(node, 0,
                rewriter.call("aten.index.Tensor",
                              {{"self", Argument{Ref{rewriter.view(self, {count})}}}, {"indices", reference_list({picked})}},
                              *rewriter.result(node)));
  return {};
}

Status one_hot(Rewriter& rewriter, const Node& node) {
  const ValueId self = rewriter.operand(node, "self");
  const int64_t classes = rewriter.result(node)->sizes().back();
  const ValueId wide = rewriter.unsqueeze(self, -1);
  const ValueId all = rewriter.arange(0, classes, 1, Dtype::kInt64);
  rewriter.bind(node, 0, rewriter.cast(rewriter.compare("aten.eq.Tensor", wide, Argument{Ref{all}}), Dtype::kInt64));
  return {};
}

}  // namespace

void gathers(OpTable& table) {
  primitive(table, {"aten.index.Tensor"}, OpClass::kGather, index);
  primitive(table, {"aten.index_select.default"}, OpClass::kGather, index_select);
  primitive(table, {"aten.gather.default"}, OpClass::kGather, gather);
  primitive(table, {"aten.embedding.default"}, OpClass::kGather, embedding);
  composite(table, {"aten.take_along_dim.default"}, take_along_dim);
  composite(table, {"aten.take.default"}, take);
  composite(table, {"aten.one_hot.default"}, one_hot);
  composite(table, {"aten._unsafe_index.Tensor"}, index);
  refused(table,
          {"aten.masked_select.default", "aten.nonzero.default", "aten.nonzero_static.default", "aten.unique_consecutive.default",
           "aten._unique2.default", "aten._local_scalar_dense.default", "aten.item.default"},
          "its result's shape or a Python number depends on data; keep the shape fixed with a mask or torch.where");
}

}  // namespace ka::ops_drawer
