// Scaled dot-product attention: two batched products around a softmax.
#include <cmath>
#include <limits>

#include "ops/contraction.h"
#include "ops/recipes.h"
#include "ops/rows.h"

namespace ka::ops_drawer {
namespace {

/// A mask of truths chooses −∞ where it is false; a mask of numbers is added.
ValueId masked(Rewriter& rewriter, ValueId scores, ValueId mask) {
  if (rewriter.dtype(mask) != Dtype::kBool) return add(rewriter, scores, rewriter.cast(mask, rewriter.dtype(scores)));
  return rewriter.where(mask, Argument{Ref{scores}}, Argument{-std::numeric_limits<double>::infinity()}, rewriter.dtype(scores));
}

/// Query i sees keys 0 … i.
ValueId causal(Rewriter& rewriter, ValueId scores) {
  const ValueId seen =
      rewriter.compare("aten.le.Tensor", positions(rewriter, scores, -1), Argument{Ref{positions(rewriter, scores, -2)}});
  return rewriter.where(seen, Argument{Ref{scores}}, Argument{-std::numeric_limits<double>::infinity()}, rewriter.dtype(scores));
}

Status attend(Rewriter& rewriter, const Node& node) {
  if (number_or(node, "dropout_p", 0) != 0)
    return cannot("dropout within attention draws random numbers, which are not emitted yet; use eval() or dropout_p=0");
  if (truth_or(node, "enable_gqa", false)) return cannot("grouped queries are not emitted; repeat the key and value heads");
  const ValueId query = rewriter.operand(node, "query");
  const ValueId key = rewriter.operand(node, "key");
  const ValueId value = rewriter.operand(node, "value");
  const Dtype wide = accumulate_type(rewriter.dtype(query));
  const double scale = number_or(node, "scale", 1 / std::sqrt(static_cast<double>(rewriter.shape(query).back())));

  ValueId scores = multiply(rewriter, matmul(rewriter, query, rewriter.transpose(key, -2, -1), wide), scale);
  if (truth_or(node, "is_causal", false)) scores = causal(rewriter, scores);
  const char* mask = node.find("attn_mask") != nullptr ? "attn_mask" : "attn_bias";
  const bool has_mask = rewriter.has_operand(node, mask);
  if (has_mask) scores = masked(rewriter, scores, rewriter.operand(node, mask));

  // A row whose every key is masked gives zeros, not NaN.
  const ValueId weights = rewriter.cast(softmax(rewriter, scores, -1, has_mask), rewriter.dtype(value));
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
