# problem: swish_bias
# expect: accepted
# family: pointwise
# style: @triton.autotune over literal configurations, a row vector broadcast
import torch
import triton
import triton.language as tl


@triton.autotune(
    configs=[
        triton.Config({"BLOCK": 64}, num_warps=2),
        triton.Config({"BLOCK": 256}, num_warps=4),
    ],
    key=["count"],
)
@triton.jit
def swish_bias_kernel(x_ptr, y_ptr, out_ptr, count, columns, y_step, BLOCK: tl.constexpr):
    offsets = tl.program_id(0) * BLOCK + tl.arange(0, BLOCK)
    mask = offsets < count
    x = tl.load(x_ptr + offsets, mask=mask)
    y = tl.load(y_ptr + (offsets % columns) * y_step, mask=mask)
    tl.store(out_ptr + offsets, x / (1.0 + tl.exp(-x)) + y, mask=mask)


def kernel_function(x, y):
    x = x.contiguous()
    out = torch.empty_like(x)
    swish_bias_kernel[lambda meta: (triton.cdiv(x.numel(), meta["BLOCK"]),)](x, y, out, x.numel(), x.shape[1], y.stride(0))
    return out
