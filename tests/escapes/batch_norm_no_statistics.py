# problem: batch_norm
# expect: wrong
# trick: right output, running statistics left as they were
# defences: mutations
# effort: quick
import torch
import torch.nn as nn
import triton
import triton.language as tl


@triton.jit
def batch_norm_kernel(x_ptr, w_ptr, b_ptr, y_ptr, rows, features, row_step, column_step, eps, BLOCK: tl.constexpr):
    feature = tl.program_id(0)
    r = tl.arange(0, BLOCK)
    mask = r < rows
    x = tl.load(x_ptr + r * row_step + feature * column_step, mask=mask, other=0.0)
    mean = tl.sum(x, axis=0) / rows
    difference = tl.where(mask, x - mean, 0.0)
    variance = tl.sum(difference * difference, axis=0) / rows
    y = difference / tl.sqrt(variance + eps) * tl.load(w_ptr + feature) + tl.load(b_ptr + feature)
    tl.store(y_ptr + r * features + feature, y, mask=mask)


class ModelNew(nn.Module):
    def __init__(self, features):
        super().__init__()
        self.bn = nn.BatchNorm1d(features)

    def forward(self, x):
        bn = self.bn
        y = torch.empty(x.shape, dtype=x.dtype, device=x.device)
        batch_norm_kernel[(x.shape[1],)](x, bn.weight, bn.bias, y, x.shape[0], x.shape[1], x.stride(0), x.stride(1),
                                         bn.eps, BLOCK=triton.next_power_of_2(x.shape[0]))
        return y
