# sg_01_conv2d_relu
# conv2d_relu_kernel_left_parts[2, 1] conv_weight_ptr=conv_weight left_high_ptr=left_high left_scale_ptr=left_scale ROWS=24 K=144 K_PADDED=192 ROW_BLOCK=16 BLOCK_K=256
# channels_last[3, 2] x_ptr=x out_ptr=x_channels_last lost_ptr=x_lost CHANNELS=16 POSITIONS=143 CHANNEL_BLOCK=64 POSITION_BLOCK=64
# conv2d_relu_kernel[3, 1] conv_weight_ptr=conv_weight x_ptr=x conv_bias_ptr=conv_bias relu_ptr=relu left_high_ptr=left_high left_scale_ptr=left_scale x_channels_last_ptr=x_channels_last x_lost_ptr=x_lost M=24 N=84 K=16 K_PADDED=192 BLOCK_M=32 BLOCK_N=32 BLOCK_K=16 EXACT_K=16 GROUP_M=8 PARTS=9 STEPS=1 EXACT_STEPS=1
# Schedule: parts rows=16 columns=256 warps=8 stages=2
@triton.jit
def conv2d_relu_kernel_left_parts(
    conv_weight_ptr, left_high_ptr, left_scale_ptr,
    ROWS: tl.constexpr, K: tl.constexpr, K_PADDED: tl.constexpr, ROW_BLOCK: tl.constexpr, BLOCK_K: tl.constexpr,
):
    """The left operand of conv2d + relu, 24 x 144 x 84 -> float32[2, 24, 7, 6], in float16, and the scale of each row."""
    row = tl.program_id(0) * ROW_BLOCK + tl.arange(0, ROW_BLOCK)
    greatest = tl.zeros([ROW_BLOCK, BLOCK_K], tl.float32)
    total = tl.zeros([ROW_BLOCK, BLOCK_K], tl.float32)
    exponents = tl.zeros([ROW_BLOCK, BLOCK_K], tl.float32)
    count = tl.zeros([ROW_BLOCK, BLOCK_K], tl.float32)
    for start in range(0, K, BLOCK_K):
        k = start + tl.arange(0, BLOCK_K)
        k2 = k % 16
        k1 = (k // 16) % 3
        k0 = k // 48
        conv_weight = tl.load(conv_weight_ptr + row[:, None] * 144 + k2[None, :] * 9 + k0[None, :] * 3 + k1[None, :], mask=(row[:, None] < ROWS) & (k[None, :] < K), other=0)
        x = conv_weight
        size = tl.abs(x)
        greatest = tl.maximum(greatest, size, propagate_nan=tl.PropagateNan.ALL)
        total += size
        exponents += (size.to(tl.int32, bitcast=True) >> 23).to(tl.float32)
        count += (size > 0.0).to(tl.float32)
    elements = tl.maximum(tl.sum(count, axis=1, keep_dims=True), 1.0)
    # Exponents of the largest element, of the mean, and of the geometric mean; zeros have none.
    top = row_max(greatest).to(tl.int32, bitcast=True) >> 23
    middle = (tl.sum(total, axis=1, keep_dims=True) / elements).to(tl.int32, bitcast=True) >> 23
    typical = tl.sum(exponents, axis=1, keep_dims=True) / elements
    # Few large elements among small ones would leave these too few bits.
    holds = (top < 217) & (top - typical <= 10.0) & (middle - typical <= 3.0)
    # Powers of two: scale brings the largest element to 2^13, inverse takes it back.
    exponent = tl.minimum(267 - top, 253)
    scale = (exponent << 23).to(tl.float32, bitcast=True)
    inverse = ((254 - exponent) << 23).to(tl.float32, bitcast=True)
    for start in range(0, K_PADDED, BLOCK_K):
        k = start + tl.arange(0, BLOCK_K)
        k2_1 = k % 16
        k1_1 = (k // 16) % 3
        k0_1 = k // 48
        conv_weight_1 = tl.load(conv_weight_ptr + row[:, None] * 144 + k2_1[None, :] * 9 + k0_1[None, :] * 3 + k1_1[None, :], mask=(row[:, None] < ROWS) & (k[None, :] < K), other=0)
        x = conv_weight_1
        scaled = x * scale
        high = scaled.to(tl.float16)
        at = row[:, None] * K_PADDED + k[None, :]
        tl.store(left_high_ptr + at, high, mask=(row[:, None] < ROWS) & (k[None, :] < K_PADDED))
    tl.store(left_scale_ptr + row[:, None], tl.where(holds, inverse, float("nan")), mask=(row[:, None] < ROWS))


# Schedule: contract tile_m=32 tile_n=32 tile_k=16 group_m=8 precision=fp16 warps=4 stages=4
@triton.jit
def conv2d_relu_kernel(
    conv_weight_ptr, x_ptr, conv_bias_ptr, relu_ptr, left_high_ptr, left_scale_ptr, x_channels_last_ptr, x_lost_ptr,
    M: tl.constexpr, N: tl.constexpr, K: tl.constexpr, K_PADDED: tl.constexpr, BLOCK_M: tl.constexpr, BLOCK_N: tl.constexpr, BLOCK_K: tl.constexpr, EXACT_K: tl.constexpr, GROUP_M: tl.constexpr, PARTS: tl.constexpr, STEPS: tl.constexpr, EXACT_STEPS: tl.constexpr,
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
    left_scale = tl.load(left_scale_ptr + m, mask=m < M, other=1.0)
    left_row = tl.minimum(m, M - 1)
    i = (n[None, :]) // 42
    image_lost = tl.load(x_lost_ptr + i, mask=(n[None, :] < N), other=0)
    i_1 = (n[None, :]) % 6
    i_2 = (n[None, :]) // 6
    i_3 = i_2 % 7
    base_1 = i * 2288 + i_3 * 352 + i_1 * 32
    base_4 = i * 2288 + i_3 * 22 + i_1 * 2
    # What float16 cannot hold has no scale or is marked: tiles that need it are multiplied as they are.
    lost = tl.max((left_scale != left_scale).to(tl.int32)) + tl.max(image_lost)
    if lost == 0:
        # The depth has PARTS parts of K; a step takes a block within one of them.
        for step in range(0, PARTS * STEPS):
            part = step // STEPS
            part1 = part % 3
            part0 = part // 3
            k = step % STEPS * BLOCK_K + tl.arange(0, BLOCK_K)
            base = part0 * 176 + part1 * 16 - 192
            left = tl.load(left_high_ptr + left_row[:, None] * K_PADDED + (part * K + k)[None, :])
            right = tl.load(x_channels_last_ptr + base + base_1 + k[:, None], mask=(n[None, :] < N) & ((i_1 * 2 + part1 - 1) >= 0) & ((i_1 * 2 + part1 - 1) < 11) & ((i_3 * 2 + part0 - 1) >= 0) & ((i_3 * 2 + part0 - 1) < 13), other=0)
            acc = tl.dot(left, right, acc)
        acc *= left_scale[:, None]
    else:
        for step in tl.range(0, PARTS * EXACT_STEPS, num_stages=1):
            part = step // EXACT_STEPS
            part1_1 = part % 3
            part0_1 = part // 3
            k = step % EXACT_STEPS * EXACT_K + tl.arange(0, EXACT_K)
            base_2 = part0_1 * 3 + part1_1
            conv_weight = tl.load(conv_weight_ptr + base_2 + m[:, None] * 144 + k[None, :] * 9, mask=(m[:, None] < M), other=0)
            left = conv_weight
            base_3 = part0_1 * 11 + part1_1 - 12
            x = tl.load(x_ptr + base_3 + base_4 + k[:, None] * 143, mask=(n[None, :] < N) & ((i_1 * 2 + part1_1 - 1) >= 0) & ((i_1 * 2 + part1_1 - 1) < 11) & ((i_3 * 2 + part0_1 - 1) >= 0) & ((i_3 * 2 + part0_1 - 1) < 13), other=0)
            right = x
            acc = tl.dot(left, right, acc, input_precision="ieee")
    conv_bias = tl.load(conv_bias_ptr + m[:, None], mask=(m[:, None] < M), other=0)
    add = acc + conv_bias
    relu = tl.where(add < 0.0, 0.0, add)
    i_4 = (n[None, :]) % 42
    tl.store(relu_ptr + i * 1008 + m[:, None] * 42 + i_4, relu, mask=(m[:, None] < M) & (n[None, :] < N))

