# problem: embedding_scaled
# expect: accepted
# family: pointwise
# style: after Inductor's output: a gather through int64 indices, negative ones wrapped
import torch
import triton
import triton.language as tl


@triton.jit
def triton_poi_fused_embedding_mul_0(in_ptr0, in_ptr1, out_ptr0, words, width, xnumel, XBLOCK: tl.constexpr):
    xoffset = tl.program_id(0) * XBLOCK
    xindex = xoffset + tl.arange(0, XBLOCK)[:]
    xmask = xindex < xnumel
    x1 = xindex // width
    x0 = xindex % width
    tmp0 = tl.load(in_ptr0 + (x1), xmask, other=0, eviction_policy="evict_last")
    tmp1 = tl.full([XBLOCK], 0, tl.int32) + words
    tmp2 = tmp0 + tmp1
    tmp3 = tmp0 < 0
    tmp4 = tl.where(tmp3, tmp2, tmp0)
    tmp6 = tl.load(in_ptr1 + (x0 + width * tmp4), xmask)
    tmp7 = 4.0
    tmp8 = tmp6 * tmp7
    tl.store(out_ptr0 + (xindex), tmp8, xmask)


def kernel_function(tokens, *, table_weight):
    tokens = tokens.contiguous()
    words, width = table_weight.shape
    buf0 = torch.empty((tokens.shape[0], tokens.shape[1], width), device=tokens.device, dtype=table_weight.dtype)
    triton_poi_fused_embedding_mul_0[(triton.cdiv(buf0.numel(), 512),)](tokens, table_weight, buf0, words, width,
                                                                        buf0.numel(), XBLOCK=512)
    return buf0
