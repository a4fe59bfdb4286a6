# problem: cross_entropy_ignore
# expect: accepted
# family: softmax
# style: after Liger's kernels: online maximum and sum over the vocabulary in blocks, ignored rows leave early
import torch
import triton
import triton.language as tl


@triton.jit
def cross_entropy_forward(X_ptr, X_stride, C_stride, Y_ptr, Y_stride, loss_ptr, n_cols, ignore_index, BLOCK_SIZE: tl.constexpr):
    program_id = tl.program_id(0).to(tl.int64)
    Y_ptr += program_id * Y_stride
    y = tl.load(Y_ptr)
    X_ptr += program_id * X_stride
    if y == ignore_index:
        tl.store(loss_ptr + program_id, 0.0)
        return
    m = float("-inf")
    d = 0.0
    ori_X_y = tl.load(X_ptr + y * C_stride)
    for i in range(0, n_cols, BLOCK_SIZE):
        X_offsets = i + tl.arange(0, BLOCK_SIZE)
        X_block = tl.load(X_ptr + X_offsets * C_stride, mask=X_offsets < n_cols, other=float("-inf"))
        block_max = tl.max(X_block)
        m_new = tl.maximum(m, block_max)
        d = d * tl.exp(m - m_new) + tl.sum(tl.exp(X_block - m_new))
        m = m_new
    loss = m + tl.log(d) - ori_X_y
    tl.store(loss_ptr + program_id, loss)


@triton.jit
def sum_losses(loss_ptr, out_ptr, count, BLOCK: tl.constexpr):
    offsets = tl.arange(0, BLOCK)
    tl.store(out_ptr, tl.sum(tl.load(loss_ptr + offsets, mask=offsets < count, other=0.0), axis=0))


def kernel_function(logits, targets):
    n_rows, n_cols = logits.shape
    loss_1d = torch.zeros(n_rows, dtype=logits.dtype, device=logits.device)
    cross_entropy_forward[(n_rows,)](logits, logits.stride(0), logits.stride(1), targets, targets.stride(0), loss_1d,
                                     n_cols, 0, BLOCK_SIZE=32)
    out = torch.empty((), dtype=logits.dtype, device=logits.device)
    sum_losses[(1,)](loss_1d, out, n_rows, BLOCK=triton.next_power_of_2(n_rows))
    return out
