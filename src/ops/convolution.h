#pragma once

#include "ops/rewriter.h"

namespace ka {

/// A convolution's geometry, one entry per spatial dim: tap t joins the position i·stride − padding + t·dilation of the larger side to
/// position i of the smaller one, which is the output, of a transposed convolution the input. Padding and dilation may be negative.
struct Taps {
  Shape stride;
  Shape padding;
  Shape dilation;
  Shape outputs;  ///< the output's extents
};

/// input [N, C, …] with weight [O, C/groups, …], plus bias (kNone where there is none), gives [N, O, outputs…]. Products accumulate as
/// in a matmul; the result is rounded once to the input's type.
///
/// An implicit matrix product (no copy of the windows): out channels × flattened output positions, summed over channels and taps. Where
/// a group has at least 16 channels they lie innermost in the sum, so that a block of it has one tap and its bounds are checked per
/// position; with fewer they lie outermost, as in the weight. Where a group has too few out channels, positions or products (for few out
/// channels) for the tensor cores (depthwise), it is a multiplication and a sum.
ValueId convolution(Rewriter& rewriter, ValueId input, ValueId weight, ValueId bias, const Taps& taps, int64_t groups);

/// input [N, C, …] with weight [C, O/groups, …], the stride and dilation positive. Outputs that leave the same remainder by the stride see the same taps: each such phase
/// is a convolution of stride 1 over the input with its own taps, and the phases are interleaved. No zero is inserted or multiplied.
ValueId transposed_convolution(Rewriter& rewriter, ValueId input, ValueId weight, ValueId bias, const Taps& taps, int64_t groups);

}  // namespace ka
