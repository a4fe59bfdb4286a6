# problem: log_softmax
# expect: accepted
# family: softmax
# style: online normaliser in base 2 over chunks, second pass writes; lanes carry maxima of their own
import torch
import triton
import triton.language as tl


@triton.jit
def log_softmax_kernel(x_ptr, y_ptr, x_row, x_column, columns, BLOCK: tl.constexpr):
    row = tl.program_id(0)
    lanes = tl.arange(0, BLOCK)
    top = tl.full((BLOCK,), float("-inf"), tl.float32)
    total = tl.zeros((BLOCK,), tl.float32)
    for start in range(0, columns, BLOCK):
        inside = start + lanes < columns
        x = tl.load(x_ptr + row * x_row + (start + lanes) * x_column, mask=inside, other=float("-inf"))
        higher = tl.maximum(top, x)
        old = tl.where(top == higher, 1.0, tl.exp2((top - higher) * 1.4426950408889634))
        new = tl.where(x == higher, 1.0, tl.exp2((x - higher) * 1.4426950408889634))
        total = tl.where(inside, total * old + new, total)
        top = tl.where(inside, higher, top)
    highest = tl.max(top, axis=0)
    total = tl.sum(tl.where(total == 0.0, 0.0, total * tl.exp2((top - highest) * 1.4426950408889634)), axis=0)
    shift = highest + tl.log2(total) * 0.6931471805599453
    for start in range(0, columns, BLOCK):
        inside = start + lanes < columns
        x = tl.load(x_ptr + row * x_row + (start + lanes) * x_column, mask=inside)
        tl.store(y_ptr + row * columns + start + lanes, x - shift, mask=inside)


def kernel_function(x):
    y = torch.empty(x.shape, dtype=x.dtype, device=x.device)
    log_softmax_kernel[(x.shape[0],)](x, y, x.stride(0), x.stride(1), x.shape[1], BLOCK=64)
    return y
