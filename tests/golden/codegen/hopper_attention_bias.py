# sg_01_matmul_mul_add_matmul
# matmul_mul_add_matmul_kernel[4, 6] q_ptr=q k_ptr=k bias_ptr=bias v_ptr=v relu_ptr=relu ROWS=50 KEYS=50 UNITS=64 ROW_BLOCK=16 KEY_BLOCK=64 UNIT_BLOCK=64 DEPTH=64 DEPTH_BLOCK=64
# Schedule: attend tile_m=16 tile_n=64 precision=tf32x3 warps=4 stages=2
@triton.jit
def matmul_mul_add_matmul_kernel(
    q_ptr, k_ptr, bias_ptr, v_ptr, relu_ptr,
    ROWS: tl.constexpr, KEYS: tl.constexpr, UNITS: tl.constexpr, ROW_BLOCK: tl.constexpr, KEY_BLOCK: tl.constexpr, UNIT_BLOCK: tl.constexpr, DEPTH: tl.constexpr, DEPTH_BLOCK: tl.constexpr,
):
    """matmul + mul + add + relu, 50 rows past 50 keys -> float32[2, 50, 192]"""
    batch = tl.program_id(1)
    row = tl.program_id(0) * ROW_BLOCK + tl.arange(0, ROW_BLOCK)[:, None]
    unit = tl.arange(0, UNIT_BLOCK)[None, :]
    d = tl.arange(0, DEPTH_BLOCK)
    base = batch * 3200 + row * 64
    q = tl.load(q_ptr + base + d[None, :], mask=(row < ROWS), other=0)
    left = q
    largest = tl.full([ROW_BLOCK, 1], float("-inf"), tl.float32)
    total = tl.zeros([ROW_BLOCK, 1], tl.float32)
    acc = tl.zeros([ROW_BLOCK, UNIT_BLOCK], tl.float32)
    i = batch % 3
    base_1 = i * 2500 + row * 50
    base_2 = batch * 3200 + unit
    for start in range(0, KEYS, KEY_BLOCK):
        key = start + tl.arange(0, KEY_BLOCK)
        k = tl.load(k_ptr + batch * 3200 + key[None, :] * 64 + d[:, None], mask=(key[None, :] < KEYS), other=0)
        right = k
        product = tl.dot(left, right, input_precision="tf32x3")
        mul = product * 0.125
        bias = tl.load(bias_ptr + base_1 + key[None, :], mask=(row < ROWS) & (key[None, :] < KEYS), other=0)
        add = mul + bias
        score = tl.broadcast_to(tl.where(key[None, :] < KEYS, add, float("-inf")), [ROW_BLOCK, KEY_BLOCK])
        grown = tl.maximum(largest, tl.max(score, axis=1, keep_dims=True))
        shift = tl.where(grown == float("-inf"), 0.0, grown)
        power = tl.exp(score - shift)
        kept = tl.exp(largest - shift)
        total = total * kept + tl.sum(power, axis=1, keep_dims=True)
        largest = grown
        v = tl.load(v_ptr + base_2 + key[:, None] * 64, mask=(key[:, None] < KEYS), other=0)
        value = v
        acc = tl.dot(power, value, acc * kept, input_precision="tf32x3")
    acc = acc / total
    relu = tl.where(acc < 0.0, 0.0, acc)
    i_1 = batch // 3
    tl.store(relu_ptr + i_1 * 9600 + row * 192 + i * 64 + unit, relu, mask=(row < ROWS))

