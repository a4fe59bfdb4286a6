# sg_01_matmul
# matmul_1_contract[1, 8] x_ptr=x w_ptr=w matmul_bmm_ptr=matmul_bmm M=16 N=16 K=1125 BLOCK_M=16 BLOCK_N=16 BLOCK_K=32 GROUP_M=8
# matmul_2_reduce[8] matmul_bmm_ptr=matmul_bmm matmul_ptr=matmul ROWS=256 COLUMNS=8 ROW_BLOCK=32 COLUMN_BLOCK=8
# Schedule: contract tile_m=16 tile_n=16 tile_k=32 group_m=8 precision=ieee warps=4 stages=1
@triton.jit
def matmul_1_contract(
    x_ptr, w_ptr, matmul_bmm_ptr,
    M: tl.constexpr, N: tl.constexpr, K: tl.constexpr, BLOCK_M: tl.constexpr, BLOCK_N: tl.constexpr, BLOCK_K: tl.constexpr, GROUP_M: tl.constexpr,
):
    """matmul, 16 x 1125 x 16 -> float32[8, 16, 16]"""
    # Tiles are walked in groups of GROUP_M rows, so that neighbours share operands in the L2 cache.
    pid = tl.program_id(0)
    batch = tl.program_id(1)
    tiles_m = tl.cdiv(M, BLOCK_M)
    tiles_n = tl.cdiv(N, BLOCK_N)
    group = pid // (GROUP_M * tiles_n)
    first_m = group * GROUP_M
    rows_here = tl.minimum(tiles_m - first_m, GROUP_M)
    m = (first_m + pid % (GROUP_M * tiles_n) % rows_here) * BLOCK_M + tl.arange(0, BLOCK_M)
    n = (pid % (GROUP_M * tiles_n) // rows_here) * BLOCK_N + tl.arange(0, BLOCK_N)
    acc = tl.zeros([BLOCK_M, BLOCK_N], tl.float32)
    base = m[:, None] * 9000 + batch * 1125
    base_1 = batch * 18000 + n[None, :]
    for start in range(0, K, BLOCK_K):
        k = start + tl.arange(0, BLOCK_K)
        x = tl.load(x_ptr + base + k[None, :], mask=(k[None, :] < K), other=0)
        left = x
        w = tl.load(w_ptr + base_1 + k[:, None] * 16, mask=(k[:, None] < K), other=0)
        right = w
        acc = tl.dot(left, right, acc, input_precision="ieee")
    tl.store(matmul_bmm_ptr + batch * 256 + m[:, None] * 16 + n[None, :], acc)


# Schedule: reduce rows=32 columns=8 warps=4 stages=2
@triton.jit
def matmul_2_reduce(
    matmul_bmm_ptr, matmul_ptr,
    ROWS: tl.constexpr, COLUMNS: tl.constexpr, ROW_BLOCK: tl.constexpr, COLUMN_BLOCK: tl.constexpr,
):
    """matmul, 256 rows of 8 elements -> float32[16, 16]"""
    row = tl.program_id(0) * ROW_BLOCK + tl.arange(0, ROW_BLOCK)[:, None]
    col = tl.arange(0, COLUMN_BLOCK)[None, :]
    matmul_bmm = tl.load(matmul_bmm_ptr + col * 256 + row)
    sum_1 = tl.sum(matmul_bmm, axis=1, keep_dims=True)
    tl.store(matmul_ptr + row, sum_1)

