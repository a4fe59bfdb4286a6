"""Samples of normalisation, pooling, resizing, attention, losses and dropout."""
import math

import torch
from samples import FLOATS, NUMBERS, SAMPLES, call, sample

# Normalisation.
sample("layer_norm.default", FLOATS, lambda m: call(m(4, 6), [6], m(6), m(6)), lambda m: call(m(2, 4, 6), [4, 6]), lambda m: call(m(4, 6), [6], None, None, 1e-3))
sample("native_layer_norm.default", FLOATS, lambda m: call(m(4, 6), [6], m(6), m(6), 1e-5), lambda m: call(m(2, 4, 6), [4, 6], None, None, 1e-5))
sample("rms_norm.default", FLOATS, lambda m: call(m(4, 6), [6], m(6)), lambda m: call(m(2, 4, 6), [4, 6], None, 1e-3))
sample("_fused_rms_norm.default", ("float32",), lambda m: call(m(4, 6), [6], m(6), 1e-3))
sample("group_norm.default", FLOATS, lambda m: call(m(2, 6, 4, 3), 3, m(6), m(6)), lambda m: call(m(2, 6, 4), 2))
sample("native_group_norm.default", FLOATS, lambda m: call(m(2, 6, 4, 3), m(6), m(6), 2, 6, 12, 3, 1e-5), lambda m: call(m(2, 6, 4), None, None, 2, 6, 4, 2, 1e-5))
sample("instance_norm.default", FLOATS, lambda m: call(m(2, 3, 4, 5), m(3), m(3), None, None, True, 0.1, 1e-5, True),
       lambda m: call(m(2, 3, 6), None, None, None, None, True, 0.1, 1e-5, True),
       lambda m: call(m(2, 3, 6), m(3), None, m(3), m(3, low=0.5, high=2), False, 0.1, 1e-5, True))
S = ("float32", "float64")
running = lambda m: (m(3), m(3, low=0.5, high=2))
sample("batch_norm.default", S, lambda m: call(m(4, 3, 5), m(3), m(3), *running(m), False, 0.1, 1e-5, True), lambda m: call(m(4, 3, 5), m(3), m(3), None, None, True, 0.1, 1e-5, True),
       lambda m: call(m(4, 3), None, None, *running(m), False, 0.1, 1e-5, True))
sample("native_batch_norm.default", S, lambda m: call(m(4, 3, 5), m(3), m(3), None, None, True, 0.1, 1e-5))
sample("_native_batch_norm_legit.default", ())
sample("cudnn_batch_norm.default", ())
sample("_native_batch_norm_legit_functional.default", S, lambda m: call(m(4, 3, 5), m(3), m(3), *running(m), True, 0.1, 1e-5),
       lambda m: call(m(4, 3, 2, 2), None, None, *running(m), True, 0.3, 1e-3), lambda m: call(m(4, 3), m(3), m(3), *running(m), True, 0.1, 1e-5))
sample("_batch_norm_with_update_functional.default", S, lambda m: call(m(4, 3, 5), m(3), m(3), *running(m), 0.1, 1e-5))
sample("_native_batch_norm_legit.no_stats", S, lambda m: call(m(4, 3, 5), m(3), m(3), True, 0.1, 1e-5))
sample("_native_batch_norm_legit_no_training.default", S, lambda m: call(m(4, 3, 5), m(3), m(3), *running(m), 0.1, 1e-5))
sample("_batch_norm_no_update.default", S, lambda m: call(m(4, 3, 5), m(3), m(3), *running(m), 0.1, 1e-5))
sample("_weight_norm.default _weight_norm_interface.default", S, lambda m: call(m(4, 3, 2), m(4, 1, 1)))

# Pooling.
sample("avg_pool1d.default", FLOATS, lambda m: call(m(2, 3, 9), [3]), lambda m: call(m(2, 3, 9), [3], [2], [1]), lambda m: call(m(2, 3, 10), [3], [2], [1], True, False),
       lambda m: call(m(3, 10), [4], [3], [2], True))
