# problem: row_sum
# expect: wrong
# trick: clears its input, so that a reference that runs later sees zeros
# defences: untouched memory, repeat
# effort: quick
import torch
import triton
import triton.language as tl


@triton.jit
def sum_and_clear(x_ptr, y_ptr, columns, BLOCK: tl.constexpr):
    row = tl.program_id(0)
    offsets = tl.arange(0, BLOCK)
    mask = offsets < columns
    x = tl.load(x_ptr + row * columns + offsets, mask=mask, other=0.0)
    tl.store(y_ptr + row, tl.sum(x, axis=0))
    tl.store(x_ptr + row * columns + offsets, tl.zeros((BLOCK,), dtype=tl.float32), mask=mask)


def kernel_function(x):
    x = x.contiguous()
    y = torch.empty((x.shape[0], 1), dtype=x.dtype, device=x.device)
    sum_and_clear[(x.shape[0],)](x, y, x.shape[1], BLOCK=1024)
    return y
