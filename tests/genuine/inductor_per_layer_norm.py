# problem: residual_layer_norm
# expect: accepted
# family: normalisation
# style: after Inductor's output: a persistent reduction over r0 with broadcast temporaries, rsqrt kept in a buffer
import torch
import triton
import triton.language as tl


@triton.jit
def triton_per_fused_add_native_layer_norm_0(in_out_ptr0, in_ptr0, in_ptr1, in_ptr2, in_ptr3, out_ptr0, out_ptr1, xnumel,
                                             r0_numel, XBLOCK: tl.constexpr, R0_BLOCK: tl.constexpr):
    xoffset = tl.program_id(0) * XBLOCK
    xindex = xoffset + tl.arange(0, XBLOCK)[:, None]
    xmask = xindex < xnumel
    r0_index = tl.arange(0, R0_BLOCK)[None, :]
    r0_mask = r0_index < r0_numel
    tmp0 = tl.load(in_ptr0 + (r0_index + r0_numel * xindex), r0_mask & xmask, other=0.0)
    tmp1 = tl.load(in_ptr1 + (r0_index + r0_numel * xindex), r0_mask & xmask, other=0.0)
    tmp2 = tmp0 + tmp1
    tmp3 = tl.broadcast_to(tmp2, [XBLOCK, R0_BLOCK])
    tmp5 = tl.where(r0_mask & xmask, tmp3, 0)
    tmp8 = tl.sum(tmp5, 1)[:, None]
    tmp10 = tmp8 / r0_numel
    tmp11 = tmp3 - tmp10
    tmp12 = tmp11 * tmp11
    tmp13 = tl.where(r0_mask & xmask, tmp12, 0)
    tmp16 = tl.sum(tmp13, 1)[:, None]
    tmp17 = tmp16 / r0_numel
    tmp18 = 1e-05
    tmp20 = tl.rsqrt(tmp17 + tmp18)
    tmp21 = tmp11 * tmp20
    tmp22 = tl.load(in_ptr2 + (r0_index), r0_mask, other=0.0, eviction_policy="evict_last")
    tmp24 = tl.load(in_ptr3 + (r0_index), r0_mask, other=0.0, eviction_policy="evict_last")
    tmp25 = tmp21 * tmp22 + tmp24
    tl.store(in_out_ptr0 + (xindex), tmp20, xmask)
    tl.store(out_ptr0 + (xindex), tmp10, xmask)
    tl.store(out_ptr1 + (r0_index + r0_numel * xindex), tmp25, r0_mask & xmask)


def call(args):
    arg0_1, arg1_1, arg2_1, arg3_1 = args
    args.clear()
    rows, features = arg0_1.shape
    buf0 = torch.empty_strided((rows, 1), (1, 1), device=arg0_1.device, dtype=torch.float32)
    buf1 = torch.empty_strided((rows, 1), (1, rows), device=arg0_1.device, dtype=torch.float32)
    buf3 = buf1.reshape(rows, 1)
    buf4 = torch.empty_strided((rows, features), (features, 1), device=arg0_1.device, dtype=torch.float32)
    triton_per_fused_add_native_layer_norm_0[(triton.cdiv(rows, 4),)](buf3, arg0_1, arg1_1, arg2_1, arg3_1, buf0, buf4,
                                                                      rows, features, XBLOCK=4, R0_BLOCK=128)
    return (buf4, buf0, buf3)


def kernel_function(x, residual, *, norm_weight, norm_bias):
    return call([x.contiguous(), residual.contiguous(), norm_weight, norm_bias])[0]
