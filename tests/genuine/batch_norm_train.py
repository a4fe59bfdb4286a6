# problem: batch_norm
# expect: accepted
# family: normalisation
# style: training-mode batch norm, updates running statistics and the batch counter in a kernel
import torch
import torch.nn as nn
import triton
import triton.language as tl


@triton.jit
def batch_norm_kernel(x_ptr, w_ptr, b_ptr, mean_ptr, var_ptr, count_ptr, y_ptr, rows, features, row_step, column_step,
                      eps, momentum, BLOCK: tl.constexpr):
    feature = tl.program_id(0)
    r = tl.arange(0, BLOCK)
    mask = r < rows
    x = tl.load(x_ptr + r * row_step + feature * column_step, mask=mask, other=0.0)
    mean = tl.sum(x, axis=0) / rows
    difference = tl.where(mask, x - mean, 0.0)
    squares = tl.sum(difference * difference, axis=0)
    y = difference / tl.sqrt(squares / rows + eps) * tl.load(w_ptr + feature) + tl.load(b_ptr + feature)
    tl.store(y_ptr + r * features + feature, y, mask=mask)
    running_mean = tl.load(mean_ptr + feature)
    tl.store(mean_ptr + feature, (1.0 - momentum) * running_mean + momentum * mean)
    running_var = tl.load(var_ptr + feature)
    tl.store(var_ptr + feature, (1.0 - momentum) * running_var + momentum * (squares / (rows - 1)))
    if feature == 0:
        tl.store(count_ptr, tl.load(count_ptr) + 1)


class ModelNew(nn.Module):
    def __init__(self, features):
        super().__init__()
        self.bn = nn.BatchNorm1d(features)

    def forward(self, x):
        bn = self.bn
        y = torch.empty(x.shape, dtype=x.dtype, device=x.device)
        batch_norm_kernel[(x.shape[1],)](x, bn.weight, bn.bias, bn.running_mean, bn.running_var, bn.num_batches_tracked,
                                         y, x.shape[0], x.shape[1], x.stride(0), x.stride(1), bn.eps, bn.momentum,
                                         BLOCK=triton.next_power_of_2(x.shape[0]))
        return y
