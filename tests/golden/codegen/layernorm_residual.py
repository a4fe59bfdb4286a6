# sg_01_add_layer_norm
# add_layer_norm_kernel[4] x_ptr=x residual_ptr=residual norm_weight_ptr=norm_weight norm_bias_ptr=norm_bias layer_norm_ptr=layer_norm ROWS=30 COLUMNS=96 ROW_BLOCK=8 COLUMN_BLOCK=128
# Schedule: reduce rows=8 columns=128 warps=4 stages=2
@triton.jit
def add_layer_norm_kernel(
    x_ptr, residual_ptr, norm_weight_ptr, norm_bias_ptr, layer_norm_ptr,
    ROWS: tl.constexpr, COLUMNS: tl.constexpr, ROW_BLOCK: tl.constexpr, COLUMN_BLOCK: tl.constexpr,
):
    """add + layer_norm, 30 rows of 96 elements -> float32[6, 5, 96]"""
    row = tl.program_id(0) * ROW_BLOCK + tl.arange(0, ROW_BLOCK)[:, None]
    row_mask = row < ROWS
    col = tl.arange(0, COLUMN_BLOCK)[None, :]
    column_mask = col < COLUMNS
    x = tl.load(x_ptr + row * 96 + col, mask=column_mask & row_mask, other=0)
    residual = tl.load(residual_ptr + row * 96 + col, mask=column_mask & row_mask, other=0)
    add = x + residual
    moments = tl.sum(tl.where(column_mask, add, 0.0), axis=1, keep_dims=True) / COLUMNS
    off = tl.where(column_mask, add - moments, 0.0)
    moments += tl.sum(off, axis=1, keep_dims=True) / COLUMNS
    off = tl.where(column_mask, add - moments, 0.0)
    squares = tl.sum(off * off, axis=1, keep_dims=True)
    sub = add - moments
    div = tl.math.div_rn(squares, 96.0)
    add_1 = div + 1e-05
    rsqrt = tl.rsqrt(add_1)
    mul = sub * rsqrt
    norm_weight = tl.load(norm_weight_ptr + col, mask=column_mask, other=0)
    mul_1 = mul * norm_weight
    norm_bias = tl.load(norm_bias_ptr + col, mask=column_mask, other=0)
    add_2 = mul_1 + norm_bias
    tl.store(layer_norm_ptr + row * 96 + col, add_2, mask=column_mask & row_mask)

