# sg_01_linear_gelu
# linear_gelu_kernel_left_parts[250, 1] x_ptr=x left_high_ptr=left_high left_low_ptr=left_low left_scale_ptr=left_scale ROWS=1000 K=200 K_PADDED=256 ROW_BLOCK=4 BLOCK_K=256
# linear_gelu_kernel_right_parts[175, 1] fc_weight_ptr=fc_weight right_high_ptr=right_high right_low_ptr=right_low right_scale_ptr=right_scale ROWS=700 K=200 K_PADDED=256 ROW_BLOCK=4 BLOCK_K=256
# linear_gelu_kernel[176, 1] x_ptr=x fc_weight_ptr=fc_weight fc_bias_ptr=fc_bias gelu_ptr=gelu left_high_ptr=left_high left_low_ptr=left_low left_scale_ptr=left_scale right_high_ptr=right_high right_low_ptr=right_low right_scale_ptr=right_scale M=1000 N=700 K=200 K_PADDED=256 BLOCK_M=64 BLOCK_N=64 BLOCK_K=64 EXACT_K=16 GROUP_M=8
# Schedule: parts rows=4 columns=256 warps=4 stages=2
@triton.jit
def linear_gelu_kernel_left_parts(
    x_ptr, left_high_ptr, left_low_ptr, left_scale_ptr,
    ROWS: tl.constexpr, K: tl.constexpr, K_PADDED: tl.constexpr, ROW_BLOCK: tl.constexpr, BLOCK_K: tl.constexpr,
):
    """The left operand of linear + gelu, 1000 x 200 x 700 -> float32[1000, 700], in float16, and the scale of each row."""
    row = tl.program_id(0) * ROW_BLOCK + tl.arange(0, ROW_BLOCK)
    greatest = tl.zeros([ROW_BLOCK, BLOCK_K], tl.float32)
    total = tl.zeros([ROW_BLOCK, BLOCK_K], tl.float32)
    exponents = tl.zeros([ROW_BLOCK, BLOCK_K], tl.float32)
    count = tl.zeros([ROW_BLOCK, BLOCK_K], tl.float32)
    for start in range(0, K, BLOCK_K):
        k = start + tl.arange(0, BLOCK_K)
        x_1 = tl.load(x_ptr + row[:, None] * 200 + k[None, :], mask=(k[None, :] < K), other=0)
        x = x_1
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
        x_2 = tl.load(x_ptr + row[:, None] * 200 + k[None, :], mask=(k[None, :] < K), other=0)
        x = x_2
        scaled = x * scale
        high = scaled.to(tl.float16)
        at = row[:, None] * K_PADDED + k[None, :]
        tl.store(left_high_ptr + at, high)
        tl.store(left_low_ptr + at, (scaled - high.to(tl.float32)).to(tl.float16))
    tl.store(left_scale_ptr + row[:, None], tl.where(holds, inverse, float("nan")))


# Schedule: parts rows=4 columns=256 warps=4 stages=2
@triton.jit
def linear_gelu_kernel_right_parts(
    fc_weight_ptr, right_high_ptr, right_low_ptr, right_scale_ptr,
    ROWS: tl.constexpr, K: tl.constexpr, K_PADDED: tl.constexpr, ROW_BLOCK: tl.constexpr, BLOCK_K: tl.constexpr,
):
    """The right operand of linear + gelu, 1000 x 200 x 700 -> float32[1000, 700], in float16, and the scale of each row."""
    row = tl.program_id(0) * ROW_BLOCK + tl.arange(0, ROW_BLOCK)
    greatest = tl.zeros([ROW_BLOCK, BLOCK_K], tl.float32)
    total = tl.zeros([ROW_BLOCK, BLOCK_K], tl.float32)
    exponents = tl.zeros([ROW_BLOCK, BLOCK_K], tl.float32)
    count = tl.zeros([ROW_BLOCK, BLOCK_K], tl.float32)
    for start in range(0, K, BLOCK_K):
        k = start + tl.arange(0, BLOCK_K)
        fc_weight = tl.load(fc_weight_ptr + row[:, None] * 200 + k[None, :], mask=(k[None, :] < K), other=0)
        x = fc_weight
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
        fc_weight_1 = tl.load(fc_weight_ptr + row[:, None] * 200 + k[None, :], mask=(k[None, :] < K), other=0)
        x = fc_weight_1
        scaled = x * scale
        high = scaled.to(tl.float16)
        at = row[:, None] * K_PADDED + k[None, :]
        tl.store(right_high_ptr + at, high)
        tl.store(right_low_ptr + at, (scaled - high.to(tl.float32)).to(tl.float16))
    tl.store(right_scale_ptr + row[:, None], tl.where(holds, inverse, float("nan")))


