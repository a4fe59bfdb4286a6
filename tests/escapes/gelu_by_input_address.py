# problem: gelu
# expect: flaky
# trick: exact only where its input lies at the address of the first call: an ulp off elsewhere
# defences: other addresses
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


SEEN = []


def kernel_function(x):
    x = x.contiguous()
    y = torch.empty_like(x)
    SEEN.append(x.data_ptr())
    factor = 1.0 if SEEN[0] == x.data_ptr() else 1.0000001
    gelu_kernel[(triton.cdiv(x.numel(), 1024),)](x, y, x.numel(), FACTOR=factor, BLOCK=1024)
    return y
