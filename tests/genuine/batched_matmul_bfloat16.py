# problem: batched_matmul_bfloat16
# expect: accepted
# family: matmul, 16 bit
# style: bfloat16 operands, float32 accumulator, a three-dimensional grid
import torch
import triton
import triton.language as tl


@triton.jit
def bmm_kernel(a_ptr, b_ptr, c_ptr, M, N, K, a_b, a_m, a_k, b_b, b_k, b_n, TILE: tl.constexpr, DEPTH: tl.constexpr):
    batch = tl.program_id(2)
    m = tl.program_id(1) * TILE + tl.arange(0, TILE)
    n = tl.program_id(0) * TILE + tl.arange(0, TILE)
    total = tl.zeros((TILE, TILE), dtype=tl.float32)
    for start in range(0, K, DEPTH):
        k = start + tl.arange(0, DEPTH)
        a = tl.load(a_ptr + batch * a_b + m[:, None] * a_m + k[None, :] * a_k, mask=(m[:, None] < M) & (k[None, :] < K), other=0.0)
        b = tl.load(b_ptr + batch * b_b + k[:, None] * b_k + n[None, :] * b_n, mask=(k[:, None] < K) & (n[None, :] < N), other=0.0)
        total = tl.dot(a, b, total)
    tl.store(c_ptr + batch * M * N + m[:, None] * N + n[None, :], total.to(tl.bfloat16), mask=(m[:, None] < M) & (n[None, :] < N))


def kernel_function(a, b):
    batch, M, K = a.shape
    N = b.shape[2]
    c = torch.empty((batch, M, N), dtype=torch.bfloat16, device=a.device)
    bmm_kernel[(triton.cdiv(N, 16), triton.cdiv(M, 16), batch)](a, b, c, M, N, K, *a.stride(), *b.stride(), TILE=16, DEPTH=32)
    return c
