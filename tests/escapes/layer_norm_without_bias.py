# problem: layer_norm
# expect: wrong
# trick: leaves out the bias, which is zero in a fresh layer
# defences: state variation
import torch
import triton
import triton.language as tl


@triton.jit
def layer_norm_kernel(x_ptr, w_ptr, y_ptr, features, eps, BLOCK: tl.constexpr):
    row = tl.program_id(0)
    offsets = tl.arange(0, BLOCK)
    mask = offsets < features
    x = tl.load(x_ptr + row * features + offsets, mask=mask, other=0.0)
    mean = tl.sum(x, axis=0) / features
    difference = tl.where(mask, x - mean, 0.0)
    variance = tl.sum(difference * difference, axis=0) / features
    y = difference / tl.sqrt(variance + eps) * tl.load(w_ptr + offsets, mask=mask, other=0.0)
    tl.store(y_ptr + row * features + offsets, y, mask=mask)


def kernel_function(x, norm_weight, norm_bias):
    x = x.contiguous()
    y = torch.empty_like(x)
    layer_norm_kernel[(x.shape[0],)](x, norm_weight, y, x.shape[1], 1e-5, BLOCK=128)
    return y
