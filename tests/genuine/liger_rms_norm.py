# problem: rms_norm
# expect: accepted
# family: normalisation
# style: after Liger's kernels: RMS norm over rows, the reciprocal root stored for a backward pass
import torch
import torch.nn as nn
import triton
import triton.language as tl


@triton.jit
def rms_norm_forward(Y_ptr, Y_row_stride, X_ptr, X_row_stride, W_ptr, RSTD_ptr, n_cols, eps, BLOCK_SIZE: tl.constexpr):
    row_idx = tl.program_id(0).to(tl.int64)
    col_offsets = tl.arange(0, BLOCK_SIZE)
    mask = col_offsets < n_cols
    X_row = tl.load(X_ptr + row_idx * X_row_stride + col_offsets, mask=mask, other=0)
    W_row = tl.load(W_ptr + col_offsets, mask=mask, other=0)
    mean_square = tl.sum(X_row * X_row, axis=0) / n_cols
    rstd = tl.rsqrt(mean_square + eps)
    tl.store(RSTD_ptr + row_idx, rstd)
    tl.store(Y_ptr + row_idx * Y_row_stride + col_offsets, X_row * rstd * W_row, mask=mask)


class ModelNew(nn.Module):
    def __init__(self, features):
        super().__init__()
        self.weight = nn.Parameter(torch.rand(features) + 0.5)
        self.eps = 1e-6

    def forward(self, x):
        dim = x.shape[-1]
        rows = x.contiguous().view(-1, dim)
        y = torch.empty_like(rows)
        rstd = torch.empty(rows.shape[0], dtype=torch.float32, device=x.device)
        rms_norm_forward[(rows.shape[0],)](y, y.stride(0), rows, rows.stride(0), self.weight, rstd, dim, self.eps,
                                           BLOCK_SIZE=triton.next_power_of_2(dim))
        return y.view(*x.shape)
