# sg_01_softmax
# softmax_kernel[3] x_ptr=x softmax_ptr=softmax ROWS=3 COLUMNS=9001 ROW_BLOCK=1 COLUMN_BLOCK=4096
# Schedule: reduce rows=1 columns=4096 warps=8 stages=2
@triton.jit
def softmax_kernel(
    x_ptr, softmax_ptr,
    ROWS: tl.constexpr, COLUMNS: tl.constexpr, ROW_BLOCK: tl.constexpr, COLUMN_BLOCK: tl.constexpr,
):
    """softmax, 3 rows of 9001 elements -> float16[3, 9001]"""
    row = tl.program_id(0) * ROW_BLOCK + tl.arange(0, ROW_BLOCK)[:, None]
    max_so_far = tl.full([ROW_BLOCK, COLUMN_BLOCK], float("-inf"), tl.float32)
    sum_so_far = tl.full([ROW_BLOCK, COLUMN_BLOCK], 0.0, tl.float32)
    for start in range(0, COLUMNS, COLUMN_BLOCK):
        col = start + tl.arange(0, COLUMN_BLOCK)[None, :]
        column_mask = col < COLUMNS
        x = tl.load(x_ptr + row * 9001 + col, mask=column_mask, other=0).to(tl.float32)
        to = x
        part = tl.where(column_mask, to, float("-inf"))
        max_now = tl.maximum(max_so_far, part, propagate_nan=tl.PropagateNan.ALL)
        sum_so_far = exp_sum(sum_so_far, max_so_far, max_now, part)
        max_so_far = max_now
    max_1 = row_max(max_so_far)
    sum_1 = tl.sum(sum_so_far * tl.exp(max_so_far - max_1), axis=1, keep_dims=True)
    for start in range(0, COLUMNS, COLUMN_BLOCK):
        col = start + tl.arange(0, COLUMN_BLOCK)[None, :]
        column_mask = col < COLUMNS
        x_1 = tl.load(x_ptr + row * 9001 + col, mask=column_mask, other=0).to(tl.float32)
        to_1 = x_1
        sub = to_1 - max_1
        exp = tl.exp(sub)
        div = tl.math.div_rn(exp, sum_1)
        to_2 = div.to(tl.float16).to(tl.float32)
        tl.store(softmax_ptr + row * 9001 + col, to_2.to(tl.float16), mask=column_mask)

