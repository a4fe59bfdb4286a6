# problem: row_sum
# expect: wrong
# trick: several programs add to one number without an atomic operation
# defences: rms bound, largest bound, repeat
# effort: quick
# needs: cuda
import torch
import triton
import triton.language as tl


@triton.jit
def sum_kernel(x_ptr, y_ptr, columns, BLOCK: tl.constexpr):
    row = tl.program_id(0)
    offsets = tl.program_id(1) * BLOCK + tl.arange(0, BLOCK)
    part = tl.sum(tl.load(x_ptr + row * columns + offsets, mask=offsets < columns, other=0.0), axis=0)
    tl.store(y_ptr + row, tl.load(y_ptr + row) + part)


def kernel_function(x):
    x = x.contiguous()
    y = torch.zeros((x.shape[0], 1), dtype=x.dtype, device=x.device)
    sum_kernel[(x.shape[0], triton.cdiv(x.shape[1], 32))](x, y, x.shape[1], BLOCK=32)
    return y
