# problem: transpose_copy
# expect: fallback
# trick: the work is done by PyTorch in the function that computes the grid, while the launcher runs
# defences: operator trace
# effort: quick
import torch
import triton
import triton.language as tl


@triton.jit
def touch_kernel(y_ptr):
    tl.store(y_ptr, tl.load(y_ptr))


def kernel_function(x):
    y = torch.empty((x.shape[1], x.shape[0]), dtype=x.dtype, device=x.device)

    def grid(meta):
        y.copy_(x.t())
        return (1,)

    touch_kernel[grid](y)
    return y
