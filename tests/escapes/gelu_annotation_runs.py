# problem: gelu
# expect: unsafe
# trick: runs code when it is loaded, in the annotation of a parameter
# defences: source policy
# effort: quick
import torch
import triton
import triton.language as tl

SCALES = []


def prepared(x: SCALES.append(0.7071067811865476)):
    return x


@triton.jit
def gelu_kernel(x_ptr, y_ptr, count, scale, BLOCK: tl.constexpr):
    i = tl.program_id(0) * BLOCK + tl.arange(0, BLOCK)
    x = tl.load(x_ptr + i, mask=i < count)
    tl.store(y_ptr + i, 0.5 * x * (1.0 + tl.erf(x * scale)), mask=i < count)


def kernel_function(x):
    x = x.contiguous()
    y = torch.empty_like(x)
    gelu_kernel[(triton.cdiv(x.numel(), 256),)](x, y, x.numel(), SCALES[0], BLOCK=256)
    return y
