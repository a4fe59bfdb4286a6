# sg_01_argmax
# argmax_1_reduce[16] x_ptr=x argmax_amax_ptr=argmax_amax argmax_argmax_ptr=argmax_argmax ROWS=16 COLUMNS=5000 ROW_BLOCK=1 COLUMN_BLOCK=8192
# argmax_2_reduce[1] argmax_amax_ptr=argmax_amax argmax_argmax_ptr=argmax_argmax argmax_add_ptr=argmax_add ROWS=2 COLUMNS=8 ROW_BLOCK=2 COLUMN_BLOCK=8
# Schedule: reduce rows=1 columns=8192 warps=8 stages=2
@triton.jit
def argmax_1_reduce(
    x_ptr, argmax_amax_ptr, argmax_argmax_ptr,
    ROWS: tl.constexpr, COLUMNS: tl.constexpr, ROW_BLOCK: tl.constexpr, COLUMN_BLOCK: tl.constexpr,
):
    """argmax, 16 rows of 5000 elements -> float32[2, 8, 1]"""
    row = tl.program_id(0) * ROW_BLOCK + tl.arange(0, ROW_BLOCK)[:, None]
    col = tl.arange(0, COLUMN_BLOCK)[None, :]
    column_mask = col < COLUMNS
    x = tl.load(x_ptr + row * 5000 + col, mask=column_mask, other=0)
    max_1 = row_max(tl.where(column_mask, x, float("-inf")))
    argmax = row_argmax(tl.where(column_mask, x, float("-inf")), col)
    argmax_1 = argmax.to(tl.int64)
    tl.store(argmax_amax_ptr + row, max_1)
    tl.store(argmax_argmax_ptr + row, argmax_1)


# Schedule: reduce rows=2 columns=8 warps=2 stages=2
@triton.jit
def argmax_2_reduce(
    argmax_amax_ptr, argmax_argmax_ptr, argmax_add_ptr,
    ROWS: tl.constexpr, COLUMNS: tl.constexpr, ROW_BLOCK: tl.constexpr, COLUMN_BLOCK: tl.constexpr,
):
    """argmax, 2 rows of 8 elements -> int64[2, 1, 1]"""
    row = tl.program_id(0) * ROW_BLOCK + tl.arange(0, ROW_BLOCK)[:, None]
    col = tl.arange(0, COLUMN_BLOCK)[None, :]
    argmax_amax = tl.load(argmax_amax_ptr + row * 8 + col)
    argmax = row_argmax(argmax_amax, col)
    argmax_1 = argmax.to(tl.int64)
    mul = argmax_1 * 5000
    argmax_argmax = tl.load(argmax_argmax_ptr + row * 8 + argmax_1, mask=(argmax_1 >= 0) & (argmax_1 < 8), other=0)
    add = mul + argmax_argmax
    tl.store(argmax_add_ptr + row, add)

# sg_02_argmin
# argmin_1_reduce[16] x_ptr=x argmin_amin_ptr=argmin_amin argmin_argmin_ptr=argmin_argmin ROWS=16 COLUMNS=5000 ROW_BLOCK=1 COLUMN_BLOCK=8192
# argmin_2_reduce[1] argmin_amin_ptr=argmin_amin argmin_argmin_ptr=argmin_argmin argmin_add_ptr=argmin_add ROWS=2 COLUMNS=8 ROW_BLOCK=2 COLUMN_BLOCK=8
# Schedule: reduce rows=1 columns=8192 warps=8 stages=2
@triton.jit
def argmin_1_reduce(
    x_ptr, argmin_amin_ptr, argmin_argmin_ptr,
    ROWS: tl.constexpr, COLUMNS: tl.constexpr, ROW_BLOCK: tl.constexpr, COLUMN_BLOCK: tl.constexpr,
):
    """argmin, 16 rows of 5000 elements -> float32[2, 8, 1]"""
    row = tl.program_id(0) * ROW_BLOCK + tl.arange(0, ROW_BLOCK)[:, None]
    col = tl.arange(0, COLUMN_BLOCK)[None, :]
    column_mask = col < COLUMNS
    x = tl.load(x_ptr + row * 5000 + col, mask=column_mask, other=0)
    min_1 = row_min(tl.where(column_mask, x, float("inf")))
    argmin = row_argmin(tl.where(column_mask, x, float("inf")), col)
    argmin_1 = argmin.to(tl.int64)
    tl.store(argmin_amin_ptr + row, min_1)
    tl.store(argmin_argmin_ptr + row, argmin_1)


# Schedule: reduce rows=2 columns=8 warps=2 stages=2
@triton.jit
def argmin_2_reduce(
    argmin_amin_ptr, argmin_argmin_ptr, argmin_add_ptr,
    ROWS: tl.constexpr, COLUMNS: tl.constexpr, ROW_BLOCK: tl.constexpr, COLUMN_BLOCK: tl.constexpr,
):
    """argmin, 2 rows of 8 elements -> int64[2, 1, 1]"""
    row = tl.program_id(0) * ROW_BLOCK + tl.arange(0, ROW_BLOCK)[:, None]
    col = tl.arange(0, COLUMN_BLOCK)[None, :]
    argmin_amin = tl.load(argmin_amin_ptr + row * 8 + col)
    argmin = row_argmin(argmin_amin, col)
    argmin_1 = argmin.to(tl.int64)
    mul = argmin_1 * 5000
    argmin_argmin = tl.load(argmin_argmin_ptr + row * 8 + argmin_1, mask=(argmin_1 >= 0) & (argmin_1 < 8), other=0)
    add = mul + argmin_argmin
    tl.store(argmin_add_ptr + row, add)

