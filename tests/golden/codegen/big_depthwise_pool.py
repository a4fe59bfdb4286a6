# sg_01_conv2d_relu
# conv2d_relu_kernel[32768] x_ptr=x c_weight_ptr=c_weight c_bias_ptr=c_bias relu_ptr=relu ROWS=16777216 COLUMNS=9 ROW_BLOCK=512 COLUMN_BLOCK=1
# Schedule: reduce rows=512 columns=1 warps=4 stages=2
@triton.jit
def conv2d_relu_kernel(
    x_ptr, c_weight_ptr, c_bias_ptr, relu_ptr,
    ROWS: tl.constexpr, COLUMNS: tl.constexpr, ROW_BLOCK: tl.constexpr, COLUMN_BLOCK: tl.constexpr,
):
    """conv2d + relu, 16777216 rows of 9 elements -> float32[16, 64, 128, 128]"""
    row = tl.program_id(0) * ROW_BLOCK + tl.arange(0, ROW_BLOCK)[:, None]
    row3 = row % 128
    row2 = (row // 128) % 128
    row1 = (row // 16384) % 64
    row0 = row // 1048576
    sum_so_far = tl.full([ROW_BLOCK, COLUMN_BLOCK], 0.0, tl.float32)
    base = row0 * 1048576 + row1 * 16384 + row2 * 128 + row3 - 129
    for start in tl.static_range(0, COLUMNS, COLUMN_BLOCK):
        col = start + tl.arange(0, COLUMN_BLOCK)[None, :]
        col1 = col % 3
        col0 = col // 3
        x = tl.load(x_ptr + base + col0 * 128 + col1, mask=((row2 + col0 - 1) >= 0) & ((row2 + col0 - 1) < 128) & ((row3 + col1 - 1) >= 0) & ((row3 + col1 - 1) < 128), other=0)
        c_weight = tl.load(c_weight_ptr + row1 * 9 + col0 * 3 + col1)
        mul = x * c_weight
        sum_so_far += mul
    sum_1 = tl.sum(sum_so_far, axis=1, keep_dims=True)
    c_bias = tl.load(c_bias_ptr + row1)
    add = sum_1 + c_bias
    relu = tl.where(add < 0.0, 0.0, add)
    tl.store(relu_ptr + row0 * 1048576 + row1 * 16384 + row2 * 128 + row3, relu)

# sg_02_max_pool2d
# max_pool2d_kernel[8192] relu_ptr=relu max_pool2d_ptr=max_pool2d ROWS=4194304 COLUMNS=9 ROW_BLOCK=512 COLUMN_BLOCK=1
# Schedule: reduce rows=512 columns=1 warps=4 stages=2
@triton.jit
def max_pool2d_kernel(
    relu_ptr, max_pool2d_ptr,
    ROWS: tl.constexpr, COLUMNS: tl.constexpr, ROW_BLOCK: tl.constexpr, COLUMN_BLOCK: tl.constexpr,
):
    """max_pool2d, 4194304 rows of 9 elements -> float32[16, 64, 64, 64]"""
    row = tl.program_id(0) * ROW_BLOCK + tl.arange(0, ROW_BLOCK)[:, None]
    row2 = row % 64
    row1 = (row // 64) % 64
    row0 = row // 4096
    max_so_far = tl.full([ROW_BLOCK, COLUMN_BLOCK], float("-inf"), tl.float32)
    base = row0 * 16384 + row1 * 256 + row2 * 2 - 129
    for start in tl.static_range(0, COLUMNS, COLUMN_BLOCK):
        col = start + tl.arange(0, COLUMN_BLOCK)[None, :]
        col1 = col % 3
        col0 = col // 3
        relu = tl.load(relu_ptr + base + col0 * 128 + col1, mask=((row1 * 2 + col0 - 1) >= 0) & ((row2 * 2 + col1 - 1) >= 0), other=0)
        picked = tl.where(((row1 * 2 + col0 - 1) >= 0) & ((row2 * 2 + col1 - 1) >= 0), relu, float("-inf"))
        max_so_far = tl.maximum(max_so_far, picked, propagate_nan=tl.PropagateNan.ALL)
    max_1 = row_max(max_so_far)
    tl.store(max_pool2d_ptr + row0 * 4096 + row1 * 64 + row2, max_1)

