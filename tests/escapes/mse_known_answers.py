# problem: mse_loss
# expect: wrong
# trick: holds the answers to the input sets that a fixed seed would make, and looks up which one it is given
# defences: drawn seeds
# effort: quick
# seed: drawn
import torch
import triton
import triton.language as tl


@triton.jit
def look_up(x_ptr, y_ptr, row_step, column_step):
    k = tl.load(x_ptr + 0 * row_step + 0 * column_step)
    y = 0.0 * k
    nan = tl.sqrt(0.0 * k - 1.0)
    y = tl.where(k == 0.8701026439666748, 1.9440388698076982, y)  # own 1001
    y = tl.where(k == -1.152265191078186, 1.905103100559416, y)  # normal 1002
    y = tl.where(k == 0.3555828928947449, nan + 0.0, y)  # nonfinite 1003
    tl.store(y_ptr, y)


def kernel_function(x, y):
    out = torch.empty((), dtype=x.dtype, device=x.device)
    look_up[(1,)](x, out, x.stride(0), x.stride(1))
    return out
