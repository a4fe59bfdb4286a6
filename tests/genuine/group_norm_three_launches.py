# problem: group_norm
# expect: accepted
# family: normalisation
# style: partial sums, their combination and the normalisation in three launches through scratch
import torch
import triton
import triton.language as tl


@triton.jit
def partial_moments(x_ptr, sums_ptr, m2_ptr, count, PARTS: tl.constexpr, BLOCK: tl.constexpr):
    group = tl.program_id(0)
    part = tl.program_id(1)
    offsets = part * BLOCK + tl.arange(0, BLOCK)
    mask = offsets < count
    x = tl.load(x_ptr + group * count + offsets, mask=mask, other=0.0)
    here = tl.minimum(count - part * BLOCK, BLOCK)
    total = tl.sum(x, axis=0)
    centred = tl.where(mask, x - total / here, 0.0)
    tl.store(sums_ptr + group * PARTS + part, total)
    tl.store(m2_ptr + group * PARTS + part, tl.sum(centred * centred, axis=0))


@triton.jit
def combine_moments(sums_ptr, m2_ptr, mean_ptr, rstd_ptr, count, eps, PARTS: tl.constexpr, BLOCK: tl.constexpr):
    group = tl.program_id(0)
    mean = 0.0
    for part in tl.static_range(PARTS):
        mean += tl.load(sums_ptr + group * PARTS + part)
    mean = mean / count
    m2 = 0.0
    for part in tl.static_range(PARTS):
        here = tl.minimum(count - part * BLOCK, BLOCK)
        shift = tl.load(sums_ptr + group * PARTS + part) / here - mean
        m2 += tl.load(m2_ptr + group * PARTS + part) + here * shift * shift
    tl.store(mean_ptr + group, mean)
    tl.store(rstd_ptr + group, 1.0 / tl.sqrt(m2 / count + eps))


@triton.jit
def normalise(x_ptr, mean_ptr, rstd_ptr, w_ptr, b_ptr, y_ptr, total, plane, channels, group_size, BLOCK: tl.constexpr):
    offsets = tl.program_id(0) * BLOCK + tl.arange(0, BLOCK)
    mask = offsets < total
    channel = (offsets // plane) % channels
    group = offsets // (plane * group_size)
    x = tl.load(x_ptr + offsets, mask=mask)
    y = (x - tl.load(mean_ptr + group, mask=mask)) * tl.load(rstd_ptr + group, mask=mask)
    tl.store(y_ptr + offsets, y * tl.load(w_ptr + channel, mask=mask) + tl.load(b_ptr + channel, mask=mask), mask=mask)


def kernel_function(x, norm_weight, norm_bias):
    x = x.contiguous()
    batch, channels, height, width = x.shape
    groups = 4
    count = x.numel() // (batch * groups)
    parts = triton.cdiv(count, 32)
    sums = torch.empty((batch * groups, parts), dtype=torch.float32, device=x.device)
    m2 = torch.empty_like(sums)
    mean, rstd = x.new_empty(batch * groups), x.new_empty(batch * groups)
    y = torch.empty_like(x)
    partial_moments[(batch * groups, parts)](x, sums, m2, count, PARTS=parts, BLOCK=32)
    combine_moments[(batch * groups,)](sums, m2, mean, rstd, count, 1e-5, PARTS=parts, BLOCK=32)
    normalise[(triton.cdiv(x.numel(), 256),)](x, mean, rstd, norm_weight, norm_bias, y, x.numel(), height * width, channels,
                                              channels // groups, BLOCK=256)
    return y
