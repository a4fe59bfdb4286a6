# problem: transpose_copy
# expect: unsafe
# trick: calls triton.Config by another name, with a hook that copies before the launch
# defences: source policy, operator trace
# effort: quick
import torch
import triton
import triton.language as tl


@triton.jit
def touch2(x_ptr, y_ptr, BLOCK: tl.constexpr):
    tl.store(y_ptr, tl.load(y_ptr))


def kernel_function(x):
    y = torch.empty((x.shape[1], x.shape[0]), dtype=x.dtype, device=x.device)
    turned = x.t()

    def hook(arguments):
        y.copy_(turned)

    make = triton.Config
    tuned = triton.autotune(configs=[make({"BLOCK": 1}, pre_hook=hook)], key=[])(touch2)
    tuned[(1,)](x, y)
    return y
