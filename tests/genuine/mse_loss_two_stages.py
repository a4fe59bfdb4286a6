# problem: mse_loss
# expect: accepted
# family: reduction
# style: partial sums of a fixed number of programs, one more launch to a tensor without axes
import torch
import triton
import triton.language as tl


@triton.jit
def squared_difference(x_ptr, y_ptr, part_ptr, count, BLOCK: tl.constexpr):
    program = tl.program_id(0)
    total = tl.zeros((BLOCK,), dtype=tl.float32)
    for start in range(program * BLOCK, count, tl.num_programs(0) * BLOCK):
        offsets = start + tl.arange(0, BLOCK)
        mask = offsets < count
        difference = tl.load(x_ptr + offsets, mask=mask, other=0.0) - tl.load(y_ptr + offsets, mask=mask, other=0.0)
        total += difference * difference
    tl.store(part_ptr + program, tl.sum(total, axis=0))


@triton.jit
def mean_of_parts(part_ptr, out_ptr, count, PARTS: tl.constexpr):
    tl.store(out_ptr, tl.sum(tl.load(part_ptr + tl.arange(0, PARTS)), axis=0) / count)


def kernel_function(x, y):
    x, y = x.contiguous(), y.contiguous()
    parts = torch.empty(8, dtype=torch.float32, device=x.device)
    squared_difference[(8,)](x, y, parts, x.numel(), BLOCK=64)
    out = torch.empty((), dtype=x.dtype, device=x.device)
    mean_of_parts[(1,)](parts, out, x.numel(), PARTS=8)
    return out
