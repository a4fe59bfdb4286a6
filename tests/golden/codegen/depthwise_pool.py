# sg_01_conv2d_sigmoid
# conv2d_sigmoid_kernel[158] x_ptr=x depthwise_weight_ptr=depthwise_weight depthwise_bias_ptr=depthwise_bias sigmoid_ptr=sigmoid ROWS=5040 COLUMNS=9 ROW_BLOCK=32 COLUMN_BLOCK=16
# Schedule: reduce rows=32 columns=16 warps=4 stages=2
@triton.jit
def conv2d_sigmoid_kernel(
    x_ptr, depthwise_weight_ptr, depthwise_bias_ptr, sigmoid_ptr,
    ROWS: tl.constexpr, COLUMNS: tl.constexpr, ROW_BLOCK: tl.constexpr, COLUMN_BLOCK: tl.constexpr,
):
    """conv2d + sigmoid, 5040 rows of 9 elements -> float32[2, 12, 14, 15]"""
    row = tl.program_id(0) * ROW_BLOCK + tl.arange(0, ROW_BLOCK)[:, None]
    row_mask = row < ROWS
    row3 = row % 15
    row2 = (row // 15) % 14
    row1 = (row // 210) % 12
    row0 = row // 2520
    col = tl.arange(0, COLUMN_BLOCK)[None, :]
    column_mask = col < COLUMNS
    col1 = col % 3
    col0 = col // 3
    x = tl.load(x_ptr + row0 * 2520 + row1 * 210 + row2 * 15 + col0 * 15 + row3 + col1 - 16, mask=row_mask & column_mask & ((row2 + col0 - 1) >= 0) & ((row2 + col0 - 1) < 14) & ((row3 + col1 - 1) >= 0) & ((row3 + col1 - 1) < 15), other=0)
    depthwise_weight = tl.load(depthwise_weight_ptr + row1 * 9 + col0 * 3 + col1, mask=row_mask & column_mask, other=0)
    mul = x * depthwise_weight
    sum_1 = tl.sum(tl.where(column_mask, mul, 0.0), axis=1, keep_dims=True)
    depthwise_bias = tl.load(depthwise_bias_ptr + row1, mask=row_mask, other=0)
    add = sum_1 + depthwise_bias
    sigmoid = 1.0 / (1.0 + tl.exp(-add))
    tl.store(sigmoid_ptr + row0 * 2520 + row1 * 210 + row2 * 15 + row3, sigmoid, mask=row_mask)

# sg_02_max_pool2d
# max_pool2d_kernel[42] sigmoid_ptr=sigmoid max_pool2d_ptr=max_pool2d ROWS=1344 COLUMNS=9 ROW_BLOCK=32 COLUMN_BLOCK=16
# Schedule: reduce rows=32 columns=16 warps=4 stages=2
@triton.jit
def max_pool2d_kernel(
    sigmoid_ptr, max_pool2d_ptr,
    ROWS: tl.constexpr, COLUMNS: tl.constexpr, ROW_BLOCK: tl.constexpr, COLUMN_BLOCK: tl.constexpr,
):
    """max_pool2d, 1344 rows of 9 elements -> float32[2, 12, 7, 8]"""
    row = tl.program_id(0) * ROW_BLOCK + tl.arange(0, ROW_BLOCK)[:, None]
    row2 = row % 8
    row1 = (row // 8) % 7
    row0 = row // 56
    col = tl.arange(0, COLUMN_BLOCK)[None, :]
    column_mask = col < COLUMNS
    col1 = col % 3
    col0 = col // 3
    sigmoid = tl.load(sigmoid_ptr + row0 * 210 + row1 * 30 + col0 * 15 + row2 * 2 + col1 - 16, mask=column_mask & ((row1 * 2 + col0 - 1) >= 0) & ((row2 * 2 + col1 - 1) >= 0) & ((row2 * 2 + col1 - 1) < 15), other=0)
    picked = tl.where(((row1 * 2 + col0 - 1) >= 0) & ((row2 * 2 + col1 - 1) >= 0) & ((row2 * 2 + col1 - 1) < 15), sigmoid, float("-inf"))
    max_1 = row_max(tl.where(column_mask, picked, float("-inf")))
    tl.store(max_pool2d_ptr + row0 * 56 + row1 * 8 + row2, max_1)

