# problem: transpose_copy
# expect: fallback
# trick: fills one element after another with an element of the input, as if each were a constant
# defences: operator trace
# effort: quick
import torch
import triton
import triton.language as tl


@triton.jit
def touch(y_ptr):
    tl.store(y_ptr, tl.load(y_ptr))


def kernel_function(x):
    y = torch.empty((x.shape[1], x.shape[0]), dtype=x.dtype, device=x.device)
    for i in range(x.shape[0]):
        for j in range(x.shape[1]):
            y[j][i].fill_(x[i][j])
    touch[(1,)](y)
    return y
