# sg_01_softmax
# softmax_kernel[7] x_ptr=x softmax_ptr=softmax ROWS=7 COLUMNS=1013 ROW_BLOCK=1 COLUMN_BLOCK=1024
# Schedule: reduce rows=1 columns=1024 warps=4 stages=2
@triton.jit
def softmax_kernel(
    x_ptr, softmax_ptr,
    ROWS: tl.constexpr, COLUMNS: tl.constexpr, ROW_BLOCK: tl.constexpr, COLUMN_BLOCK: tl.constexpr,
):
    """softmax, 7 rows of 1013 elements -> float32[7, 1013]"""
    row = tl.program_id(0) * ROW_BLOCK + tl.arange(0, ROW_BLOCK)[:, None]
    col = tl.arange(0, COLUMN_BLOCK)[None, :]
    column_mask = col < COLUMNS
    x = tl.load(x_ptr + row * 1013 + col, mask=column_mask, other=0)
    max_1 = row_max(tl.where(column_mask, x, float("-inf")))
    sub = x - max_1
    exp = tl.exp(sub)
    sum_1 = tl.sum(tl.where(column_mask, exp, 0.0), axis=1, keep_dims=True)
    div = tl.math.div_rn(exp, sum_1)
    tl.store(softmax_ptr + row * 1013 + col, div, mask=column_mask)

