# problem: layer_norm
# expect: accepted
# family: normalisation
# style: tl.constexpr constants of the module, several rows a program, keyword-only state
import torch
import triton
import triton.language as tl

ROWS = tl.constexpr(4)
EPSILON = tl.constexpr(1e-5)


@triton.jit
def layer_norm_kernel(x_ptr, w_ptr, b_ptr, y_ptr, rows, features, x_row, x_column, BLOCK: tl.constexpr):
    r = tl.program_id(0) * ROWS + tl.arange(0, ROWS)
    c = tl.arange(0, BLOCK)
    mask = (r[:, None] < rows) & (c[None, :] < features)
    x = tl.load(x_ptr + r[:, None] * x_row + c[None, :] * x_column, mask=mask, other=0.0)
    mean = tl.sum(x, axis=1) / features
    centred = tl.where(mask, x - mean[:, None], 0.0)
    rstd = tl.rsqrt(tl.sum(centred * centred, axis=1) / features + EPSILON)
    w = tl.load(w_ptr + c, mask=c < features)
    b = tl.load(b_ptr + c, mask=c < features)
    tl.store(y_ptr + r[:, None] * features + c[None, :], centred * rstd[:, None] * w[None, :] + b[None, :], mask=mask)


def kernel_function(x, *, norm_weight, norm_bias):
    y = torch.empty(x.shape, dtype=x.dtype, device=x.device)
    rows, features = x.shape
    layer_norm_kernel[(triton.cdiv(rows, 4),)](x, norm_weight, norm_bias, y, rows, features, x.stride(0), x.stride(1),
                                               BLOCK=triton.next_power_of_2(features))
    return y
