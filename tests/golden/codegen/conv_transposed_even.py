# sg_01_conv_transpose2d_relu
# conv_transpose2d_relu_kernel[3, 1] up_weight_ptr=up_weight x_ptr=x up_bias_ptr=up_bias relu_ptr=relu M=16 N=84 K=16 BLOCK_M=16 BLOCK_N=32 BLOCK_K=16 GROUP_M=8 WOVEN=2 PARTS=4 STEPS=1
# Schedule: contract tile_m=16 tile_n=32 tile_k=16 group_m=8 precision=ieee warps=4 stages=1
@triton.jit
def conv_transpose2d_relu_kernel(
    up_weight_ptr, x_ptr, up_bias_ptr, relu_ptr,
    M: tl.constexpr, N: tl.constexpr, K: tl.constexpr, BLOCK_M: tl.constexpr, BLOCK_N: tl.constexpr, BLOCK_K: tl.constexpr, GROUP_M: tl.constexpr, WOVEN: tl.constexpr, PARTS: tl.constexpr, STEPS: tl.constexpr,
):
    """conv_transpose2d + relu, 16 x 64 x 84 -> float32[2, 4, 10, 12]"""
    # Tiles are walked in groups of GROUP_M rows, so that neighbours share operands in the L2 cache.
    pid = tl.program_id(0)
    tiles_m = tl.cdiv(M, BLOCK_M)
    tiles_n = tl.cdiv(N, BLOCK_N)
    group = pid // (GROUP_M * tiles_n)
    first_m = group * GROUP_M
    rows_here = tl.minimum(tiles_m - first_m, GROUP_M)
    first_row = (first_m + pid % (GROUP_M * tiles_n) % rows_here) * BLOCK_M
    first_column = (pid % (GROUP_M * tiles_n) // rows_here) * BLOCK_N
    m = first_row + tl.arange(0, BLOCK_M)
    n = first_column + tl.arange(0, BLOCK_N)
    row1 = m % 2
    row0 = m // 2
    acc = tl.zeros([BLOCK_M, BLOCK_N], tl.float32)
    i = (row0[:, None]) // 2
    i_1 = (row0[:, None]) % 2
    base_1 = i * 16 + i_1 * 4 + row1[:, None]
    i_2 = (n[None, :]) // 42
    i_3 = (n[None, :]) // 7
    i_4 = i_3 % 6
    i_5 = (n[None, :]) % 7
    base_3 = i_2 * 480 + i_4 * 6 + i_5
    # The depth has PARTS parts of K; a step takes a block within one of them.
    for step in range(0, PARTS * STEPS):
        part = step // STEPS
        part1 = part % 2
        part0 = part // 2
        k = step % STEPS * BLOCK_K + tl.arange(0, BLOCK_K)
        base = part0 * 8 + part1 * 2
        up_weight = tl.load(up_weight_ptr + base + base_1 + k[None, :] * 64)
        left = up_weight
        base_2 = -part0 * 6 - part1
        x = tl.load(x_ptr + base_2 + base_3 + k[:, None] * 30, mask=(n[None, :] < N) & ((i_5 - part1) >= 0) & ((i_5 - part1) < 6) & ((i_4 - part0) >= 0) & ((i_4 - part0) < 5), other=0)
        right = x
        acc = tl.dot(left, right, acc, input_precision="ieee")
    # WOVEN rows lie between two columns in memory: so do they in the tile from here on.
    acc = tl.permute(tl.reshape(acc, [BLOCK_M // WOVEN, WOVEN, BLOCK_N]), (0, 2, 1))
    acc = tl.reshape(acc, [BLOCK_M // WOVEN, BLOCK_N * WOVEN])
    lane = tl.arange(0, BLOCK_N * WOVEN)
    m = first_row // WOVEN + tl.arange(0, BLOCK_M // WOVEN)
    n = first_column + lane // WOVEN
    lane = lane % WOVEN
    i_6 = (m[:, None]) // 2
    up_bias = tl.load(up_bias_ptr + i_6)
    add = acc + up_bias
    clone = add
    relu = tl.where(clone < 0.0, 0.0, clone)
    i_7 = (n[None, :]) // 42
    i_8 = (n[None, :]) // 7
    i_9 = i_8 % 6
    i_10 = (m[:, None]) % 2
    i_11 = (n[None, :]) % 7
    tl.store(relu_ptr + i_7 * 480 + i_6 * 120 + i_9 * 24 + i_10 * 12 + i_11 * 2 + lane[None, :] - 13, relu, mask=(n[None, :] < N) & ((i_11 * 2 + lane[None, :] - 1) >= 0) & ((i_11 * 2 + lane[None, :] - 1) < 12) & ((i_9 * 2 + i_10 - 1) >= 0) & ((i_9 * 2 + i_10 - 1) < 10))

