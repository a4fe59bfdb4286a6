# sg_01_add
# add_kernel[1] norm_num_batches_tracked_ptr=norm_num_batches_tracked add_ptr=add LENGTH=1 BLOCK=32
# Schedule: map block=32 warps=2 stages=2
@triton.jit
def add_kernel(norm_num_batches_tracked_ptr, add_ptr, LENGTH: tl.constexpr, BLOCK: tl.constexpr):
    """add -> int64[]"""
    offs = tl.program_id(0) * BLOCK + tl.arange(0, BLOCK)
    mask = offs < LENGTH
    norm_num_batches_tracked = tl.load(norm_num_batches_tracked_ptr)
    add = norm_num_batches_tracked + 1
    tl.store(add_ptr + offs, add, mask=mask)

# sg_02_batch_norm_add_relu
# batch_norm_add_relu_kernel[2] norm_running_mean_ptr=norm_running_mean x_ptr=x norm_running_var_ptr=norm_running_var norm_weight_ptr=norm_weight norm_bias_ptr=norm_bias native_batch_norm_legit_functional_3_ptr=native_batch_norm_legit_functional_3 native_batch_norm_legit_functional_4_ptr=native_batch_norm_legit_functional_4 relu_ptr=relu ROWS=6 COLUMNS=252 ROW_BLOCK=4 COLUMN_BLOCK=256
# Schedule: reduce rows=4 columns=256 warps=4 stages=2
@triton.jit
def batch_norm_add_relu_kernel(
    norm_running_mean_ptr, x_ptr, norm_running_var_ptr, norm_weight_ptr, norm_bias_ptr, native_batch_norm_legit_functional_3_ptr, native_batch_norm_legit_functional_4_ptr, relu_ptr,
    ROWS: tl.constexpr, COLUMNS: tl.constexpr, ROW_BLOCK: tl.constexpr, COLUMN_BLOCK: tl.constexpr,
):
    """batch_norm + add + relu, 6 rows of 252 elements -> float32[6]"""
    row = tl.program_id(0) * ROW_BLOCK + tl.arange(0, ROW_BLOCK)[:, None]
    row_mask = row < ROWS
    col = tl.arange(0, COLUMN_BLOCK)[None, :]
    column_mask = col < COLUMNS
    col1 = col % 63
    col0 = col // 63
    x = tl.load(x_ptr + col0 * 378 + row * 63 + col1, mask=column_mask & row_mask, other=0)
    moments = tl.sum(tl.where(column_mask, x, 0.0), axis=1, keep_dims=True) / COLUMNS
    off = tl.where(column_mask, x - moments, 0.0)
    moments += tl.sum(off, axis=1, keep_dims=True) / COLUMNS
    off = tl.where(column_mask, x - moments, 0.0)
    squares = tl.sum(off * off, axis=1, keep_dims=True)
    sub = x - moments
    div = tl.math.div_rn(squares, 252.0)
    add = div + 1e-05
    rsqrt = tl.rsqrt(add)
    mul = sub * rsqrt
    norm_weight = tl.load(norm_weight_ptr + row, mask=row_mask, other=0)
    mul_1 = mul * norm_weight
    norm_bias = tl.load(norm_bias_ptr + row, mask=row_mask, other=0)
    add_1 = mul_1 + norm_bias
    add_2 = add_1 + x
    relu = tl.where(add_2 < 0.0, 0.0, add_2)
    tl.store(relu_ptr + col0 * 378 + row * 63 + col1, relu, mask=column_mask & row_mask)
    norm_running_mean = tl.load(norm_running_mean_ptr + row, mask=row_mask, other=0)
    mul_2 = norm_running_mean * 0.9
    mul_3 = moments * 0.1
    add_3 = mul_2 + mul_3
    tl.store(native_batch_norm_legit_functional_3_ptr + row, add_3, mask=row_mask)
    norm_running_var = tl.load(norm_running_var_ptr + row, mask=row_mask, other=0)
    mul_4 = norm_running_var * 0.9
    div_1 = tl.math.div_rn(squares, 251.0)
    mul_5 = div_1 * 0.1
    add_4 = mul_4 + mul_5
    tl.store(native_batch_norm_legit_functional_4_ptr + row, add_4, mask=row_mask)

