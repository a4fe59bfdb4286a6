# sg_01_matmul_div_where_matmul
# matmul_div_where_matmul_kernel[2, 4] mask_1_ptr=mask_1 q_ptr=q k_ptr=k v_ptr=v matmul_1_bmm_ptr=matmul_1_bmm ROWS=24 KEYS=24 UNITS=16 ROW_BLOCK=16 KEY_BLOCK=32 UNIT_BLOCK=16 DEPTH=16 DEPTH_BLOCK=16
# Schedule: attend tile_m=16 tile_n=32 precision=ieee warps=4 stages=2
@triton.jit
def matmul_div_where_matmul_kernel(
    mask_1_ptr, q_ptr, k_ptr, v_ptr, matmul_1_bmm_ptr,
    ROWS: tl.constexpr, KEYS: tl.constexpr, UNITS: tl.constexpr, ROW_BLOCK: tl.constexpr, KEY_BLOCK: tl.constexpr, UNIT_BLOCK: tl.constexpr, DEPTH: tl.constexpr, DEPTH_BLOCK: tl.constexpr,
):
    """matmul + div + where, 24 rows past 24 keys -> float32[4, 24, 16]"""
    batch = tl.program_id(1)
    row = tl.program_id(0) * ROW_BLOCK + tl.arange(0, ROW_BLOCK)[:, None]
    unit = tl.arange(0, UNIT_BLOCK)[None, :]
    d = tl.arange(0, DEPTH_BLOCK)
    base = batch * 384 + row * 16
    q = tl.load(q_ptr + base + d[None, :], mask=(row < ROWS), other=0)
    left = q
    largest = tl.full([ROW_BLOCK, 1], float("-inf"), tl.float32)
    total = tl.zeros([ROW_BLOCK, 1], tl.float32)
    acc = tl.zeros([ROW_BLOCK, UNIT_BLOCK], tl.float32)
    base_1 = batch * 384 + unit
    for start in range(0, KEYS, KEY_BLOCK):
        key = start + tl.arange(0, KEY_BLOCK)
        k = tl.load(k_ptr + batch * 384 + key[None, :] * 16 + d[:, None], mask=(key[None, :] < KEYS), other=0)
        right = k
        product = tl.dot(left, right, input_precision="ieee")
        mask_1 = tl.load(mask_1_ptr + row * 24 + key[None, :], mask=(row < ROWS) & (key[None, :] < KEYS), other=0).to(tl.int1)
        div = product * 0.25
        where = tl.where(mask_1, float("-inf"), div)
        score = tl.broadcast_to(tl.where(key[None, :] < KEYS, where, float("-inf")), [ROW_BLOCK, KEY_BLOCK])
        grown = tl.maximum(largest, tl.max(score, axis=1, keep_dims=True))
        shift = tl.where(grown == float("-inf"), 0.0, grown)
        power = tl.exp(score - shift)
        kept = tl.exp(largest - shift)
        total = total * kept + tl.sum(power, axis=1, keep_dims=True)
        largest = grown
        v = tl.load(v_ptr + base_1 + key[:, None] * 16, mask=(key[:, None] < KEYS), other=0)
        value = v
        acc = tl.dot(power, value, acc * kept, input_precision="ieee")
    acc = acc / total
    tl.store(matmul_1_bmm_ptr + batch * 384 + row * 16 + unit, acc, mask=(row < ROWS))

