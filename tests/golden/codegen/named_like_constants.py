# sg_01_matmul
# matmul_kernel[2, 1] K_ptr=K M_ptr=M matmul_ptr=matmul M=20 N=33 K=48 BLOCK_M=32 BLOCK_N=32 BLOCK_K=32 GROUP_M=8
# Schedule: contract tile_m=32 tile_n=32 tile_k=32 group_m=8 precision=ieee warps=4 stages=1
@triton.jit
def matmul_kernel(
    K_ptr, M_ptr, matmul_ptr,
    M: tl.constexpr, N: tl.constexpr, K: tl.constexpr, BLOCK_M: tl.constexpr, BLOCK_N: tl.constexpr, BLOCK_K: tl.constexpr, GROUP_M: tl.constexpr,
):
    """matmul, 20 x 48 x 33 -> float32[20, 33]"""
    # Tiles are walked in groups of GROUP_M rows, so that neighbours share operands in the L2 cache.
    pid = tl.program_id(0)
    tiles_m = tl.cdiv(M, BLOCK_M)
    tiles_n = tl.cdiv(N, BLOCK_N)
    group = pid // (GROUP_M * tiles_n)
    first_m = group * GROUP_M
    rows_here = tl.minimum(tiles_m - first_m, GROUP_M)
    m = (first_m + pid % (GROUP_M * tiles_n) % rows_here) * BLOCK_M + tl.arange(0, BLOCK_M)
    n = (pid % (GROUP_M * tiles_n) // rows_here) * BLOCK_N + tl.arange(0, BLOCK_N)
    acc = tl.zeros([BLOCK_M, BLOCK_N], tl.float32)
    for start in range(0, K, BLOCK_K):
        k = start + tl.arange(0, BLOCK_K)
        K_1 = tl.load(K_ptr + m[:, None] * 48 + k[None, :], mask=(m[:, None] < M) & (k[None, :] < K), other=0)
        left = K_1
        M_1 = tl.load(M_ptr + k[:, None] * 33 + n[None, :], mask=(n[None, :] < N) & (k[:, None] < K), other=0)
        right = M_1
        acc = tl.dot(left, right, acc, input_precision="ieee")
    tl.store(matmul_ptr + m[:, None] * 33 + n[None, :], acc, mask=(m[:, None] < M) & (n[None, :] < N))

