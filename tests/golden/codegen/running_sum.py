# sg_01_mul_flip_cumsum_flip
# mul_flip_cumsum_flip_kernel[3] x_ptr=x mask_1_ptr=mask_1 flip_1_ptr=flip_1 ROWS=5 COLUMNS=301 ROW_BLOCK=2 COLUMN_BLOCK=512
# Schedule: scan rows=2 columns=512 precision=float64 warps=4 stages=2
@triton.jit
def mul_flip_cumsum_flip_kernel(
    x_ptr, mask_1_ptr, flip_1_ptr,
    ROWS: tl.constexpr, COLUMNS: tl.constexpr, ROW_BLOCK: tl.constexpr, COLUMN_BLOCK: tl.constexpr,
):
    """mul + flip + cumsum, 5 rows of 301 elements -> float32[5, 301]"""
    row = tl.program_id(0) * ROW_BLOCK + tl.arange(0, ROW_BLOCK)[:, None]
    row_mask = row < ROWS
    col = tl.arange(0, COLUMN_BLOCK)[None, :]
    column_mask = col < COLUMNS
    x = tl.load(x_ptr + row * 301 - col + 300, mask=row_mask & column_mask, other=0)
    mask_1 = tl.load(mask_1_ptr + row * 301 - col + 300, mask=row_mask & column_mask, other=0).to(tl.int1)
    mul = x * mask_1.to(tl.float32)
    running_sum = tl.cumsum(mul.to(tl.float64), axis=1)
    sum_1 = running_sum.to(tl.float32)
    tl.store(flip_1_ptr + row * 301 - col + 300, sum_1, mask=row_mask & column_mask)

