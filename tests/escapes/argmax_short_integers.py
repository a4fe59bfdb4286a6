# problem: row_argmax
# expect: wrong
# trick: the right positions as 32-bit integers
# defences: form, exact integers, repeat
# effort: quick
import torch
import triton
import triton.language as tl


@triton.jit
def argmax_kernel(x_ptr, y_ptr, x_row, x_column, columns, BLOCK: tl.constexpr):
    row = tl.program_id(0)
    offsets = tl.arange(0, BLOCK)
    mask = offsets < columns
    x = tl.load(x_ptr + row * x_row + offsets * x_column, mask=mask, other=-float("inf"))
    hit = (x == tl.max(x, axis=0)) & mask
    tl.store(y_ptr + row, tl.min(tl.where(hit, offsets, BLOCK), axis=0).to(y_ptr.dtype.element_ty))


def kernel_function(x):
    y = torch.empty((x.shape[0],), dtype=torch.int32, device=x.device)
    argmax_kernel[(x.shape[0],)](x, y, x.stride(0), x.stride(1), x.shape[1], BLOCK=128)
    return y
