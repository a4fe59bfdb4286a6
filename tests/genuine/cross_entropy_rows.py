# problem: cross_entropy
# expect: accepted
# family: softmax
# style: per-row loss, then a second launch for the mean; integer targets as indices
import torch
import triton
import triton.language as tl


@triton.jit
def row_loss(x_ptr, t_ptr, loss_ptr, x_row, x_column, t_step, classes, BLOCK: tl.constexpr):
    row = tl.program_id(0)
    offsets = tl.arange(0, BLOCK)
    mask = offsets < classes
    x = tl.load(x_ptr + row * x_row + offsets * x_column, mask=mask, other=-float("inf"))
    top = tl.max(x, axis=0)
    total = tl.sum(tl.where(mask, tl.exp(x - top), 0.0), axis=0)
    target = tl.load(t_ptr + row * t_step)
    chosen = tl.load(x_ptr + row * x_row + target * x_column)
    tl.store(loss_ptr + row, tl.log(total) + top - chosen)


@triton.jit
def mean_kernel(loss_ptr, out_ptr, count, BLOCK: tl.constexpr):
    offsets = tl.arange(0, BLOCK)
    loss = tl.load(loss_ptr + offsets, mask=offsets < count, other=0.0)
    tl.store(out_ptr, tl.sum(loss, axis=0) / count)


def kernel_function(predictions, targets):
    rows, classes = predictions.shape
    loss = torch.empty((rows,), dtype=torch.float32, device=predictions.device)
    row_loss[(rows,)](predictions, targets, loss, predictions.stride(0), predictions.stride(1), targets.stride(0),
                      classes, BLOCK=16)
    out = torch.empty((), dtype=torch.float32, device=predictions.device)
    mean_kernel[(1,)](loss, out, rows, BLOCK=triton.next_power_of_2(rows))
    return out
