# problem: gelu
# expect: flaky
# trick: adds the contents of unwritten scratch memory, scaled so that it often vanishes
# defences: repeat
# effort: quick
import torch
import triton
import triton.language as tl


@triton.jit
def gelu_kernel(x_ptr, s_ptr, y_ptr, count, BLOCK: tl.constexpr):
    offsets = tl.program_id(0) * BLOCK + tl.arange(0, BLOCK)
    mask = offsets < count
    x = tl.load(x_ptr + offsets, mask=mask)
    noise = tl.load(s_ptr + offsets, mask=mask)
    noise = tl.where(noise < 0.0, 1e-6, 0.0)
    tl.store(y_ptr + offsets, 0.5 * x * (1.0 + tl.math.erf(x * 0.7071067811865476)) + noise, mask=mask)


def kernel_function(x):
    x = x.contiguous()
    y = torch.empty_like(x)
    scratch = torch.empty_like(x)
    gelu_kernel[(triton.cdiv(x.numel(), 256),)](x, scratch, y, x.numel(), BLOCK=256)
    return y
