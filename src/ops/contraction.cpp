#include "ops/contraction.h"

#include <algorithm>

#include "ops/recipes.h"

namespace ka {
namespace {

constexpr int64_t kTile = 128;
constexpr int64_t kSmallestSide = 16;
constexpr int64_t kFewestRows = 4;
constexpr int64_t kLargeMatrix = int64_t{1} << 22;  ///< elements
constexpr int64_t kThinSide = 64;
constexpr int64_t kMultiprocessors = 132;
/// From which depth on a product is split, and how much of it a piece keeps.
struct Splitting {
  int64_t least_k, least_piece;
};
constexpr Splitting kSquare = {8192, 1024};
constexpr Splitting kThin = {2048, 512};

int64_t tiles_along(int64_t extent) { return (extent + kTile - 1) / kTile; }

/// Integers sum in int64, halves in float32.
Dtype sum_type(Dtype dtype) { return is_floating(dtype) ? accumulate_type(dtype) : Dtype::kInt64; }

/// Σ_k lhs[…, m, k] · rhs[…, k, n] as a plain reduction.
ValueId reduced(Rewriter& rewriter, ValueId lhs, ValueId rhs, Dtype dtype) {
  const Dtype wide = sum_type(rewriter.dtype(lhs));
  const ValueId left = rewriter.unsqueeze(rewriter.cast(lhs, wide), -1);   // […, M, K, 1]
  const ValueId right = rewriter.unsqueeze(rewriter.cast(rhs, wide), -3);  // […, 1, K, N]
  return rewriter.cast(rewriter.sum(multiply(rewriter, left, right), {-2}, false), dtype);
}

ValueId split(Rewriter& rewriter, ValueId lhs, ValueId rhs, int64_t pieces, Dtype dtype) {
  const int64_t m = rewriter.shape(lhs)[0];
  const int64_t k = rewriter.shape(lhs)[1];
  const int64_t n = rewriter.shape(rhs)[1];
  const ValueId left = rewriter.permute(rewriter.view(lhs, {m, pieces, k / pieces}), {1, 0, 2});
  const ValueId right = rewriter.view(rhs, {pieces, k / pieces, n});
  return rewriter.cast(rewriter.sum(rewriter.bmm(left, right, Dtype::kFloat32), {0}, false), dtype);
}

int64_t count(const Shape& size) {
  int64_t total = 1;
  for (const int64_t extent : size) total *= extent;
  return total;
}

/// Broadcasts the leading dims and folds them into one.
ValueId folded(Rewriter& rewriter, ValueId self, const Shape& batch) {
  const Shape size = rewriter.shape(self);
  Shape full = batch;
  full.insert(full.end(), size.end() - 2, size.end());
  return rewriter.view(rewriter.expand(self, full), {count(batch), full[full.size() - 2], full.back()});
}

}  // namespace

ContractionChoice choose_contraction(int64_t batch, int64_t m, int64_t n, int64_t k, Dtype dtype) {
  const bool on_tensor_cores = dtype == Dtype::kFloat32 || dtype == Dtype::kFloat16 || dtype == Dtype::kBFloat16;
  const int64_t side = std::min(m, n);
  const bool reads_much = batch == 1 && side >= kFewestRows && std::max(m, n) * k >= kLargeMatrix;
  if ((side < kSmallestSide && !reads_much) || !on_tensor_cores || k == 0) return {ContractionForm::kReduce, 1};
  const int64_t tiles = batch * tiles_along(m) * tiles_along(n);
  const Splitting& splitting = side <= kThinSide ? kThin : kSquare;
  if (batch > 1 || tiles >= kMultiprocessors || k < splitting.least_k) return {};
  int64_t pieces = 1;
  while (tiles * pieces < 2 * kMultiprocessors && k % (pieces * 2) == 0 && k / (pieces * 2) >= splitting.least_piece) pieces *= 2;
  return pieces > 1 ? ContractionChoice{ContractionForm::kSplit, pieces} : ContractionChoice{};
}

ValueId product(Rewriter& rewriter, ValueId lhs, ValueId rhs, Dtype dtype) {
  const Shape left = rewriter.shape(lhs);
  const ContractionChoice choice = choose_contraction(1, left[0], rewriter.shape(rhs)[1], left[1], rewriter.dtype(lhs));
  if (choice.form == ContractionForm::kReduce) return reduced(rewriter, lhs, rhs, dtype);
  if (choice.form == ContractionForm::kSplit) return split(rewriter, lhs, rhs, choice.pieces, dtype);
  return rewriter.mm(lhs, rhs, dtype);
}

ValueId batched_product(Rewriter& rewriter, ValueId lhs, ValueId rhs, Dtype dtype) {
  const Shape left = rewriter.shape(lhs);
  if (left[0] == 1)
    return rewriter.unsqueeze(product(rewriter, rewriter.select(lhs, 0, 0), rewriter.select(rhs, 0, 0), dtype), 0);
  const ContractionChoice choice = choose_contraction(left[0], left[1], rewriter.shape(rhs)[2], left[2], rewriter.dtype(lhs));
  if (choice.form == ContractionForm::kReduce) return reduced(rewriter, lhs, rhs, dtype);
  return rewriter.bmm(lhs, rhs, dtype);
}

ValueId matmul(Rewriter& rewriter, ValueId lhs, ValueId rhs, Dtype dtype) {
  // A vector is a matrix of one row (on the left) or one column (on the right), and the result loses that dim again.
  const bool row = rewriter.rank(lhs) == 1;
  const bool column = rewriter.rank(rhs) == 1;
  if (row) lhs = rewriter.unsqueeze(lhs, 0);
  if (column) rhs = rewriter.unsqueeze(rhs, 1);
  const Shape left = rewriter.shape(lhs);
  const Shape right = rewriter.shape(rhs);
  const Shape batch = broadcast(Shape(left.begin(), left.end() - 2), Shape(right.begin(), right.end() - 2));
  Shape size = batch;
  size.insert(size.end(), {left[left.size() - 2], right.back()});

  ValueId out = kNone;
  if (right.size() == 2) {
    const Shape rows(left.begin(), left.end() - 1);
    out = product(rewriter, rewriter.view(lhs, {count(rows), left.back()}), rhs, dtype);
  } else {
    out = batched_product(rewriter, folded(rewriter, lhs, batch), folded(rewriter, rhs, batch), dtype);
  }
  out = rewriter.view(out, size);
  if (column) out = rewriter.squeeze(out, {-1});
  if (row) out = rewriter.squeeze(out, {column ? -1 : -2});
  return out;
}

ValueId linear(Rewriter& rewriter, ValueId input, ValueId weight, ValueId bias, Dtype dtype) {
  const ValueId transposed = rewriter.rank(weight) == 2 ? rewriter.transpose(weight, 0, 1) : weight;
  if (bias == kNone) return matmul(rewriter, input, transposed, dtype);
  const ValueId sum = matmul(rewriter, input, transposed, sum_type(dtype));
  return rewriter.cast(add(rewriter, sum, rewriter.cast(bias, sum_type(dtype))), dtype);
}

}  // namespace ka