sample("avg_pool2d.default", FLOATS, lambda m: call(m(2, 3, 6, 8), [2, 2]), lambda m: call(m(2, 3, 7, 9), [3, 2], [2, 2], [1, 1], False, False),
       lambda m: call(m(2, 3, 7, 9), [3, 3], [2, 2], [1, 1], True), lambda m: call(m(3, 6, 8), [2, 2], [], [0, 0], False, True, 3))
sample("avg_pool3d.default", FLOATS, lambda m: call(m(1, 2, 4, 6, 4), [2, 2, 2]), lambda m: call(m(1, 2, 5, 6, 5), [3, 3, 3], [2, 2, 2], [1, 1, 1]))
sample("max_pool1d.default max_pool1d_with_indices.default", FLOATS, lambda m: call(m(2, 3, 9), [3]), lambda m: call(m(2, 3, 10), [3], [2], [1], [2], True))
sample("max_pool2d.default max_pool2d_with_indices.default", FLOATS, lambda m: call(m(2, 3, 6, 8), [2, 2]), lambda m: call(m(2, 3, 7, 9), [3, 2], [2, 1], [1, 1], [2, 1], True),
       lambda m: call(m(3, 6, 8), [2, 2]))
sample("max_pool3d.default max_pool3d_with_indices.default", FLOATS, lambda m: call(m(1, 2, 4, 6, 4), [2, 2, 2]), lambda m: call(m(1, 2, 5, 6, 5), [3, 3, 3], [2, 2, 2], [1, 1, 1]))
sample("adaptive_avg_pool1d.default", FLOATS, lambda m: call(m(2, 3, 8), [4]), lambda m: call(m(2, 3, 7), [3]))
sample("adaptive_avg_pool2d.default _adaptive_avg_pool2d.default", FLOATS, lambda m: call(m(2, 3, 8, 6), [4, 3]), lambda m: call(m(2, 3, 7, 6), [3, 2]), lambda m: call(m(2, 3, 8, 6), [1, 1]))
sample("adaptive_avg_pool3d.default _adaptive_avg_pool3d.default", FLOATS, lambda m: call(m(2, 3, 4, 4, 6), [2, 1, 3]))
sample("adaptive_max_pool1d.default", FLOATS, lambda m: call(m(2, 3, 8), [4]), lambda m: call(m(2, 3, 7), [3]))
sample("adaptive_max_pool2d.default", FLOATS, lambda m: call(m(2, 3, 8, 6), [4, 3]), lambda m: call(m(2, 3, 7, 6), [3, 4]))
sample("adaptive_max_pool3d.default", FLOATS, lambda m: call(m(2, 3, 4, 4, 6), [2, 1, 3]))
for rank in "123":
    SAMPLES[f"aten.adaptive_max_pool{rank}d.default"].outputs = 1  # positions are refused

