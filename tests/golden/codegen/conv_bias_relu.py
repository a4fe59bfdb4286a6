# sg_01_conv2d_relu
# conv2d_relu_kernel[3, 1] conv_weight_ptr=conv_weight x_ptr=x conv_bias_ptr=conv_bias relu_ptr=relu M=24 N=84 K=16 BLOCK_M=32 BLOCK_N=32 BLOCK_K=16 GROUP_M=8 PARTS=9 STEPS=1
# Schedule: contract tile_m=32 tile_n=32 tile_k=16 group_m=8 precision=ieee warps=4 stages=1
@triton.jit
def conv2d_relu_kernel(
    conv_weight_ptr, x_ptr, conv_bias_ptr, relu_ptr,
    M: tl.constexpr, N: tl.constexpr, K: tl.constexpr, BLOCK_M: tl.constexpr, BLOCK_N: tl.constexpr, BLOCK_K: tl.constexpr, GROUP_M: tl.constexpr, PARTS: tl.constexpr, STEPS: tl.constexpr,
):
    """conv2d + relu, 24 x 144 x 84 -> float32[2, 24, 7, 6]"""
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
    i = (n[None, :]) // 42
    i_1 = (n[None, :]) // 6
    i_2 = i_1 % 7
    i_3 = (n[None, :]) % 6
    base_2 = i * 2288 + i_2 * 22 + i_3 * 2
    # The depth has PARTS parts of K; a step takes a block within one of them.
    for step in range(0, PARTS * STEPS):
        part = step // STEPS
        part1 = part % 3
        part0 = part // 3
        k = step % STEPS * BLOCK_K + tl.arange(0, BLOCK_K)
        base = part0 * 3 + part1
        conv_weight = tl.load(conv_weight_ptr + base + m[:, None] * 144 + k[None, :] * 9, mask=(m[:, None] < M), other=0)
        left = conv_weight
        base_1 = part0 * 11 + part1 - 12
        x = tl.load(x_ptr + base_1 + base_2 + k[:, None] * 143, mask=(n[None, :] < N) & ((i_3 * 2 + part1 - 1) >= 0) & ((i_3 * 2 + part1 - 1) < 11) & ((i_2 * 2 + part0 - 1) >= 0) & ((i_2 * 2 + part0 - 1) < 13), other=0)
        right = x
        acc = tl.dot(left, right, acc, input_precision="ieee")
    conv_bias = tl.load(conv_bias_ptr + m[:, None], mask=(m[:, None] < M), other=0)
    add = acc + conv_bias
    relu = tl.where(add < 0.0, 0.0, add)
    i_4 = (n[None, :]) % 42
    tl.store(relu_ptr + i * 1008 + m[:, None] * 42 + i_4, relu, mask=(m[:, None] < M) & (n[None, :] < N))

