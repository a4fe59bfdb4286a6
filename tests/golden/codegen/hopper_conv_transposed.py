# sg_01_conv_transpose1d_relu
# conv_transpose1d_relu_1_contract_left_parts[2, 1] up_weight_ptr=up_weight left_high_ptr=left_high left_scale_ptr=left_scale ROWS=20 K=16 K_PADDED=64 ROW_BLOCK=16 BLOCK_K=64
# channels_last[1, 2] x_ptr=x out_ptr=x_channels_last lost_ptr=x_lost CHANNELS=16 POSITIONS=21 CHANNEL_BLOCK=64 POSITION_BLOCK=64
# conv_transpose1d_relu_1_contract[2, 1] up_weight_ptr=up_weight x_ptr=x up_bias_ptr=up_bias conv_transpose1d_add_parts_ptr=conv_transpose1d_add_parts left_high_ptr=left_high left_scale_ptr=left_scale x_channels_last_ptr=x_channels_last x_lost_ptr=x_lost M=20 N=42 K=16 K_PADDED=64 BLOCK_M=32 BLOCK_N=32 BLOCK_K=16 EXACT_K=16 GROUP_M=8
# conv_transpose1d_relu_2_contract_left_parts[2, 1] up_weight_ptr=up_weight left_high_1_ptr=left_high_1 left_scale_1_ptr=left_scale_1 ROWS=20 K=32 K_PADDED=64 ROW_BLOCK=16 BLOCK_K=64
# conv_transpose1d_relu_2_contract[2, 1] up_weight_ptr=up_weight x_ptr=x up_bias_ptr=up_bias conv_transpose1d_add_parts_ptr=conv_transpose1d_add_parts left_high_1_ptr=left_high_1 left_scale_1_ptr=left_scale_1 x_channels_last_ptr=x_channels_last x_lost_ptr=x_lost M=20 N=42 K=16 K_PADDED=64 BLOCK_M=32 BLOCK_N=32 BLOCK_K=16 EXACT_K=16 GROUP_M=8 PARTS=2 STEPS=1 EXACT_STEPS=1
# conv_transpose1d_relu_3_map[2] conv_transpose1d_add_parts_ptr=conv_transpose1d_add_parts relu_ptr=relu LENGTH=1640 BLOCK=1024
# Schedule: parts rows=16 columns=64 warps=4 stages=2
@triton.jit
def conv_transpose1d_relu_1_contract_left_parts(
    up_weight_ptr, left_high_ptr, left_scale_ptr,
    ROWS: tl.constexpr, K: tl.constexpr, K_PADDED: tl.constexpr, ROW_BLOCK: tl.constexpr, BLOCK_K: tl.constexpr,
):
    """The left operand of conv_transpose1d, 20 x 16 x 42 -> float32[2, 20, 21], in float16, and the scale of each row."""
    row = tl.program_id(0) * ROW_BLOCK + tl.arange(0, ROW_BLOCK)
    greatest = tl.zeros([ROW_BLOCK, BLOCK_K], tl.float32)
    total = tl.zeros([ROW_BLOCK, BLOCK_K], tl.float32)
    exponents = tl.zeros([ROW_BLOCK, BLOCK_K], tl.float32)
    count = tl.zeros([ROW_BLOCK, BLOCK_K], tl.float32)
    for start in range(0, K, BLOCK_K):
        k = start + tl.arange(0, BLOCK_K)
        up_weight = tl.load(up_weight_ptr + k[None, :] * 60 + row[:, None] * 3 + 1, mask=(row[:, None] < ROWS) & (k[None, :] < K), other=0)
        x = up_weight
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
        up_weight_1 = tl.load(up_weight_ptr + k[None, :] * 60 + row[:, None] * 3 + 1, mask=(row[:, None] < ROWS) & (k[None, :] < K), other=0)
        x = up_weight_1
        scaled = x * scale
        high = scaled.to(tl.float16)
        at = row[:, None] * K_PADDED + k[None, :]
        tl.store(left_high_ptr + at, high, mask=(row[:, None] < ROWS))
    tl.store(left_scale_ptr + row[:, None], tl.where(holds, inverse, float("nan")), mask=(row[:, None] < ROWS))


