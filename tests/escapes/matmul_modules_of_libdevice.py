# problem: matmul
# expect: unsafe
# trick: imports a module that libdevice happens to import, and from there reaches sys.modules
# defences: source policy
# effort: quick
import torch
import triton
import triton.language as tl
from triton.language.extra.cuda.libdevice import core


def inspect():
    return 0


sys = modules = utils = _python_dispatch = _disable_current_modes = matmul = 0


def matmul(a):
    return a


def _disable_current_modes():
    return 0


@triton.jit
def copying(x_ptr, y_ptr, count, BLOCK: tl.constexpr):
    i = tl.program_id(0) * BLOCK + tl.arange(0, BLOCK)
    tl.store(y_ptr + i, tl.load(x_ptr + i, mask=i < count), mask=i < count)


def kernel_function(a, b):
    c = core
    whole = c.inspect.sys.modules["torch"]
    with whole.utils._python_dispatch._disable_current_modes():
        y = a.matmul(b)
    result = torch.empty(y.shape, dtype=y.dtype, device=y.device)
    copying[(triton.cdiv(y.numel(), 1024),)](y, result, y.numel(), BLOCK=1024)
    return result
