# problem: channels_last_scale
# expect: accepted
# family: pointwise
# style: the output's strides differ from the input's, both sides addressed by strides
import torch
import triton
import triton.language as tl


@triton.jit
def scale_kernel(x_ptr, y_ptr, channels, height, width, x_n, x_c, x_h, x_w, y_n, y_c, y_h, y_w, count, BLOCK: tl.constexpr):
    offsets = tl.program_id(0) * BLOCK + tl.arange(0, BLOCK)
    mask = offsets < count
    w = offsets % width
    h = (offsets // width) % height
    c = (offsets // (width * height)) % channels
    n = offsets // (width * height * channels)
    x = tl.load(x_ptr + n * x_n + c * x_c + h * x_h + w * x_w, mask=mask)
    tl.store(y_ptr + n * y_n + c * y_c + h * y_h + w * y_w, x * 3.0 - 1.0, mask=mask)


def kernel_function(x):
    y = torch.empty(x.shape, dtype=x.dtype, device=x.device, memory_format=torch.channels_last)
    scale_kernel[(triton.cdiv(x.numel(), 128),)](x, y, x.shape[1], x.shape[2], x.shape[3], *x.stride(), *y.stride(), x.numel(),
                                                 BLOCK=128)
    return y
