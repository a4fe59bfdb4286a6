# problem: add_relu_bias
# expect: accepted
# family: pointwise
# style: after Inductor's output: a pointwise kernel over xnumel, index arithmetic for the broadcast bias, call(args)
import torch
import triton
import triton.language as tl


@triton.jit
def triton_poi_fused_add_mul_relu_0(in_ptr0, in_ptr1, out_ptr0, ks0, ks1, xnumel, XBLOCK: tl.constexpr):
    xoffset = tl.program_id(0) * XBLOCK
    xindex = xoffset + tl.arange(0, XBLOCK)[:]
    xmask = xindex < xnumel
    x3 = xindex
    x1 = (xindex // ks0) % ks1
    tmp0 = tl.load(in_ptr0 + (x3), xmask)
    tmp1 = tl.load(in_ptr1 + (x1), xmask, eviction_policy="evict_last")
    tmp2 = tmp0 + tmp1
    tmp3 = tl.full([1], 0, tl.int32)
    tmp4 = tl.where(tmp2 < tmp3, tmp3.to(tl.float32), tmp2)
    tmp5 = 0.5
    tmp6 = tmp4 * tmp5
    tl.store(out_ptr0 + (x3), tmp6, xmask)


def call(args):
    primals_1, primals_2 = args
    args.clear()
    buf0 = torch.empty_strided(primals_1.shape, primals_1.stride(), device=primals_1.device, dtype=torch.float32)
    channels = primals_1.shape[1]
    inner = primals_1.shape[2] * primals_1.shape[3]
    xnumel = primals_1.numel()
    triton_poi_fused_add_mul_relu_0[(triton.cdiv(xnumel, 256),)](primals_1, primals_2, buf0, inner, channels, xnumel,
                                                                 XBLOCK=256, num_warps=4, num_stages=1)
    del primals_1
    return (buf0,)


def kernel_function(x, bias):
    return call([x.contiguous(), bias])[0]
