# problem: sort_rows
# expect: accepted
# family: discrete
# style: tl.sort on integer keys that order floats as PyTorch does, NaN last
import torch
import triton
import triton.language as tl


@triton.jit
def mirrored(bits):
    return bits ^ ((bits >> 31) & 0x7FFFFFFF)


@triton.jit
def sort_kernel(x_ptr, y_ptr, x_row, x_column, columns: tl.constexpr):
    row = tl.program_id(0)
    offsets = tl.arange(0, columns)
    x = tl.load(x_ptr + row * x_row + offsets * x_column)
    keys = tl.sort(mirrored(x.to(tl.int32, bitcast=True)))
    tl.store(y_ptr + row * columns + offsets, mirrored(keys).to(tl.float32, bitcast=True))


def kernel_function(x):
    y = torch.empty(x.shape, dtype=x.dtype, device=x.device)
    sort_kernel[(x.shape[0],)](x, y, x.stride(0), x.stride(1), columns=x.shape[1])
    return y
