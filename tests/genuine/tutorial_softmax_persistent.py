# problem: softmax
# expect: accepted
# family: softmax
# style: after Triton's tutorials: persistent programs that stride over rows by tl.num_programs
import torch
import triton
import triton.language as tl


@triton.jit
def softmax_kernel(output_ptr, input_ptr, input_row_stride, input_col_stride, output_row_stride, n_rows, n_cols,
                   BLOCK_SIZE: tl.constexpr, num_stages: tl.constexpr):
    row_start = tl.program_id(0)
    row_step = tl.num_programs(0)
    for row_idx in tl.range(row_start, n_rows, row_step, num_stages=num_stages):
        col_offsets = tl.arange(0, BLOCK_SIZE)
        input_ptrs = input_ptr + row_idx * input_row_stride + col_offsets * input_col_stride
        mask = col_offsets < n_cols
        row = tl.load(input_ptrs, mask=mask, other=-float("inf"))
        row_minus_max = row - tl.max(row, axis=0)
        numerator = tl.exp(row_minus_max)
        denominator = tl.sum(numerator, axis=0)
        tl.store(output_ptr + row_idx * output_row_stride + col_offsets, numerator / denominator, mask=mask)


def kernel_function(x):
    n_rows, n_cols = x.shape
    y = torch.empty((n_rows, n_cols), dtype=x.dtype, device=x.device)
    num_programs = min(6, n_rows)
    softmax_kernel[(num_programs, 1, 1)](y, x, x.stride(0), x.stride(1), y.stride(0), n_rows, n_cols,
                                         BLOCK_SIZE=triton.next_power_of_2(n_cols), num_stages=2)
    return y
