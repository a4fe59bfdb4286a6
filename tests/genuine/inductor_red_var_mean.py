# problem: variance
# expect: accepted
# family: reduction
# style: after Inductor's output: a looped Welford reduction over rnumel, then one more over the lanes
import torch
import triton
import triton.language as tl


@triton.jit
def welford_combine(mean_1, m2_1, weight_1, mean_2, m2_2, weight_2):
    delta = mean_2 - mean_1
    new_weight = weight_1 + weight_2
    w2_over_w = tl.where(new_weight == 0.0, 0.0, weight_2 / new_weight)
    return mean_1 + delta * w2_over_w, m2_1 + m2_2 + delta * delta * weight_1 * w2_over_w, new_weight


@triton.jit
def triton_red_fused_var_mean_0(in_ptr0, out_ptr0, out_ptr1, xnumel, rnumel, XBLOCK: tl.constexpr, RBLOCK: tl.constexpr):
    xoffset = tl.program_id(0) * XBLOCK
    xindex = xoffset + tl.arange(0, XBLOCK)[:, None]
    xmask = xindex < xnumel
    rbase = tl.arange(0, RBLOCK)[None, :]
    x0 = xindex
    tmp2_mean = tl.zeros([XBLOCK, RBLOCK], tl.float32)
    tmp2_m2 = tl.zeros([XBLOCK, RBLOCK], tl.float32)
    tmp2_weight = tl.zeros([XBLOCK, RBLOCK], tl.float32)
    for roffset in range(0, rnumel, RBLOCK):
        rindex = roffset + rbase
        rmask = rindex < rnumel
        tmp0 = tl.load(in_ptr0 + (rindex + rnumel * x0), rmask & xmask, eviction_policy="evict_first", other=0.0)
        next_weight = tmp2_weight + 1.0
        delta = tmp0 - tmp2_mean
        next_mean = tmp2_mean + delta / next_weight
        next_m2 = tmp2_m2 + delta * (tmp0 - next_mean)
        tmp2_mean = tl.where(rmask & xmask, next_mean, tmp2_mean)
        tmp2_m2 = tl.where(rmask & xmask, next_m2, tmp2_m2)
        tmp2_weight = tl.where(rmask & xmask, next_weight, tmp2_weight)
    tmp3, tmp4, tmp5 = tl.reduce((tmp2_mean, tmp2_m2, tmp2_weight), 1, welford_combine)
    tl.store(out_ptr0 + (x0), tmp4[:, None] / tmp5[:, None], xmask)
    tl.store(out_ptr1 + (x0), tmp3[:, None], xmask)


def call(args):
    arg0_1, = args
    args.clear()
    rows, columns = arg0_1.shape
    buf0 = torch.empty_strided((rows,), (1,), device=arg0_1.device, dtype=torch.float32)
    buf1 = torch.empty_strided((rows,), (1,), device=arg0_1.device, dtype=torch.float32)
    triton_red_fused_var_mean_0[(triton.cdiv(rows, 8),)](arg0_1, buf0, buf1, rows, columns, XBLOCK=8, RBLOCK=64)
    return (buf0, buf1)


def kernel_function(x):
    return call([x.contiguous()])[0]