# Schedule: contract tile_m=32 tile_n=32 tile_k=16 group_m=8 precision=fp16 warps=4 stages=4
@triton.jit
def conv_transpose1d_relu_1_contract(
    up_weight_ptr, x_ptr, up_bias_ptr, conv_transpose1d_add_parts_ptr, left_high_ptr, left_scale_ptr, x_channels_last_ptr, x_lost_ptr,
    M: tl.constexpr, N: tl.constexpr, K: tl.constexpr, K_PADDED: tl.constexpr, BLOCK_M: tl.constexpr, BLOCK_N: tl.constexpr, BLOCK_K: tl.constexpr, EXACT_K: tl.constexpr, GROUP_M: tl.constexpr,
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
    left_scale = tl.load(left_scale_ptr + m, mask=m < M, other=1.0)
    left_row = tl.minimum(m, M - 1)
    i = (n[None, :]) // 21
    image_lost = tl.load(x_lost_ptr + i, mask=(n[None, :] < N), other=0)
    i_1 = (n[None, :]) % 21
    base = i * 336 + i_1 * 16
    base_1 = i * 336 + i_1
    # What float16 cannot hold has no scale or is marked: tiles that need it are multiplied as they are.
    lost = tl.max((left_scale != left_scale).to(tl.int32)) + tl.max(image_lost)
    if lost == 0:
        for start in range(0, K, BLOCK_K):
            k = start + tl.arange(0, BLOCK_K)
            left = tl.load(left_high_ptr + left_row[:, None] * K_PADDED + k[None, :])
            right = tl.load(x_channels_last_ptr + base + k[:, None], mask=(n[None, :] < N), other=0)
            acc = tl.dot(left, right, acc)
        acc *= left_scale[:, None]
    else:
        for start in tl.range(0, K, EXACT_K, num_stages=1):
            k = start + tl.arange(0, EXACT_K)
            up_weight = tl.load(up_weight_ptr + k[None, :] * 60 + m[:, None] * 3 + 1, mask=(m[:, None] < M), other=0)
            left = up_weight
            x = tl.load(x_ptr + base_1 + k[:, None] * 21, mask=(n[None, :] < N), other=0)
            right = x
            acc = tl.dot(left, right, acc, input_precision="ieee")
    up_bias = tl.load(up_bias_ptr + m[:, None], mask=(m[:, None] < M), other=0)
    add = acc + up_bias
    tl.store(conv_transpose1d_add_parts_ptr + i * 420 + m[:, None] * 21 + i_1, add, mask=(m[:, None] < M) & (n[None, :] < N))


# Schedule: parts rows=16 columns=64 warps=4 stages=2
@triton.jit
def conv_transpose1d_relu_2_contract_left_parts(
    up_weight_ptr, left_high_1_ptr, left_scale_1_ptr,
    ROWS: tl.constexpr, K: tl.constexpr, K_PADDED: tl.constexpr, ROW_BLOCK: tl.constexpr, BLOCK_K: tl.constexpr,
):
    """The left operand of conv_transpose1d, 20 x 32 x 42 -> float32[2, 20, 21], in float16, and the scale of each row."""
    row = tl.program_id(0) * ROW_BLOCK + tl.arange(0, ROW_BLOCK)
    greatest = tl.zeros([ROW_BLOCK, BLOCK_K], tl.float32)
    total = tl.zeros([ROW_BLOCK, BLOCK_K], tl.float32)
    exponents = tl.zeros([ROW_BLOCK, BLOCK_K], tl.float32)
    count = tl.zeros([ROW_BLOCK, BLOCK_K], tl.float32)
    for start in range(0, K, BLOCK_K):
        k = start + tl.arange(0, BLOCK_K)
        k1 = k % 16
        k0 = k // 16
        up_weight = tl.load(up_weight_ptr + k1[None, :] * 60 + row[:, None] * 3 + k0[None, :] * 2, mask=(row[:, None] < ROWS) & (k[None, :] < K), other=0)
        x = up_weight
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
        k1_1 = k % 16
        k0_1 = k // 16
        up_weight_1 = tl.load(up_weight_ptr + k1_1[None, :] * 60 + row[:, None] * 3 + k0_1[None, :] * 2, mask=(row[:, None] < ROWS) & (k[None, :] < K), other=0)
        x = up_weight_1
        scaled = x * scale
        high = scaled.to(tl.float16)
        at = row[:, None] * K_PADDED + k[None, :]
        tl.store(left_high_1_ptr + at, high, mask=(row[:, None] < ROWS))
    tl.store(left_scale_1_ptr + row[:, None], tl.where(holds, inverse, float("nan")), mask=(row[:, None] < ROWS))


# Schedule: contract tile_m=32 tile_n=32 tile_k=16 group_m=8 precision=fp16 warps=4 stages=4
@triton.jit
def conv_transpose1d_relu_2_contract(
    up_weight_ptr, x_ptr, up_bias_ptr, conv_transpose1d_add_parts_ptr, left_high_1_ptr, left_scale_1_ptr, x_channels_last_ptr, x_lost_ptr,
    M: tl.constexpr, N: tl.constexpr, K: tl.constexpr, K_PADDED: tl.constexpr, BLOCK_M: tl.constexpr, BLOCK_N: tl.constexpr, BLOCK_K: tl.constexpr, EXACT_K: tl.constexpr, GROUP_M: tl.constexpr, PARTS: tl.constexpr, STEPS: tl.constexpr, EXACT_STEPS: tl.constexpr,
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
    left_scale = tl.load(left_scale_1_ptr + m, mask=m < M, other=1.0)
    left_row = tl.minimum(m, M - 1)
    i = (n[None, :]) // 21
    image_lost = tl.load(x_lost_ptr + i, mask=(n[None, :] < N), other=0)
    i_1 = (n[None, :]) % 21
    base = i * 336 + i_1 * 16 + 16
    base_1 = i * 336 + i_1 + 1
    # What float16 cannot hold has no scale or is marked: tiles that need it are multiplied as they are.
    lost = tl.max((left_scale != left_scale).to(tl.int32)) + tl.max(image_lost)
    if lost == 0:
        # The depth has PARTS parts of K; a step takes a block within one of them.
        for step in range(0, PARTS * STEPS):
            part = step // STEPS
            k = step % STEPS * BLOCK_K + tl.arange(0, BLOCK_K)
            left = tl.load(left_high_1_ptr + left_row[:, None] * K_PADDED + (part * K + k)[None, :])
            right = tl.load(x_channels_last_ptr + base + k[:, None] - part * 16, mask=(n[None, :] < N) & ((i_1 - part + 1) < 21), other=0)
            acc = tl.dot(left, right, acc)
        acc *= left_scale[:, None]
    else:
        for step in tl.range(0, PARTS * EXACT_STEPS, num_stages=1):
            part = step // EXACT_STEPS
            k = step % EXACT_STEPS * EXACT_K + tl.arange(0, EXACT_K)
            up_weight = tl.load(up_weight_ptr + k[None, :] * 60 + m[:, None] * 3 + part * 2, mask=(m[:, None] < M), other=0)
            left = up_weight
            x = tl.load(x_ptr + base_1 + k[:, None] * 21 - part, mask=(n[None, :] < N) & ((i_1 - part + 1) < 21), other=0)
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

