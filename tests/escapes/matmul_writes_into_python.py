# problem: matmul
# expect: wrong
# trick: a kernel in the interpreter writes into Python's own objects, so that host code calls other methods than it says
# defences: known memory, operator trace
# needs: interpreter
import torch
import triton
import triton.language as tl


def work(a, b, y):
    a.contiguous().view(b.contiguous(), y.contiguous())


@triton.jit
def poke_kernel(y_ptr, function, first, second):
    code = tl.load((function + 48).to(tl.pointer_type(tl.int64)))
    names = tl.load((code + 32).to(tl.pointer_type(tl.int64)))
    tl.store((names + 24).to(tl.pointer_type(tl.int64)), first)
    tl.store((names + 32).to(tl.pointer_type(tl.int64)), second)


def kernel_function(a, b):
    y = torch.empty((a.shape[0], b.shape[1]), dtype=a.dtype, device=a.device)
    poke_kernel[(1,)](y, id(work), id("numpy"), id("dot"))
    work(a, b, y)
    return y