# Resizing.
sample("upsample_nearest1d.default _upsample_nearest_exact1d.default", FLOATS, lambda m: call(m(2, 3, 5), [10]), lambda m: call(m(2, 3, 5), [8]), lambda m: call(m(2, 3, 9), [4]))
sample("upsample_nearest2d.default _upsample_nearest_exact2d.default", FLOATS, lambda m: call(m(2, 3, 4, 5), [8, 15]), lambda m: call(m(2, 3, 4, 5), [6, 7]))
sample("upsample_nearest3d.default _upsample_nearest_exact3d.default", FLOATS, lambda m: call(m(1, 2, 3, 4, 5), [6, 8, 7]))
sample("upsample_nearest1d.vec _upsample_nearest_exact1d.vec", FLOATS, lambda m: call(m(2, 3, 5), None, [2.0]), lambda m: call(m(2, 3, 5), [7], None))
sample("upsample_nearest2d.vec _upsample_nearest_exact2d.vec", FLOATS, lambda m: call(m(2, 3, 4, 5), None, [2.0, 1.5]))
sample("upsample_nearest3d.vec _upsample_nearest_exact3d.vec", FLOATS, lambda m: call(m(1, 2, 3, 4, 5), None, [2.0, 2.0, 1.0]))
sample("upsample_linear1d.default", FLOATS, lambda m: call(m(2, 3, 5), [10], False), lambda m: call(m(2, 3, 5), [9], True))
sample("upsample_linear1d.vec", FLOATS, lambda m: call(m(2, 3, 5), None, False, [2.0]))
sample("upsample_bilinear2d.default", FLOATS, lambda m: call(m(2, 3, 4, 5), [8, 7], False), lambda m: call(m(2, 3, 4, 5), [3, 9], True))
sample("upsample_bilinear2d.vec", FLOATS, lambda m: call(m(2, 3, 4, 5), None, False, [2.0, 1.5]))
sample("upsample_bicubic2d.default", ("float32", "float64"), lambda m: call(m(2, 3, 4, 5), [8, 7], False), lambda m: call(m(2, 3, 4, 5), [3, 9], True))
sample("upsample_bicubic2d.vec", ("float32", "float64"), lambda m: call(m(2, 3, 4, 5), None, False, [2.0, 1.5]))
sample("upsample_trilinear3d.default", FLOATS, lambda m: call(m(1, 2, 3, 4, 5), [6, 8, 7], False))
sample("upsample_trilinear3d.vec", FLOATS, lambda m: call(m(1, 2, 3, 4, 5), None, True, [2.0, 2.0, 1.0]))

# Attention.
qkv = lambda m: (m(2, 3, 20, 8), m(2, 3, 18, 8), m(2, 3, 18, 16))
sample("scaled_dot_product_attention.default", FLOATS, lambda m: call(*qkv(m)), lambda m: call(*qkv(m), None, 0.0, True), lambda m: call(*qkv(m), m.b(20, 18)),
       lambda m: call(*qkv(m), m(2, 1, 20, 18), scale=0.3), lambda m: call(m(4, 5, 8), m(4, 6, 8), m(4, 6, 8)),
       lambda m: call(m(2, 6, 5, 8), m(2, 2, 7, 8), m(2, 2, 7, 8), enable_gqa=True),
       lambda m: call(m(1, 2, 6, 8) - math.inf, m(1, 2, 6, 8, low=0.1), m(1, 2, 6, 8)),
       lambda m: call(m(1, 2, 6, 8), m(1, 2, 6, 8) * torch.where(torch.arange(6) == 4, math.nan, 1.0)[:, None].to(m.dtype), m(1, 2, 6, 8), None, 0.0, True),
       lambda m: call(m(1, 2, 6, 8), m(1, 2, 6, 8) * torch.where(torch.arange(6) == 4, math.nan, 1.0)[:, None].to(m.dtype), m(1, 2, 6, 8), m.b(6, 6)))
same = lambda m: (m(2, 3, 20, 8), m(2, 3, 20, 8), m(2, 3, 20, 8))
sample("_scaled_dot_product_flash_attention_for_cpu.default", ("float32", "float64"), lambda m: call(*same(m)), lambda m: call(*same(m), 0.0, True),
       lambda m: call(*same(m), attn_mask=m(2, 3, 20, 20)))
sample("_scaled_dot_product_flash_attention.default _scaled_dot_product_efficient_attention.default _scaled_dot_product_cudnn_attention.default "
       "_scaled_dot_product_fused_attention_overrideable.default", ())

# Losses: kept, averaged and summed.
pair = lambda m: (m(4, 5), m(4, 5))
chances = lambda m: (m(4, 5, low=0.05, high=0.95), m(4, 5, low=0.05, high=0.95))
REDUCTIONS = (0, 1, 2)


def loss(name, *builders, dtypes=FLOATS):
    sample(name, dtypes, *[lambda m, b=b, r=r: b(m, r) for b in builders for r in REDUCTIONS])


