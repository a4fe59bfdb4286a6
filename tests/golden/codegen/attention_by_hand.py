# sg_01_matmul_div_where
# matmul_div_where_kernel[1, 4] mask_1_ptr=mask_1 q_ptr=q k_ptr=k where_ptr=where M=24 N=24 K=16 BLOCK_M=32 BLOCK_N=32 BLOCK_K=16 GROUP_M=8
# Schedule: contract tile_m=32 tile_n=32 tile_k=16 group_m=8 precision=ieee warps=4 stages=3
@triton.jit
def matmul_div_where_kernel(
    mask_1_ptr, q_ptr, k_ptr, where_ptr,
    M: tl.constexpr, N: tl.constexpr, K: tl.constexpr, BLOCK_M: tl.constexpr, BLOCK_N: tl.constexpr, BLOCK_K: tl.constexpr, GROUP_M: tl.constexpr,
):
    """matmul + div + where, 24 x 16 x 24 -> float32[2, 2, 24, 24]"""
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
    base = batch * 384 + m[:, None] * 16
    base_1 = batch * 384 + n[None, :] * 16
    for start in range(0, K, BLOCK_K):
        k = start + tl.arange(0, BLOCK_K)
        q = tl.load(q_ptr + base + k[None, :], mask=(m[:, None] < M), other=0)
        left = q
        k_1 = tl.load(k_ptr + base_1 + k[:, None], mask=(n[None, :] < N), other=0)
        right = k_1
        acc = tl.dot(left, right, acc, input_precision="ieee")
    mask_1 = tl.load(mask_1_ptr + m[:, None] * 24 + n[None, :], mask=(m[:, None] < M) & (n[None, :] < N), other=0).to(tl.int1)
    div = acc * 0.25
    where = tl.where(mask_1, float("-inf"), div)
    tl.store(where_ptr + batch * 576 + m[:, None] * 24 + n[None, :], where, mask=(m[:, None] < M) & (n[None, :] < N))

# sg_02_softmax
# softmax_kernel[3] where_ptr=where softmax_ptr=softmax ROWS=96 COLUMNS=24 ROW_BLOCK=32 COLUMN_BLOCK=32
# Schedule: reduce rows=32 columns=32 warps=4 stages=2
@triton.jit
def softmax_kernel(
    where_ptr, softmax_ptr,
    ROWS: tl.constexpr, COLUMNS: tl.constexpr, ROW_BLOCK: tl.constexpr, COLUMN_BLOCK: tl.constexpr,
):
    """softmax, 96 rows of 24 elements -> float32[2, 2, 24, 24]"""
    row = tl.program_id(0) * ROW_BLOCK + tl.arange(0, ROW_BLOCK)[:, None]
    col = tl.arange(0, COLUMN_BLOCK)[None, :]
    column_mask = col < COLUMNS
    where = tl.load(where_ptr + row * 24 + col, mask=column_mask, other=0)
    max_1 = row_max(tl.where(column_mask, where, float("-inf")))
    sub = where - max_1
    exp = tl.exp(sub)
    sum_1 = tl.sum(tl.where(column_mask, exp, 0.0), axis=1, keep_dims=True)
    div = tl.math.div_rn(exp, sum_1)
    tl.store(softmax_ptr + row * 24 + col, div, mask=column_mask)

# sg_03_matmul
# matmul_kernel[1, 4] softmax_ptr=softmax v_ptr=v matmul_1_bmm_ptr=matmul_1_bmm M=24 N=16 K=24 BLOCK_M=32 BLOCK_N=16 BLOCK_K=32 GROUP_M=8
# Schedule: contract tile_m=32 tile_n=16 tile_k=32 group_m=8 precision=ieee warps=4 stages=3
@triton.jit
def matmul_kernel(
    softmax_ptr, v_ptr, matmul_1_bmm_ptr,
    M: tl.constexpr, N: tl.constexpr, K: tl.constexpr, BLOCK_M: tl.constexpr, BLOCK_N: tl.constexpr, BLOCK_K: tl.constexpr, GROUP_M: tl.constexpr,
):
    """matmul, 24 x 24 x 16 -> float32[4, 24, 16]"""
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
    base = batch * 576 + m[:, None] * 24
    base_1 = batch * 384 + n[None, :]
    for start in range(0, K, BLOCK_K):
        k = start + tl.arange(0, BLOCK_K)
        softmax = tl.load(softmax_ptr + base + k[None, :], mask=(m[:, None] < M) & (k[None, :] < K), other=0)
        left = softmax
        v = tl.load(v_ptr + base_1 + k[:, None] * 16, mask=(k[:, None] < K), other=0)
        right = v
        acc = tl.dot(left, right, acc, input_precision="ieee")
    tl.store(matmul_1_bmm_ptr + batch * 384 + m[:, None] * 16 + n[None, :], acc, mask=(m[:, None] < M))

