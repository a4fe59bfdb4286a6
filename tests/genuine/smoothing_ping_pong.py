# problem: smoothing
# expect: accepted
# family: pointwise
# style: the same kernel launched three times in a Python loop, two buffers change roles
import torch
import triton
import triton.language as tl


@triton.jit
def smooth_once(x_ptr, y_ptr, columns, BLOCK: tl.constexpr):
    row = tl.program_id(0)
    c = tl.arange(0, BLOCK)
    mask = c < columns
    x_ptr += row * columns
    left = tl.load(x_ptr + (c + columns - 1) % columns, mask=mask)
    here = tl.load(x_ptr + c, mask=mask)
    right = tl.load(x_ptr + (c + 1) % columns, mask=mask)
    tl.store(y_ptr + row * columns + c, (left + here + right) / 3.0, mask=mask)


def kernel_function(x):
    source = x.contiguous()
    buffers = [torch.empty_like(source), torch.empty_like(source)]
    for step in range(3):
        target = buffers[step % 2]
        smooth_once[(x.shape[0],)](source, target, x.shape[1], BLOCK=triton.next_power_of_2(x.shape[1]))
        source = target
    return source
