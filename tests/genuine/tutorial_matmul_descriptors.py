# problem: matmul
# expect: accepted
# family: matmul
# style: after Triton's tutorials: persistent matmul through tensor descriptors made in the kernel
import torch
import triton
import triton.language as tl


@triton.jit
def matmul_descriptors(a_ptr, b_ptr, c_ptr, M, N, K, BLOCK_M: tl.constexpr, BLOCK_N: tl.constexpr, BLOCK_K: tl.constexpr):
    start_pid = tl.program_id(0)
    tiles_m = tl.cdiv(M, BLOCK_M)
    tiles_n = tl.cdiv(N, BLOCK_N)
    a_desc = tl.make_tensor_descriptor(a_ptr, shape=[M, K], strides=[K, 1], block_shape=[BLOCK_M, BLOCK_K])
    b_desc = tl.make_tensor_descriptor(b_ptr, shape=[K, N], strides=[N, 1], block_shape=[BLOCK_K, BLOCK_N])
    c_desc = tl.make_tensor_descriptor(c_ptr, shape=[M, N], strides=[N, 1], block_shape=[BLOCK_M, BLOCK_N])
    for tile in range(start_pid, tiles_m * tiles_n, tl.num_programs(0)):
        row = (tile // tiles_n) * BLOCK_M
        column = (tile % tiles_n) * BLOCK_N
        acc = tl.zeros((BLOCK_M, BLOCK_N), dtype=tl.float32)
        for k in range(0, K, BLOCK_K):
            acc = tl.dot(a_desc.load([row, k]), b_desc.load([k, column]), acc, input_precision="ieee")
        c_desc.store([row, column], acc)


def kernel_function(a, b):
    def workspace(size, alignment, stream):  # for the descriptors, on a GPU
        return torch.empty(size, dtype=torch.int8, device=a.device)

    triton.set_allocator(workspace)
    a, b = a.contiguous(), b.contiguous()
    c = torch.empty((a.shape[0], b.shape[1]), dtype=a.dtype, device=a.device)
    matmul_descriptors[(4,)](a, b, c, a.shape[0], b.shape[1], a.shape[1], BLOCK_M=16, BLOCK_N=16, BLOCK_K=32)
    return c
