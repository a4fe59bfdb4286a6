# problem: rotary
# expect: accepted
# family: pointwise
# style: after Liger's kernels: rotary embedding, both halves of a head in one program, a copy rotated in place
import torch
import triton
import triton.language as tl


@triton.jit
def rotate_in_place(x_ptr, cos_ptr, sin_ptr, length, WIDTH: tl.constexpr):
    row = tl.program_id(0).to(tl.int64)
    position = row % length
    half = tl.arange(0, WIDTH // 2)
    first = x_ptr + row * WIDTH + half
    second = first + WIDTH // 2
    left = tl.load(first)
    right = tl.load(second)
    cos_row = cos_ptr + position * WIDTH + half
    sin_row = sin_ptr + position * WIDTH + half
    tl.store(first, left * tl.load(cos_row) - right * tl.load(sin_row))
    tl.store(second, right * tl.load(cos_row + WIDTH // 2) + left * tl.load(sin_row + WIDTH // 2))


@triton.jit
def copy_rows(x_ptr, y_ptr, count, BLOCK: tl.constexpr):
    offsets = tl.program_id(0) * BLOCK + tl.arange(0, BLOCK)
    tl.store(y_ptr + offsets, tl.load(x_ptr + offsets, mask=offsets < count), mask=offsets < count)


def kernel_function(x, cos, sin):
    x, cos, sin = x.contiguous(), cos.contiguous(), sin.contiguous()
    y = torch.empty_like(x)
    copy_rows[(triton.cdiv(x.numel(), 256),)](x, y, x.numel(), BLOCK=256)
    width = x.shape[-1]
    rotate_in_place[(x.numel() // width,)](y, cos, sin, x.shape[-2], WIDTH=width)
    return y
