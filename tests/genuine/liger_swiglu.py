# problem: swiglu
# expect: accepted
# family: pointwise
# style: after Liger's kernels: one program a row, silu as a helper, wrapped in an autograd function
import torch
import triton
import triton.language as tl


@triton.jit
def silu(x):
    return x * tl.sigmoid(x)


@triton.jit
def swiglu_forward(a_ptr, b_ptr, c_ptr, stride, n_cols: tl.constexpr, BLOCK_SIZE: tl.constexpr):
    program_id = tl.program_id(0).to(tl.int64)
    a_ptr += program_id * stride
    b_ptr += program_id * stride
    c_ptr += program_id * stride
    col_offsets = tl.arange(0, BLOCK_SIZE)
    mask = col_offsets < n_cols
    a_row = tl.load(a_ptr + col_offsets, mask=mask, other=0).to(tl.float32)
    b_row = tl.load(b_ptr + col_offsets, mask=mask, other=0)
    tl.store(c_ptr + col_offsets, silu(a_row).cast(b_row.dtype) * b_row, mask=mask)


class SwiGlu(torch.autograd.Function):
    @staticmethod
    def forward(ctx, a, b):
        shape = a.shape
        a, b = a.contiguous().view(-1, shape[-1]), b.contiguous().view(-1, shape[-1])
        c = torch.empty_like(a)
        swiglu_forward[(a.shape[0],)](a, b, c, c.stride(-2), n_cols=shape[-1],
                                      BLOCK_SIZE=triton.next_power_of_2(shape[-1]))
        ctx.save_for_backward(a, b)
        return c.view(shape)


def kernel_function(gate, up):
    return SwiGlu.apply(gate, up)
