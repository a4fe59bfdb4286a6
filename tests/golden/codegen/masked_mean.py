# sg_01_to_mul_sum_sum
# to_mul_sum_sum_kernel[3] x_ptr=x mask_1_ptr=mask_1 div_ptr=div ROWS=80 COLUMNS=31 ROW_BLOCK=32 COLUMN_BLOCK=32
# Schedule: reduce rows=32 columns=32 warps=4 stages=2
@triton.jit
def to_mul_sum_sum_kernel(
    x_ptr, mask_1_ptr, div_ptr,
    ROWS: tl.constexpr, COLUMNS: tl.constexpr, ROW_BLOCK: tl.constexpr, COLUMN_BLOCK: tl.constexpr,
):
    """to + mul + sum + clamp + div, 80 rows of 31 elements -> float32[4, 20]"""
    row = tl.program_id(0) * ROW_BLOCK + tl.arange(0, ROW_BLOCK)[:, None]
    row_mask = row < ROWS
    row1 = row % 20
    row0 = row // 20
    col = tl.arange(0, COLUMN_BLOCK)[None, :]
    column_mask = col < COLUMNS
    x = tl.load(x_ptr + row0 * 620 + col * 20 + row1, mask=row_mask & column_mask, other=0)
    mask_1 = tl.load(mask_1_ptr + row0 * 31 + col, mask=row_mask & column_mask, other=0).to(tl.int1)
    to = mask_1.to(tl.float32)
    mul = x * to
    sum_1 = tl.sum(tl.where(column_mask, mul, 0.0), axis=1, keep_dims=True)
    sum_2 = tl.sum(tl.where(column_mask, to, 0.0), axis=1, keep_dims=True)
    clamp = tl.maximum(sum_2, 1.0, propagate_nan=tl.PropagateNan.ALL)
    div = tl.math.div_rn(sum_1, clamp)
    tl.store(div_ptr + row0 * 20 + row1, div, mask=row_mask)

