// Matrix products of every rank, with their scaled sums.
#include <algorithm>

#include "ops/contraction.h"
#include "ops/recipes.h"
#include "ops/rows.h"

namespace ka::ops_drawer {
namespace {

Status bind_cast(Rewriter& rewriter, const Node& node, ValueId value) {
  rewriter.bind(node, 0, rewriter.cast(value, rewriter.result(node)->dtype));
  return {};
}

Status mm(Rewriter& rewriter, const Node& node) {
  rewriter.bind(node, 0,
                product(rewriter, rewriter.operand(node, "self"), rewriter.operand(node, "mat2"), rewriter.result(node)->dtype));
  return {};
}

Status bmm(Rewriter& rewriter, const Node& node) {
  rewriter.bind(
      node, 0,
      batched_product(rewriter, rewriter.operand(node, "self"), rewriter.operand(node, "mat2"), rewriter.result(node)->dtype));
  return {};
}

Status general(Rewriter& rewriter, const Node& node, const char* lhs, const char* rhs) {
  rewriter.bind(node, 0,
                matmul(rewriter, rewriter.operand(node, lhs), rewriter.operand(node, rhs), rewriter.result(node)->dtype));
  return {};
}

Status matmul_(Rewriter& rewriter, const Node& node) { return general(rewriter, node, "self", "other"); }
Status dot(Rewriter& rewriter, const Node& node) {
  return general(rewriter, node, "self", node.find("tensor") != nullptr ? "tensor" : "other");
}
Status mv(Rewriter& rewriter, const Node& node) { return general(rewriter, node, "self", "vec"); }

/// beta · self + alpha · product, in the accumulate type, rounded once. beta 0 ignores self, NaN and all.
Status scaled_sum(Rewriter& rewriter, const Node& node, ValueId self, ValueId product) {
  const Dtype wide = rewriter.dtype(product);
  product = multiply(rewriter, product, number_or(node, "alpha", 1));
  const double beta = number_or(node, "beta", 1);
  if (beta != 0) product = add(rewriter, product, multiply(rewriter, rewriter.cast(self, wide), beta));
  return bind_cast(rewriter, node, rewriter.expand(product, rewriter.result(node)->sizes()));
}

Dtype wide_type(Rewriter& rewriter, const Node& node) {
  const Dtype dtype = rewriter.result(node)->dtype;
  return is_floating(dtype) ? accumulate_type(dtype) : Dtype::kInt64;
}

Status addmm(Rewriter& rewriter, const Node& node) {
  const ValueId out =
      product(rewriter, rewriter.operand(node, "mat1"), rewriter.operand(node, "mat2"), wide_type(rewriter, node));
  return scaled_sum(rewriter, node, rewriter.operand(node, "self"), out);
}

Status baddbmm(Rewriter& rewriter, const Node& node) {
  const ValueId out =
      batched_product(rewriter, rewriter.operand(node, "batch1"), rewriter.operand(node, "batch2"), wide_type(rewriter, node));
  return scaled_sum(rewriter, node, rewriter.operand(node, "self"), out);
}

Status addbmm(Rewriter& rewriter, const Node& node) {
  const ValueId out =
      batched_product(rewriter, rewriter.operand(node, "batch1"), rewriter.operand(node, "batch2"), wide_type(rewriter, node));
  return scaled_sum(rewriter, node, rewriter.operand(node, "self"), rewriter.sum(out, {0}, false));
}

Status addmv(Rewriter& rewriter, const Node& node) {
  const ValueId out = matmul(rewriter, rewriter.operand(node, "mat"), rewriter.operand(node, "vec"), wide_type(rewriter, node));
  return scaled_sum(rewriter, node, rewriter.operand(node, "self"), out);
}

ValueId outer_product(Rewriter& rewriter, ValueId a, ValueId b) {
  return multiply(rewriter, rewriter.unsqueeze(a, -1), rewriter.unsqueeze(b, -2));
}

Status addr(Rewriter& rewriter, const Node& node) {
  const ValueId out = rewriter.cast(outer_product(rewriter, rewriter.operand(node, "vec1"), rewriter.operand(node, "vec2")),
                                    wide_type(rewriter, node));
  return scaled_sum(rewriter, node, rewriter.operand(node, "self"), out);
}

Status outer(Rewriter& rewriter, const Node& node) {
  rewriter.bind(node, 0, outer_product(rewriter, rewriter.operand(node, "self"), rewriter.operand(node, "vec2")));
  return {};
}

Status linear_(Rewriter& rewriter, const Node& node) {
  const ValueId bias = rewriter.has_operand(node, "bias") ? rewriter.operand(node, "bias") : kNone;
  rewriter.bind(
      node, 0,
      linear(rewriter, rewriter.operand(node, "input"), rewriter.operand(node, "weight"), bias, rewriter.result(node)->dtype));
  return {};
}

/// The kept dims in order, then the given ones.
std::pair<Shape, int64_t> kept_then(const Shape& size, const Shape& dims) {
  Shape order;
  int64_t kept = 1;
  for (size_t i = 0; i < size.size(); ++i) {
    if (std::find(dims.begin(), dims.end(), static_cast<int64_t>(i)) != dims.end()) continue;
    order.push_back(static_cast<int64_t>(i));
    kept *= size[i];
  }
  order.insert(order.end(), dims.begin(), dims.end());
  return {order, kept};
}

/// Both operands folded to matrices around the contracted dims.
ValueId contract(Rewriter& rewriter, ValueId lhs, ValueId rhs, Shape lhs_dims, Shape rhs_dims, const TensorType& type) {
  for (int64_t& dim : lhs_dims) dim = normal_dim(dim, rewriter.rank(lhs));
  for (int64_t& dim : rhs_dims) dim = normal_dim(dim, rewriter.rank(rhs));
  const int64_t k = lhs_dims.empty() ? 1 : [&] {
    int64_t product = 1;
    for (const int64_t dim : lhs_dims) product *= rewriter.shape(lhs)[static_cast<size_t>(dim)];
    return product;
  }();
  const auto [left_order, m] = kept_then(rewriter.shape(lhs), lhs_dims);
  const auto [right_order, n] = kept_then(rewriter.shape(rhs), rhs_dims);
  const ValueId left = rewriter.view(rewriter.permute(lhs, left_order), {m, k});
  const ValueId right = rewriter.transpose(rewriter.view(rewriter.permute(rhs, right_order), {n, k}), 0, 1);
  return rewriter.view(product(rewriter, left, right, type.dtype), type.sizes());
}

Status tensordot(Rewriter& rewriter, const Node& node) {
  rewriter.bind(node, 0,
                contract(rewriter, rewriter.operand(node, "self"), rewriter.operand(node, "other"),
                         node.at("dims_self").integers(), node.at("dims_other").integers(), *rewriter.result(node)));
  return {};
}

Status inner(Rewriter& rewriter, const Node& node) {
  const ValueId self = rewriter.operand(node, "self");
  const ValueId other = rewriter.operand(node, "other");
  if (rewriter.rank(self) == 0 || rewriter.rank(other) == 0)
    rewriter.bind(node, 0, multiply(rewriter, self, other));
  else
    rewriter.bind(node, 0, contract(rewriter, self, other, {-1}, {-1}, *rewriter.result(node)));
  return {};
}

Status vecdot(Rewriter& rewriter, const Node& node) {
  const ValueId both = multiply(rewriter, rewriter.operand(node, "x"), rewriter.operand(node, "y"));
  return bind_cast(rewriter, node,
                   rewriter.sum(rewriter.cast(both, wide_type(rewriter, node)), {integer_or(node, "dim", -1)}, false));
}

/// y[…, o] = Σᵢⱼ x1[…, i] · weight[o, i, j] · x2[…, j] + bias[o]
Status bilinear(Rewriter& rewriter, const Node& node) {
  const ValueId first = rewriter.operand(node, "input1");
  const ValueId second = rewriter.operand(node, "input2");
  const ValueId weight = rewriter.operand(node, "weight");
  const Shape size = rewriter.shape(weight);
  const Dtype wide = wide_type(rewriter, node);
  const ValueId matrix = rewriter.view(rewriter.permute(weight, {1, 0, 2}), {size[1], size[0] * size[2]});
  Shape parts = rewriter.shape(first);
  parts.back() = size[0];
  parts.push_back(size[2]);
  const ValueId half = rewriter.view(matmul(rewriter, first, matrix, wide), parts);
  ValueId out = rewriter.sum(multiply(rewriter, half, rewriter.unsqueeze(rewriter.cast(second, wide), -2)), {-1}, false);
  if (rewriter.has_operand(node, "bias")) out = add(rewriter, out, rewriter.cast(rewriter.operand(node, "bias"), wide));
  return bind_cast(rewriter, node, out);
}

/// The Kronecker product: every element of self times the whole of other.
Status kron(Rewriter& rewriter, const Node& node) {
  ValueId a = rewriter.operand(node, "self");
  ValueId b = rewriter.operand(node, "other");
  Shape left = rewriter.shape(a);
  Shape right = rewriter.shape(b);
  const size_t rank = std::max(left.size(), right.size());
  left.insert(left.begin(), rank - left.size(), 1);
  right.insert(right.begin(), rank - right.size(), 1);
  Shape wide_left;
  Shape wide_right;
  for (size_t i = 0; i < rank; ++i) {
    wide_left.insert(wide_left.end(), {left[i], 1});
    wide_right.insert(wide_right.end(), {1, right[i]});
  }
  a = rewriter.view(a, wide_left);
  b = rewriter.view(b, wide_right);
  rewriter.bind(node, 0, rewriter.view(multiply(rewriter, a, b), rewriter.result(node)->sizes()));
  return {};
}

}  // namespace

void matmul(OpTable& table) {
  primitive(table, {"aten.mm.default"}, OpClass::kContract, mm, 2);
  primitive(table, {"aten.bmm.default"}, OpClass::kContract, bmm, 2);
  composite(table, {"aten.mm.dtype"}, mm);
  composite(table, {"aten.bmm.dtype"}, bmm);
  composite(table, {"aten.matmul.default", "aten.linalg_matmul.default"}, matmul_);
  composite(table, {"aten.dot.default", "aten.vdot.default"}, dot);
  composite(table, {"aten.mv.default"}, mv);
  composite(table, {"aten.addmm.default", "aten.addmm.dtype"}, addmm);
  composite(table, {"aten.baddbmm.default", "aten.baddbmm.dtype"}, baddbmm);
  composite(table, {"aten.addbmm.default"}, addbmm);
  composite(table, {"aten.addmv.default"}, addmv);
  composite(table, {"aten.addr.default"}, addr);
  composite(table, {"aten.outer.default", "aten.ger.default"}, outer);
  composite(table, {"aten.linear.default"}, linear_);
  composite(table, {"aten.tensordot.default"}, tensordot);
  composite(table, {"aten.inner.default"}, inner);
  composite(table, {"aten.linalg_vecdot.default"}, vecdot);
  composite(table, {"aten.bilinear.default"}, bilinear);
  composite(table, {"aten.kron.default"}, kron);
  refused(table, {"aten.einsum.default"}, "trace it under functionalization, which spells it out as permutes and bmm");
}

}  // namespace ka::ops_drawer