loss("mse_loss.default l1_loss.default", lambda m, r: call(*pair(m), r))
loss("smooth_l1_loss.default huber_loss.default", lambda m, r: call(*pair(m), r), lambda m, r: call(*pair(m), r, 0.5))
loss("binary_cross_entropy.default", lambda m, r: call(*chances(m), None, r), lambda m, r: call(*chances(m), m(5), r))
loss("binary_cross_entropy_with_logits.default", lambda m, r: call(m(4, 5), m(4, 5, low=0, high=1), None, None, r), lambda m, r: call(m(4, 5), m(4, 5, low=0, high=1), m(5), m(5), r))
loss("kl_div.default", lambda m, r: call(*chances(m), r), lambda m, r: call(*pair(m), r, log_target=True))
sign = lambda m, *shape: (m.i(*shape, high=1) * 2 - 1)
loss("hinge_embedding_loss.default", lambda m, r: call(m(4, 5), sign(m, 4, 5).to(m.dtype), 1.0, r))
loss("margin_ranking_loss.default", lambda m, r: call(m(6), m(6), sign(m, 6).to(m.dtype), 0.3, r))
loss("soft_margin_loss.default", lambda m, r: call(m(6), sign(m, 6).to(m.dtype), r))
loss("triplet_margin_loss.default", lambda m, r: call(m(4, 5), m(4, 5), m(4, 5), 1.0, 2.0, 1e-6, False, r), lambda m, r: call(m(4, 5), m(4, 5), m(4, 5), 0.5, 1.0, 1e-6, True, r))
loss("poisson_nll_loss.default", lambda m, r: call(m(4, 5), m(4, 5, low=0), True, False, 1e-8, r), lambda m, r: call(m(4, 5, low=0.1), m(4, 5, low=0), False, False, 1e-8, r))
loss("cosine_embedding_loss.default", lambda m, r: call(m(4, 5), m(4, 5), sign(m, 4), 0.2, r))
sample("cosine_similarity.default", FLOATS, lambda m: call(m(4, 5), m(4, 5)), lambda m: call(m(4, 5, 3), m(1, 5, 3), 2))
labels = lambda m, *shape: torch.where(m.i(*shape, high=4) == 4, -100, m.i(*shape, high=4))
CLASS = [lambda m, r: call(m(6, 5), labels(m, 6), None, r, -100), lambda m, r: call(m(6, 5), m.i(6, high=4), m.f(5, low=0.5, high=2), r, 2), lambda m, r: call(m(5), m.i(high=4), None, r, -100)]
loss("nll_loss_forward.default nll_loss.default nll_loss_nd.default", *CLASS, dtypes=("float32", "float64"))
loss("nll_loss2d_forward.default nll_loss2d.default", lambda m, r: call(m(2, 5, 3, 4), m.i(2, 3, 4, high=4), None, r, -100), dtypes=("float32", "float64"))
loss("cross_entropy_loss.default", *CLASS, lambda m, r: call(m(2, 5, 3), m.i(2, 3, high=4), m.f(5, low=0.5, high=2), r, -100, 0.2),
     lambda m, r: call(m(6, 5), labels(m, 6), None, r, -100, 0.1), lambda m, r: call(m(6, 5), m.f(6, 5, low=0, high=1), None, r),
     lambda m, r: call(m(6, 5), m.f(6, 5, low=0, high=1), m.f(5, low=0.5, high=2), r, -100, 0.1), dtypes=("float32", "float64"))

# Dropout that draws nothing.
sample("dropout.default alpha_dropout.default feature_dropout.default feature_alpha_dropout.default", FLOATS, lambda m: call(m(4, 5), 0.5, False))
sample("native_dropout.default", FLOATS, lambda m: call(m(4, 5), 0.5, False), lambda m: call(m(4, 5), 1.0, True))
sample("rand.default randn.default rand_like.default randn_like.default bernoulli.p", ())  # whole programs draw: test_e2e_inputs.py
