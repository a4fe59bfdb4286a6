# problem: gelu
# expect: unsafe
# trick: returns a tensor subclass that computes when it is read, after the trace has ended
# defences: source policy, form
# effort: quick
import torch
import triton
import triton.language as tl


@triton.jit
def touch_kernel(y_ptr):
    tl.store(y_ptr, tl.load(y_ptr))


class Lazy(torch.Tensor):
    @classmethod
    def __torch_function__(cls, function, types, arguments=(), keywords=None):
        with torch._C.DisableTorchFunctionSubclass():
            if function is torch.Tensor.copy_:
                arguments = (arguments[0], torch.nn.functional.gelu(arguments[1].source))
            return function(*arguments, **(keywords or {}))


def kernel_function(x):
    y = torch.zeros_like(x)
    touch_kernel[(1,)](y)
    lazy = torch.Tensor._make_subclass(Lazy, y)
    lazy.source = x
    return lazy
