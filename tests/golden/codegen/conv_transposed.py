# sg_01_conv_transpose1d_relu
# conv_transpose1d_relu_1_contract[2, 1] up_weight_ptr=up_weight x_ptr=x up_bias_ptr=up_bias conv_transpose1d_add_parts_ptr=conv_transpose1d_add_parts M=20 N=42 K=16 BLOCK_M=32 BLOCK_N=32 BLOCK_K=16 GROUP_M=8
# conv_transpose1d_relu_2_contract[2, 1] up_weight_ptr=up_weight x_ptr=x up_bias_ptr=up_bias conv_transpose1d_add_parts_ptr=conv_transpose1d_add_parts M=20 N=42 K=16 BLOCK_M=32 BLOCK_N=32 BLOCK_K=16 GROUP_M=8 PARTS=2 STEPS=1
# conv_transpose1d_relu_3_map[2] conv_transpose1d_add_parts_ptr=conv_transpose1d_add_parts relu_ptr=relu LENGTH=1640 BLOCK=1024
# Schedule: contract tile_m=32 tile_n=32 tile_k=16 group_m=8 precision=ieee warps=4 stages=1
@triton.jit
def conv_transpose1d_relu_1_contract(
    up_weight_ptr, x_ptr, up_bias_ptr, conv_transpose1d_add_parts_ptr,
    M: tl.constexpr, N: tl.constexpr, K: tl.constexpr, BLOCK_M: tl.constexpr, BLOCK_N: tl.constexpr, BLOCK_K: tl.constexpr, GROUP_M: tl.constexpr,
):
    """conv_transpose1d, 20 x 16 x 42 -> float32[2, 20, 21]"""
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
    i = (n[None, :]) // 21
    i_1 = (n[None, :]) % 21
    base = i * 336 + i_1
    for start in range(0, K, BLOCK_K):
        k = start + tl.arange(0, BLOCK_K)
        up_weight = tl.load(up_weight_ptr + k[None, :] * 60 + m[:, None] * 3 + 1, mask=(m[:, None] < M), other=0)
        left = up_weight
        x = tl.load(x_ptr + base + k[:, None] * 21, mask=(n[None, :] < N), other=0)
        right = x
        acc = tl.dot(left, right, acc, input_precision="ieee")
    up_bias = tl.load(up_bias_ptr + m[:, None], mask=(m[:, None] < M), other=0)
    add = acc + up_bias
    tl.store(conv_transpose1d_add_parts_ptr + i * 420 + m[:, None] * 21 + i_1, add, mask=(m[:, None] < M) & (n[None, :] < N))


# Schedule: contract tile_m=32 tile_n=32 tile_k=16 group_m=8 precision=ieee warps=4 stages=1
@triton.jit
def conv_transpose1d_relu_2_contract(
    up_weight_ptr, x_ptr, up_bias_ptr, conv_transpose1d_add_parts_ptr,
    M: tl.constexpr, N: tl.constexpr, K: tl.constexpr, BLOCK_M: tl.constexpr, BLOCK_N: tl.constexpr, BLOCK_K: tl.constexpr, GROUP_M: tl.constexpr, PARTS: tl.constexpr, STEPS: tl.constexpr,
):
    """conv_transpose1d, 20 x 32 x 42 -> float32[2, 20, 21]"""
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
    i = (n[None, :]) // 21
    i_1 = (n[None, :]) % 21
    base = i * 336 + i_1 + 1
    # The depth has PARTS parts of K; a step takes a block within one of them.
    for step in range(0, PARTS * STEPS):
        part = step // STEPS
        k = step % STEPS * BLOCK_K + tl.arange(0, BLOCK_K)
        up_weight = tl.load(up_weight_ptr + k[None, :] * 60 + m[:, None] * 3 + part * 2, mask=(m[:, None] < M), other=0)
        left = up_weight
        x = tl.load(x_ptr + base + k[:, None] * 21 - part, mask=(n[None, :] < N) & ((i_1 - part + 1) < 21), other=0)
        right = x
        acc = tl.dot(left, right, acc, input_precision="ieee")
    up_bias = tl.load(up_bias_ptr + m[:, None], mask=(m[:, None] < M), other=0)
    add = acc + up_bias
    tl.store(conv_transpose1d_add_parts_ptr + i * 420 + m[:, None] * 21 + i_1 + 840, add, mask=(m[:, None] < M) & (n[None, :] < N))


# Schedule: map block=1024 warps=4 stages=2
@triton.jit
def conv_transpose1d_relu_3_map(conv_transpose1d_add_parts_ptr, relu_ptr, LENGTH: tl.constexpr, BLOCK: tl.constexpr):
    """conv_transpose1d + relu -> float32[2, 20, 41]"""
    offs = tl.program_id(0) * BLOCK + tl.arange(0, BLOCK)
    mask = offs < LENGTH
    i1 = offs % 41
    i0 = offs // 41
    i = i1 % 2
    i_1 = i1 // 2
    conv_transpose1d_add_parts = tl.load(conv_transpose1d_add_parts_ptr + i * 840 + i0 * 21 + i_1, mask=mask, other=0)
    clone = conv_transpose1d_add_parts
    relu = tl.where(clone < 0.0, 0.0, clone)
    tl.store(relu_ptr + i0 * 41 + i1, relu, mask=mask)

