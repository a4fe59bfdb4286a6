# problem: gelu
# expect: flaky
# trick: adds one ulp on every second call, as a race would now and then
# defences: repeat
# effort: quick
import torch
import triton
import triton.language as tl


@triton.jit
def gelu_kernel(x_ptr, y_ptr, count, FACTOR: tl.constexpr, BLOCK: tl.constexpr):
    offsets = tl.program_id(0) * BLOCK + tl.arange(0, BLOCK)
    mask = offsets < count
    x = tl.load(x_ptr + offsets, mask=mask)
    tl.store(y_ptr + offsets, 0.5 * x * (1.0 + tl.math.erf(x * 0.7071067811865476)) * FACTOR, mask=mask)


CALLS = []


def kernel_function(x):
    CALLS.append(1)
    x = x.contiguous()
    y = torch.empty_like(x)
    factor = 1.0 if len(CALLS) % 2 else 1.0000001
    gelu_kernel[(triton.cdiv(x.numel(), 1024),)](x, y, x.numel(), FACTOR=factor, BLOCK=1024)
    return y
