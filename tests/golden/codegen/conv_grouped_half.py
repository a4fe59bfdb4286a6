# sg_01_conv2d_relu
# conv2d_relu_kernel[4, 2] up_weight_ptr=up_weight x_ptr=x up_bias_ptr=up_bias relu_ptr=relu M=16 N=112 K=27 BLOCK_M=16 BLOCK_N=32 BLOCK_K=32 GROUP_M=8
# Schedule: contract tile_m=16 tile_n=32 tile_k=32 group_m=8 precision=ieee warps=4 stages=1
@triton.jit
def conv2d_relu_kernel(
    up_weight_ptr, x_ptr, up_bias_ptr, relu_ptr,
    M: tl.constexpr, N: tl.constexpr, K: tl.constexpr, BLOCK_M: tl.constexpr, BLOCK_N: tl.constexpr, BLOCK_K: tl.constexpr, GROUP_M: tl.constexpr,
):
    """conv2d + relu, 16 x 27 x 112 -> float16[2, 32, 7, 8]"""
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
    base = batch * 432 + m[:, None] * 27
    i = (n[None, :]) // 56
    i_1 = (n[None, :]) // 8
    i_2 = i_1 % 7
    i_3 = (n[None, :]) % 8
    base_1 = i * 540 + batch * 270 + i_2 * 10 + i_3
    for start in range(0, K, BLOCK_K):
        k = start + tl.arange(0, BLOCK_K)
        up_weight = tl.load(up_weight_ptr + base + k[None, :], mask=(k[None, :] < K), other=0)
        left = up_weight
        i_4 = (k[:, None]) // 9
        i_5 = (k[:, None]) // 3
        i_6 = i_5 % 3
        i_7 = (k[:, None]) % 3
        x = tl.load(x_ptr + base_1 + i_4 * 90 + i_6 * 10 + i_7, mask=(n[None, :] < N) & (k[:, None] < K), other=0)
        right = x
        acc = tl.dot(left, right, acc)
    up_bias = tl.load(up_bias_ptr + batch * 16 + m[:, None]).to(tl.float32)
    to = up_bias
    add = acc + to
    to_1 = add.to(tl.float16).to(tl.float32)
    relu = tl.where(to_1 < 0.0, 0.0, to_1)
    i_8 = (n[None, :]) % 56
    tl.store(relu_ptr + i * 1792 + batch * 896 + m[:, None] * 56 + i_8, relu.to(tl.float16), mask=(n[None, :] < N))

