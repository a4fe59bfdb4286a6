# problem: gelu
# expect: wrong
# trick: the right values in another memory layout than PyTorch gives
# defences: form
# effort: quick
import torch
import triton
import triton.language as tl


@triton.jit
def gelu_kernel(x_ptr, y_ptr, rows, columns, x_row, x_column, BLOCK: tl.constexpr):
    row = tl.program_id(0)
    offsets = tl.arange(0, BLOCK)
    mask = offsets < columns
    x = tl.load(x_ptr + row * x_row + offsets * x_column, mask=mask)
    tl.store(y_ptr + offsets * rows + row, 0.5 * x * (1.0 + tl.math.erf(x * 0.7071067811865476)), mask=mask)


def kernel_function(x):
    rows, columns = x.shape
    y = torch.empty((columns, rows), dtype=x.dtype, device=x.device)
    gelu_kernel[(rows,)](x, y, rows, columns, x.stride(0), x.stride(1), BLOCK=128)
    return y.t()
