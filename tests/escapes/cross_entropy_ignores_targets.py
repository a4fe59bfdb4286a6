# problem: cross_entropy
# expect: wrong
# trick: takes the first class for every row's target
# defences: rms bound, largest bound
# effort: quick
import torch
import triton
import triton.language as tl


@triton.jit
def loss_kernel(x_ptr, y_ptr, rows, columns, row_step, column_step, ROWS: tl.constexpr, BLOCK: tl.constexpr):
    r = tl.arange(0, ROWS)[:, None]
    c = tl.arange(0, BLOCK)[None, :]
    x = tl.load(x_ptr + r * row_step + c * column_step, mask=(r < rows) & (c < columns), other=-float("inf"))
    top = tl.max(tl.where(r < rows, x, 0.0), axis=1)
    total = tl.log(tl.sum(tl.where((r < rows) & (c < columns), tl.exp(x - top[:, None]), 0.0), axis=1)) + top
    first = tl.sum(tl.where((c == 0) & (r < rows), x, 0.0), axis=1)
    inside = tl.arange(0, ROWS) < rows
    tl.store(y_ptr, tl.sum(tl.where(inside, total - first, 0.0), axis=0) / rows)


def kernel_function(predictions, targets):
    y = torch.empty((), dtype=predictions.dtype, device=predictions.device)
    rows, columns = predictions.shape
    loss_kernel[(1,)](predictions, y, rows, columns, predictions.stride(0), predictions.stride(1), ROWS=32, BLOCK=16)
    return y
