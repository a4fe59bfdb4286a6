# problem: histogram
# expect: accepted
# family: discrete
# style: integer atomic additions at gathered places
import torch
import triton
import triton.language as tl


@triton.jit
def histogram_kernel(bins_ptr, counts_ptr, step, count, BLOCK: tl.constexpr):
    offsets = tl.program_id(0) * BLOCK + tl.arange(0, BLOCK)
    mask = offsets < count
    place = tl.load(bins_ptr + offsets * step, mask=mask, other=0)
    tl.atomic_add(counts_ptr + place, tl.full((BLOCK,), 1, tl.int64), mask=mask)


def kernel_function(bins):
    counts = torch.zeros(16, dtype=torch.int64, device=bins.device)
    histogram_kernel[(triton.cdiv(bins.numel(), 128),)](bins, counts, bins.stride(0), bins.numel(), BLOCK=128)
    return counts
