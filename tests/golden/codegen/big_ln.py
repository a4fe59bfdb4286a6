# sg_01_layer_norm
# layer_norm_1_reduce[8] x_ptr=x layer_norm_moments_moments_0_ptr=layer_norm_moments_moments_0 layer_norm_moments_moments_1_ptr=layer_norm_moments_moments_1 ROWS=8 COLUMNS=5740 ROW_BLOCK=1 COLUMN_BLOCK=8192
# layer_norm_2_reduce[1] layer_norm_moments_moments_0_ptr=layer_norm_moments_moments_0 layer_norm_moments_moments_1_ptr=layer_norm_moments_moments_1 layer_norm_moments_div_ptr=layer_norm_moments_div layer_norm_rsqrt_ptr=layer_norm_rsqrt ROWS=2 COLUMNS=4 ROW_BLOCK=2 COLUMN_BLOCK=4
# layer_norm_3_map[45] x_ptr=x layer_norm_moments_div_ptr=layer_norm_moments_div layer_norm_rsqrt_ptr=layer_norm_rsqrt layer_norm_ptr=layer_norm LENGTH=45920 BLOCK=1024
# Schedule: reduce rows=1 columns=8192 warps=8 stages=2
@triton.jit
def layer_norm_1_reduce(
    x_ptr, layer_norm_moments_moments_0_ptr, layer_norm_moments_moments_1_ptr,
    ROWS: tl.constexpr, COLUMNS: tl.constexpr, ROW_BLOCK: tl.constexpr, COLUMN_BLOCK: tl.constexpr,
):
    """layer_norm, 8 rows of 5740 elements -> float32[2, 4, 1, 1, 1]"""
    row = tl.program_id(0) * ROW_BLOCK + tl.arange(0, ROW_BLOCK)[:, None]
    col = tl.arange(0, COLUMN_BLOCK)[None, :]
    column_mask = col < COLUMNS
    x = tl.load(x_ptr + row * 5740 + col, mask=column_mask, other=0)
    moments = tl.sum(tl.where(column_mask, x, 0.0), axis=1, keep_dims=True) / COLUMNS
    off = tl.where(column_mask, x - moments, 0.0)
    moments += tl.sum(off, axis=1, keep_dims=True) / COLUMNS
    off = tl.where(column_mask, x - moments, 0.0)
    squares = tl.sum(off * off, axis=1, keep_dims=True)
    tl.store(layer_norm_moments_moments_0_ptr + row, moments)
    tl.store(layer_norm_moments_moments_1_ptr + row, squares)


# Schedule: reduce rows=2 columns=4 warps=2 stages=2
@triton.jit
def layer_norm_2_reduce(
    layer_norm_moments_moments_0_ptr, layer_norm_moments_moments_1_ptr, layer_norm_moments_div_ptr, layer_norm_rsqrt_ptr,
    ROWS: tl.constexpr, COLUMNS: tl.constexpr, ROW_BLOCK: tl.constexpr, COLUMN_BLOCK: tl.constexpr,
):
    """layer_norm, 2 rows of 4 elements -> float32[2, 1, 1, 1, 1]"""
    row = tl.program_id(0) * ROW_BLOCK + tl.arange(0, ROW_BLOCK)[:, None]
    col = tl.arange(0, COLUMN_BLOCK)[None, :]
    layer_norm_moments_moments_0 = tl.load(layer_norm_moments_moments_0_ptr + row * 4 + col)
    sum_1 = tl.sum(layer_norm_moments_moments_0, axis=1, keep_dims=True)
    layer_norm_moments_moments_1 = tl.load(layer_norm_moments_moments_1_ptr + row * 4 + col)
    div = sum_1 * 0.25
    sub = layer_norm_moments_moments_0 - div
    mul = sub * sub
    mul_1 = mul * 5740.0
    add = layer_norm_moments_moments_1 + mul_1
    sum_2 = tl.sum(add, axis=1, keep_dims=True)
    tl.store(layer_norm_moments_div_ptr + row, div)
    div_1 = tl.math.div_rn(sum_2, 22960.0)
    add_1 = div_1 + 1e-05
    rsqrt = tl.rsqrt(add_1)
    tl.store(layer_norm_rsqrt_ptr + row, rsqrt)


# Schedule: map block=1024 warps=4 stages=2
@triton.jit
def layer_norm_3_map(
    x_ptr, layer_norm_moments_div_ptr, layer_norm_rsqrt_ptr, layer_norm_ptr,
    LENGTH: tl.constexpr, BLOCK: tl.constexpr,
):
    """layer_norm -> float32[2, 8, 70, 41]"""
    offs = tl.program_id(0) * BLOCK + tl.arange(0, BLOCK)
    mask = offs < LENGTH
    i1 = offs % 22960
    i0 = offs // 22960
    x = tl.load(x_ptr + i0 * 22960 + i1, mask=mask, other=0)
    layer_norm_moments_div = tl.load(layer_norm_moments_div_ptr + i0, mask=mask, other=0)
    sub = x - layer_norm_moments_div
    layer_norm_rsqrt = tl.load(layer_norm_rsqrt_ptr + i0, mask=mask, other=0)
    mul = sub * layer_norm_rsqrt
    tl.store(layer_norm_ptr + i0 * 22960 + i1, mul, mask=mask)

