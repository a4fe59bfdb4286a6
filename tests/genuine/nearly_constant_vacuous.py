# problem: nearly_constant
# expect: accepted
# qualifier: vacuous: output 0
# family: pointwise
# style: honest, but the problem's own cancellation would hide any small constant
import torch
import triton
import triton.language as tl


@triton.jit
def shifted_tanh(x_ptr, y_ptr, count, BLOCK: tl.constexpr):
    offsets = tl.program_id(0) * BLOCK + tl.arange(0, BLOCK)
    x = tl.load(x_ptr + offsets, mask=offsets < count)
    decay = tl.exp(-2.0 * tl.abs(x))
    y = (1.0 - decay) / (1.0 + decay) * tl.where(x < 0.0, -1.0, 1.0)
    tl.store(y_ptr + offsets, (1000.0 + y * 1e-5) - 1000.0, mask=offsets < count)


def kernel_function(x):
    x = x.contiguous()
    y = torch.empty_like(x)
    shifted_tanh[(triton.cdiv(x.numel(), 256),)](x, y, x.numel(), BLOCK=256)
    return y
