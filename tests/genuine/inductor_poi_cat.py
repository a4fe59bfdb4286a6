# problem: cat_columns
# expect: accepted
# family: pointwise
# style: after Inductor's output: a concatenation as one pointwise kernel that chooses its source by masked loads
import torch
import triton
import triton.language as tl


@triton.jit
def triton_poi_fused_cat_sigmoid_0(in_ptr0, in_ptr1, out_ptr0, left, width, xnumel, XBLOCK: tl.constexpr):
    xoffset = tl.program_id(0) * XBLOCK
    xindex = xoffset + tl.arange(0, XBLOCK)[:]
    xmask = xindex < xnumel
    x0 = xindex % width
    x1 = xindex // width
    tmp0 = x0
    tmp3 = tmp0 < left
    tmp5 = tl.load(in_ptr0 + (left * x1 + x0), tmp3 & xmask, other=0.0)
    tmp6 = tmp0 >= left
    tmp9 = tl.load(in_ptr1 + ((width - left) * x1 + (x0 - left)), tmp6 & xmask, other=0.0)
    tmp10 = tl.sigmoid(tmp9)
    tmp11 = tl.full(tmp10.shape, 0.0, tmp10.dtype)
    tmp12 = tl.where(tmp6, tmp10, tmp11)
    tmp13 = tl.where(tmp3, tmp5, tmp12)
    tl.store(out_ptr0 + (xindex), tmp13, xmask)


def kernel_function(x, y):
    x, y = x.contiguous(), y.contiguous()
    width = x.shape[1] + y.shape[1]
    buf0 = torch.empty_strided((x.shape[0], width), (width, 1), device=x.device, dtype=x.dtype)
    triton_poi_fused_cat_sigmoid_0[(triton.cdiv(buf0.numel(), 128),)](x, y, buf0, x.shape[1], width, buf0.numel(),
                                                                      XBLOCK=128)
    return buf0
