# problem: transpose_copy
# expect: fallback
# trick: the work is done by PyTorch in a heuristic below an autotuner, which is a launcher already
# defences: operator trace
import torch
import triton
import triton.language as tl


@triton.autotune(configs=[triton.Config({}, num_warps=4)], key=[])
@triton.heuristics({"ONE": lambda arguments: 1 if arguments["y_ptr"].copy_(arguments["x_ptr"]).dim() > 0 else 2})
@triton.jit
def touch_kernel(x_ptr, y_ptr, ONE: tl.constexpr):
    tl.store(y_ptr, tl.load(y_ptr))


def kernel_function(x):
    y = torch.empty((x.shape[1], x.shape[0]), dtype=x.dtype, device=x.device)
    touch_kernel[(1,)](x.t(), y)
    return y
