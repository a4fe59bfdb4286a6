#pragma once

#include "ops/rewriter.h"

namespace ka {

/// How a [M,K] × [K,N] product (batch B) is best written.
enum class ContractionForm {
  kDot,  ///< aten.mm / aten.bmm: tiles on the tensor cores
  kReduce,  ///< a multiplication and a sum over K: a side below 16 rows wastes a tensor-core tile, and integers have none; each of the few
            ///< rows then reads the other matrix, so a large one is better wasted upon
  kSplit,  ///< K cut into pieces, a batched product over the pieces, their sum: too few tiles to fill the device
};
struct ContractionChoice {
  ContractionForm form = ContractionForm::kDot;
  int64_t pieces = 1;  ///< kSplit
};

/// Chooses from exact extents alone. kReduce where min(M, N) < 16 (of a matrix of 2²² elements or more: < 4), or the type has no
/// tensor-core product (integers, bool, float64). 10 × 25088 × 4096 took 1.3 ms that way on an H100, 16 × 25088 × 4096 as tiles 0.18 ms.
/// kSplit where B·⌈M/128⌉·⌈N/128⌉ tiles leave most of 132 multiprocessors idle and K ≥ 8192 (min(M, N) ≤ 64: 2048): the pieces are the
/// smallest power of two that divides K and gives every multiprocessor two tiles, as long as a piece keeps 1024 (512) of K. Each piece
/// then writes and rereads B·M·N float32 sums, 8 bytes against at least 2·512 multiply-adds per element, so that the extra traffic stays
/// below the operands' own while the device works in parallel.
ContractionChoice choose_contraction(int64_t batch, int64_t m, int64_t n, int64_t k, Dtype dtype);

/// [M,K] × [K,N] and [B,M,K] × [B,K,N]. The result has type `dtype`; products accumulate in float32 (float64, int64 for those).
ValueId product(Rewriter& rewriter, ValueId lhs, ValueId rhs, Dtype dtype);
ValueId batched_product(Rewriter& rewriter, ValueId lhs, ValueId rhs, Dtype dtype);
/// torch.matmul for all ranks.
ValueId matmul(Rewriter& rewriter, ValueId lhs, ValueId rhs, Dtype dtype);
/// x · weightᵀ over the last dim of x, any rank, plus bias (kNone where there is none), rounded once to `dtype`.
ValueId linear(Rewriter& rewriter, ValueId input, ValueId weight, ValueId bias, Dtype dtype);

}  // namespace ka
