// Scaled dot-product attention: two batched products around a softmax.
#include <cmath>
#include <limits>

#include "ops/contraction.h"
#include "ops/recipes.h"
#include "ops/rows.h"

namespace ka::ops_drawer {
namespace {

/// A mask of truths adds −∞ where it is false, so that a NaN score stays one there; a mask of numbers is added.
ValueId masked(Rewriter& rewriter, ValueId scores, ValueId mask) {
  const Dtype dtype = rewriter.dtype(scores);
  if (rewriter.dtype(mask) == Dtype::kBool)
    mask = rewriter.where(mask, Argument{0.0}, Argument{-std::numeric_limits<double>::infinity()}, dtype);
  return add(rewriter, scores, rewriter.cast(mask, dtype));
}

/// Query i sees keys 0 … i; what stands at the others has no effect, as in PyTorch's fused kernels.
ValueId causal(Rewriter& rewriter, ValueId scores) {
  const ValueId seen =
      rewriter.compare("aten.le.Tensor", positions(rewriter, scores, -1), Argument{Ref{positions(rewriter, scores, -2)}});
  return rewriter.where(seen, Argument{Ref{scores}}, Argument{-std::numeric_limits<double>::infinity()}, rewriter.dtype(scores));
}

/// Each head of a key or value stands for a group of neighbouring query heads.
ValueId shared_heads(Rewriter& rewriter, ValueId self, ValueId query) {
  const int64_t dim = rewriter.rank(self) - 3;
  const auto at = static_cast<size_t>(dim);
  Shape size = rewriter.shape(self);
  const int64_t group = rewriter.shape(query)[static_cast<size_t>(rewriter.rank(query) - 3)] / size[at];
  const ValueId apart = rewriter.unsqueeze(self, dim + 1);
  Shape wide = rewriter.shape(apart);
  wide[at + 1] = group;
  size[at] *= group;
  return rewriter.view(rewriter.expand(apart, wide), size);
}

Status attend(Rewriter& rewriter, const Node& node) {
  if (number_or(node, "dropout_p", 0) != 0)
    return cannot("dropout within attention draws random numbers, which are not emitted yet; use eval() or dropout_p=0");
  const ValueId query = rewriter.operand(node, "query");
  ValueId key = rewriter.operand(node, "key");
  ValueId value = rewriter.operand(node, "value");
  if (truth_or(node, "enable_gqa", false)) {
    key = shared_heads(rewriter, key, query);
    value = shared_heads(rewriter, value, query);
  }
  const Dtype wide = accumulate_type(rewriter.dtype(query));
  const double scale = number_or(node, "scale", 1 / std::sqrt(static_cast<double>(rewriter.shape(query).back())));

  ValueId scores = multiply(rewriter, matmul(rewriter, query, rewriter.transpose(key, -2, -1), wide), scale);
  if (truth_or(node, "is_causal", false)) scores = causal(rewriter, scores);
  const char* mask = node.find("attn_mask") != nullptr ? "attn_mask" : "attn_bias";
  if (rewriter.has_operand(node, mask)) scores = masked(rewriter, scores, rewriter.operand(node, mask));

  // A row whose every score is −∞ gives zeros, not NaN.
  const ValueId weights = rewriter.cast(softmax(rewriter, scores, -1, true), rewriter.dtype(value));
  rewriter.bind(node, 0, matmul(rewriter, weights, value, rewriter.result(node)->dtype));

  if (rewriter.result(node, 1) != nullptr && rewriter.is_read(node.outputs[1])) {
    rewriter.bind(node, 1, rewriter.cast(logsumexp(rewriter, scores, {-1}, false), rewriter.result(node, 1)->dtype));
  }
  for (size_t i = 2; i < node.outputs.size(); ++i) {
    if (rewriter.result(node, i) != nullptr && rewriter.is_read(node.outputs[i]))
      return cannot("its bookkeeping outputs (random state, sequence lengths) are not emitted");
  }
  return {};
}

}  // namespace

void attention(OpTable& table) {
  primitive(table, {"ka.attend"}, OpClass::kAttend);
  composite(table,
            {"aten.scaled_dot_product_attention.default", "aten._scaled_dot_product_flash_attention_for_cpu.default",
             "aten._scaled_dot_product_flash_attention.default", "aten._scaled_dot_product_efficient_attention.default",
             "aten._scaled_dot_product_cudnn_attention.default", "aten._scaled_dot_product_fused_attention_overrideable.default"},
            attend);
  refused(table,
          {"aten._scaled_dot_product_attention_math.default", "aten._native_multi_head_attention.default",
           "aten._transformer_encoder_layer_fwd.default"},
          "returns internals that are not emitted; call scaled_dot_product_attention");
}

}  // namespace ka::ops_drawer
