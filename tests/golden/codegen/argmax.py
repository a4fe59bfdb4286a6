# sg_01_argmax
# argmax_kernel[1] x_ptr=x argmax_ptr=argmax ROWS=30 COLUMNS=77 ROW_BLOCK=32 COLUMN_BLOCK=64
# Schedule: reduce rows=32 columns=64 warps=4 stages=2
@triton.jit
def argmax_kernel(
    x_ptr, argmax_ptr,
    ROWS: tl.constexpr, COLUMNS: tl.constexpr, ROW_BLOCK: tl.constexpr, COLUMN_BLOCK: tl.constexpr,
):
    """argmax, 30 rows of 77 elements -> int64[5, 6]"""
    row = tl.program_id(0) * ROW_BLOCK + tl.arange(0, ROW_BLOCK)[:, None]
    row_mask = row < ROWS
    row1 = row % 6
    row0 = row // 6
    argmax_best = tl.full([ROW_BLOCK, 1], float("-inf"), tl.float32)
    argmax_at = tl.full([ROW_BLOCK, 1], 0, tl.int32)
    base = row0 * 462 + row1
    for start in range(0, COLUMNS, COLUMN_BLOCK):
        col = start + tl.arange(0, COLUMN_BLOCK)[None, :]
        column_mask = col < COLUMNS
        x = tl.load(x_ptr + base + col * 6, mask=row_mask & column_mask, other=0)
        part = tl.where(column_mask, x, float("-inf"))
        part_best = row_max(part)
        part_at = row_argmax(part, col)
        better = (part_best > argmax_best) | ((part_best != part_best) & (argmax_best == argmax_best))
        argmax_at = tl.where(better, part_at, argmax_at)
        argmax_best = tl.where(better, part_best, argmax_best)
    argmax = argmax_at.to(tl.int64)
    tl.store(argmax_ptr + row0 * 6 + row1, argmax, mask=row_mask)

