# problem: two_matmuls
# expect: accepted
# family: matmul
# style: after Triton's tutorials: grouped gemm, a fixed number of programs walks over the tiles of all problems
import torch
import triton
import triton.language as tl


@triton.jit
def one_tile(a_ptr, b_ptr, c_ptr, m, n, k, lda, sa, ldb, sb, ldc, tile, TILE: tl.constexpr, DEPTH: tl.constexpr):
    tiles_n = tl.cdiv(n, TILE)
    offs_m = (tile // tiles_n) * TILE + tl.arange(0, TILE)
    offs_n = (tile % tiles_n) * TILE + tl.arange(0, TILE)
    acc = tl.zeros((TILE, TILE), dtype=tl.float32)
    for kk in range(0, tl.cdiv(k, DEPTH)):
        offs_k = kk * DEPTH + tl.arange(0, DEPTH)
        a = tl.load(a_ptr + offs_m[:, None] * lda + offs_k[None, :] * sa,
                    mask=(offs_m[:, None] < m) & (offs_k[None, :] < k), other=0.0)
        b = tl.load(b_ptr + offs_k[:, None] * ldb + offs_n[None, :] * sb,
                    mask=(offs_k[:, None] < k) & (offs_n[None, :] < n), other=0.0)
        acc += tl.dot(a, b, input_precision="ieee")
    tl.store(c_ptr + offs_m[:, None] * ldc + offs_n[None, :], acc, mask=(offs_m[:, None] < m) & (offs_n[None, :] < n))


@triton.jit
def grouped_matmul(a0, b0, c0, m0, n0, k0, lda0, sa0, ldb0, sb0, a1, b1, c1, m1, n1, k1, lda1, sa1, ldb1, sb1,
                   NUM_SM: tl.constexpr, TILE: tl.constexpr, DEPTH: tl.constexpr):
    tile = tl.program_id(0)
    first = tl.cdiv(m0, TILE) * tl.cdiv(n0, TILE)
    total = first + tl.cdiv(m1, TILE) * tl.cdiv(n1, TILE)
    while tile < total:
        if tile < first:
            one_tile(a0, b0, c0, m0, n0, k0, lda0, sa0, ldb0, sb0, n0, tile, TILE, DEPTH)
        else:
            one_tile(a1, b1, c1, m1, n1, k1, lda1, sa1, ldb1, sb1, n1, tile - first, TILE, DEPTH)
        tile += NUM_SM


def kernel_function(a, b, c, d):
    first = torch.empty((a.shape[0], b.shape[1]), dtype=a.dtype, device=a.device)
    second = torch.empty((c.shape[0], d.shape[1]), dtype=c.dtype, device=c.device)
    arguments = []
    for left, right, result in ((a, b, first), (c, d, second)):
        arguments.extend([left, right, result, left.shape[0], right.shape[1], left.shape[1], left.stride(0),
                          left.stride(1), right.stride(0), right.stride(1)])
    grouped_matmul[(5,)](*arguments, NUM_SM=5, TILE=16, DEPTH=32)
    return first, second
