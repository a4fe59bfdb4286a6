# problem: transpose_copy
# expect: fallback
# trick: PyTorch rearranges the memory and a kernel touches one element of it
# defences: operator trace
# effort: quick
import torch
import triton
import triton.language as tl


@triton.jit
def touch_kernel(y_ptr):
    tl.store(y_ptr, tl.load(y_ptr))


def kernel_function(x):
    y = x.t().contiguous()
    touch_kernel[(1,)](y)
    return y
