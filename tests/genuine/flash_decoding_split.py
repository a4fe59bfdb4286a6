# problem: decode_attention
# expect: accepted
# family: attention
# style: after FlashAttention's decoding: splits of the cache in parallel, a second launch combines them
import torch
import triton
import triton.language as tl


@triton.jit
def decode_split(Q, K, V, Part, Top, Sum, scale, k_b, k_s, k_h, k_d, v_b, v_s, v_h, v_d, q_b, q_h, q_d, heads, length,
                 splits, SPLIT: tl.constexpr, WIDTH: tl.constexpr):
    row = tl.program_id(0)
    split = tl.program_id(1)
    b = row // heads
    h = row % heads
    s = split * SPLIT + tl.arange(0, SPLIT)
    d = tl.arange(0, WIDTH)
    inside = s < length
    q = tl.load(Q + b * q_b + h * q_h + d * q_d)
    k = tl.load(K + b * k_b + s[:, None] * k_s + h * k_h + d[None, :] * k_d, mask=inside[:, None], other=0.0)
    scores = tl.where(inside, tl.sum(k * q[None, :], axis=1) * scale, -float("inf"))
    top = tl.max(scores, axis=0)
    p = tl.exp(scores - top)
    v = tl.load(V + b * v_b + s[:, None] * v_s + h * v_h + d[None, :] * v_d, mask=inside[:, None], other=0.0)
    place = row * splits + split
    tl.store(Top + place, top)
    tl.store(Sum + place, tl.sum(p, axis=0))
    tl.store(Part + place * WIDTH + d, tl.sum(p[:, None] * v, axis=0))


@triton.jit
def decode_combine(Part, Top, Sum, Out, splits, MOST: tl.constexpr, WIDTH: tl.constexpr):
    row = tl.program_id(0)
    i = tl.arange(0, MOST)
    d = tl.arange(0, WIDTH)
    there = i < splits
    top = tl.load(Top + row * splits + i, mask=there, other=-float("inf"))
    weight = tl.exp(top - tl.max(top, axis=0))
    total = tl.sum(weight * tl.load(Sum + row * splits + i, mask=there, other=0.0), axis=0)
    part = tl.load(Part + (row * splits + i[:, None]) * WIDTH + d[None, :], mask=there[:, None], other=0.0)
    tl.store(Out + row * WIDTH + d, tl.sum(part * weight[:, None], axis=0) / total)


def kernel_function(q, k, v):
    batch, length, heads, width = k.shape
    rows, splits = batch * heads, triton.cdiv(length, 32)
    part = torch.empty((rows, splits, width), dtype=torch.float32, device=q.device)
    top = torch.empty((rows, splits), dtype=torch.float32, device=q.device)
    total = torch.empty_like(top)
    decode_split[(rows, splits)](q, k, v, part, top, total, width**-0.5, *k.stride(), *v.stride(), *q.stride(), heads,
                                 length, splits, SPLIT=32, WIDTH=width)
    out = torch.empty((batch, heads, width), dtype=q.dtype, device=q.device)
    decode_combine[(rows,)](part, top, total, out, splits, MOST=triton.next_power_of_2(splits), WIDTH=width)
    return out
