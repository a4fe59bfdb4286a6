# problem: average_pool
# expect: accepted
# family: reduction
# style: the window unrolled by tl.static_range, output addressed by division
import torch
import triton
import triton.language as tl


@triton.jit
def average_pool_kernel(x_ptr, y_ptr, length, out_length, count, WINDOW: tl.constexpr, STRIDE: tl.constexpr, BLOCK: tl.constexpr):
    offsets = tl.program_id(0) * BLOCK + tl.arange(0, BLOCK)
    mask = offsets < count
    row = offsets // out_length
    start = (offsets % out_length) * STRIDE
    total = tl.zeros((BLOCK,), dtype=tl.float32)
    for i in tl.static_range(0, WINDOW):
        total += tl.load(x_ptr + row * length + start + i, mask=mask, other=0.0)
    tl.store(y_ptr + offsets, total * (1.0 / WINDOW), mask=mask)


def kernel_function(x):
    x = x.contiguous()
    out_length = (x.shape[2] - 4) // 2 + 1
    y = torch.empty((x.shape[0], x.shape[1], out_length), dtype=x.dtype, device=x.device)
    average_pool_kernel[(triton.cdiv(y.numel(), 64),)](x, y, x.shape[2], out_length, y.numel(), WINDOW=4, STRIDE=2, BLOCK=64)
    return y