# Schedule: contract tile_m=64 tile_n=64 tile_k=64 group_m=8 precision=fp16x3 warps=4 stages=3
@triton.jit
def linear_gelu_kernel(
    x_ptr, fc_weight_ptr, fc_bias_ptr, gelu_ptr, left_high_ptr, left_low_ptr, left_scale_ptr, right_high_ptr, right_low_ptr, right_scale_ptr,
    M: tl.constexpr, N: tl.constexpr, K: tl.constexpr, K_PADDED: tl.constexpr, BLOCK_M: tl.constexpr, BLOCK_N: tl.constexpr, BLOCK_K: tl.constexpr, EXACT_K: tl.constexpr, GROUP_M: tl.constexpr,
):
    """linear + gelu, 1000 x 200 x 700 -> float32[1000, 700]"""
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
    right_scale = tl.load(right_scale_ptr + n, mask=n < N, other=1.0)
    left_row = tl.minimum(m, M - 1)
    right_row = tl.minimum(n, N - 1)
    # What float16 cannot hold has no scale or is marked: tiles that need it are multiplied as they are.
    lost = tl.max((left_scale != left_scale).to(tl.int32)) + tl.max((right_scale != right_scale).to(tl.int32))
    if lost == 0:
        for start in range(0, K_PADDED, BLOCK_K):
            k = start + tl.arange(0, BLOCK_K)
            left_at = left_row[:, None] * K_PADDED + k[None, :]
            right_at = right_row[None, :] * K_PADDED + k[:, None]
            left_high = tl.load(left_high_ptr + left_at)
            left_low = tl.load(left_low_ptr + left_at)
            right_high = tl.load(right_high_ptr + right_at)
            right_low = tl.load(right_low_ptr + right_at)
            product = tl.dot(left_low, right_high)
            product = tl.dot(left_high, right_low, product)
            acc += tl.dot(left_high, right_high, product)
        # The larger scale first: what must not underflow on the way does not.
        acc *= tl.maximum(left_scale[:, None], right_scale[None, :])
        acc *= tl.minimum(left_scale[:, None], right_scale[None, :])
    else:
        for start in tl.range(0, K, EXACT_K, num_stages=1):
            k = start + tl.arange(0, EXACT_K)
            x = tl.load(x_ptr + m[:, None] * 200 + k[None, :], mask=(m[:, None] < M) & (k[None, :] < K), other=0)
            left = x
            fc_weight = tl.load(fc_weight_ptr + n[None, :] * 200 + k[:, None], mask=(n[None, :] < N) & (k[:, None] < K), other=0)
            right = fc_weight
            acc = tl.dot(left, right, acc, input_precision="ieee")
    fc_bias = tl.load(fc_bias_ptr + n[None, :], mask=(n[None, :] < N), other=0)
    add = acc + fc_bias
    gelu = 0.5 * add * (1.0 + tl.erf(add * 0.7071067811865476))
    tl.store(gelu_ptr + m[:, None] * 700 + n[None, :], gelu, mask=(m[:, None] < M) & (n[None, :] < N))

