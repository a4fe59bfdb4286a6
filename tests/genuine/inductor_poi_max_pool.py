# problem: max_pool
# expect: accepted
# family: discrete
# style: after Inductor's output: max pooling unrolled over the window, value and int64 position
import torch
import triton
import triton.language as tl


@triton.jit
def better(value, best):
    return (value > best) | (value != value)


@triton.jit
def triton_poi_fused_max_pool2d_with_indices_0(in_ptr0, out_ptr0, out_ptr1, height, width, xnumel, XBLOCK: tl.constexpr):
    xoffset = tl.program_id(0) * XBLOCK
    xindex = xoffset + tl.arange(0, XBLOCK)[:]
    xmask = xindex < xnumel
    out_width = width // 2
    out_height = height // 2
    x0 = xindex % out_width
    x1 = (xindex // out_width) % out_height
    x2 = xindex // (out_width * out_height)
    corner = 2 * x0 + 2 * width * x1
    base = in_ptr0 + height * width * x2
    tmp0 = tl.load(base + corner, xmask)
    tmp1 = tl.load(base + corner + 1, xmask)
    tmp3 = tl.load(base + corner + width, xmask)
    tmp5 = tl.load(base + corner + width + 1, xmask)
    first = better(tmp1, tmp0)
    tmp2 = tl.where(first, tmp1, tmp0)
    place = tl.where(first, corner + 1, corner)
    second = better(tmp3, tmp2)
    tmp4 = tl.where(second, tmp3, tmp2)
    place = tl.where(second, corner + width, place)
    third = better(tmp5, tmp4)
    tmp6 = tl.where(third, tmp5, tmp4)
    place = tl.where(third, corner + width + 1, place)
    tl.store(out_ptr0 + (xindex), tmp6, xmask)
    tl.store(out_ptr1 + (xindex), place.to(tl.int64), xmask)


def kernel_function(x):
    x = x.contiguous()
    shape = (x.shape[0], x.shape[1], x.shape[2] // 2, x.shape[3] // 2)
    buf0 = torch.empty(shape, device=x.device, dtype=x.dtype)
    buf1 = torch.empty(shape, device=x.device, dtype=torch.int64)
    triton_poi_fused_max_pool2d_with_indices_0[(triton.cdiv(buf0.numel(), 128),)](x, buf0, buf1, x.shape[2], x.shape[3],
                                                                                  buf0.numel(), XBLOCK=128)
    return buf0, buf1
