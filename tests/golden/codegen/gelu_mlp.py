# sg_01_linear_gelu
# linear_gelu_kernel[2, 1] x_ptr=x up_weight_ptr=up_weight up_bias_ptr=up_bias gelu_ptr=gelu M=24 N=64 K=32 BLOCK_M=32 BLOCK_N=32 BLOCK_K=32 GROUP_M=8
# Schedule: contract tile_m=32 tile_n=32 tile_k=32 group_m=8 precision=ieee warps=4 stages=3
@triton.jit
def linear_gelu_kernel(
    x_ptr, up_weight_ptr, up_bias_ptr, gelu_ptr,
    M: tl.constexpr, N: tl.constexpr, K: tl.constexpr, BLOCK_M: tl.constexpr, BLOCK_N: tl.constexpr, BLOCK_K: tl.constexpr, GROUP_M: tl.constexpr,
):
    """linear + gelu, 24 x 32 x 64 -> float32[24, 64]"""
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
        x = tl.load(x_ptr + m[:, None] * 32 + k[None, :], mask=(m[:, None] < M), other=0)
        left = x
        up_weight = tl.load(up_weight_ptr + n[None, :] * 32 + k[:, None])
        right = up_weight
        acc = tl.dot(left, right, acc, input_precision="ieee")
    up_bias = tl.load(up_bias_ptr + n[None, :])
    add = acc + up_bias
    gelu = 0.5 * add * (1.0 + tl.erf(add * 0.7071067811865476))
    tl.store(gelu_ptr + m[:, None] * 64 + n[None, :], gelu, mask=(m[:, None] < M))

# sg_02_linear
# linear_kernel[1, 1] gelu_ptr=gelu down_weight_ptr=down_weight down_bias_ptr=down_bias linear_1_ptr=linear_1 M=24 N=32 K=64 BLOCK_M=32 BLOCK_N=32 BLOCK_K=32 GROUP_M=8
# Schedule: contract tile_m=32 tile_n=32 tile_k=32 group_m=8 precision=ieee warps=4 stages=3
@triton.jit
def linear_kernel(
    gelu_ptr, down_weight_ptr, down_bias_ptr, linear_1_ptr,
    M: tl.constexpr, N: tl.constexpr, K: tl.constexpr, BLOCK_M: tl.constexpr, BLOCK_N: tl.constexpr, BLOCK_K: tl.constexpr, GROUP_M: tl.constexpr,
):
    """linear, 24 x 64 x 32 -> float32[24, 32]"""
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
        gelu = tl.load(gelu_ptr + m[:, None] * 64 + k[None, :], mask=(m[:, None] < M), other=0)
        left = gelu
        down_weight = tl.load(down_weight_ptr + n[None, :] * 64 + k[:, None])
        right = down_weight
        acc = tl.dot(left, right, acc, input_precision="ieee")
    down_bias = tl.load(down_bias_ptr + n[None, :])
    add = acc + down_bias
    tl.store(linear_1_ptr + m[:, None] * 32 + n[None, :], add, mask=(m[:, None] < M))

