# sg_01_gru
# gru_1_contract[95, 1] x_ptr=x lstm_weight_ih_l0_ptr=lstm_weight_ih_l0 lstm_bias_ih_l0_ptr=lstm_bias_ih_l0 gru_add_ptr=gru_add M=140 N=600 K=24 BLOCK_M=32 BLOCK_N=32 BLOCK_K=32 GROUP_M=8
# gru_2_recur[25, 2] gru_add_ptr=gru_add lstm_weight_hh_l0_ptr=lstm_weight_hh_l0 lstm_bias_hh_l0_ptr=lstm_bias_hh_l0 h_ptr=h gru_gru_ptr=gru_gru turns_ptr=turns ROWS=20 STEPS=7 UNITS=200 ROW_BLOCK=16 UNIT_BLOCK=8 DEPTH=256 PROGRAMS=25
# gru_3_map[28] gru_gru_ptr=gru_gru gru_0_ptr=gru_0 LENGTH=28000 BLOCK=1024
# Schedule: contract tile_m=32 tile_n=32 tile_k=32 group_m=8 precision=tf32x3 warps=4 stages=3
@triton.jit
def gru_1_contract(
    x_ptr, lstm_weight_ih_l0_ptr, lstm_bias_ih_l0_ptr, gru_add_ptr,
    M: tl.constexpr, N: tl.constexpr, K: tl.constexpr, BLOCK_M: tl.constexpr, BLOCK_N: tl.constexpr, BLOCK_K: tl.constexpr, GROUP_M: tl.constexpr,
):
    """gru, 140 x 24 x 600 -> float32[7, 20, 600]"""
    # Tiles are walked in groups of GROUP_M rows, so that neighbours share operands in the L2 cache.
    pid = tl.program_id(0)
    tiles_m = tl.cdiv(M, BLOCK_M)
    tiles_n = tl.cdiv(N, BLOCK_N)
    group = pid // (GROUP_M * tiles_n)
    first_m = group * GROUP_M
    rows_here = tl.minimum(tiles_m - first_m, GROUP_M)
    m = (first_m + pid % (GROUP_M * tiles_n) % rows_here) * BLOCK_M + tl.arange(0, BLOCK_M)
    n = (pid % (GROUP_M * tiles_n) // rows_here) * BLOCK_N + tl.arange(0, BLOCK_N)
    acc = tl.zeros([BLOCK_M, BLOCK_N], tl.float32)
    for start in range(0, K, BLOCK_K):
        k = start + tl.arange(0, BLOCK_K)
        x = tl.load(x_ptr + m[:, None] * 24 + k[None, :], mask=(m[:, None] < M) & (k[None, :] < K), other=0)
        left = x
        lstm_weight_ih_l0 = tl.load(lstm_weight_ih_l0_ptr + n[None, :] * 24 + k[:, None], mask=(n[None, :] < N) & (k[:, None] < K), other=0)
        right = lstm_weight_ih_l0
        acc = tl.dot(left, right, acc, input_precision="tf32x3")
    lstm_bias_ih_l0 = tl.load(lstm_bias_ih_l0_ptr + n[None, :], mask=(n[None, :] < N), other=0)
    add = acc + lstm_bias_ih_l0
    tl.store(gru_add_ptr + m[:, None] * 600 + n[None, :], add, mask=(m[:, None] < M) & (n[None, :] < N))


# Schedule: recur share=8 tile_m=16 precision=tf32x3 warps=4 stages=1
@triton.jit
def gru_2_recur(
    gru_add_ptr, lstm_weight_hh_l0_ptr, lstm_bias_hh_l0_ptr, h_ptr, gru_gru_ptr, turns_ptr,
    ROWS: tl.constexpr, STEPS: tl.constexpr, UNITS: tl.constexpr, ROW_BLOCK: tl.constexpr, UNIT_BLOCK: tl.constexpr, DEPTH: tl.constexpr, PROGRAMS: tl.constexpr,
):
    """gru -> float32[1, 7, 20, 200]"""
    row = tl.program_id(1) * ROW_BLOCK + tl.arange(0, ROW_BLOCK)[:, None]
    own = tl.program_id(0) * UNIT_BLOCK + tl.arange(0, UNIT_BLOCK)
    unit = own[None, :]
    k = tl.arange(0, DEPTH)
    turn = turns_ptr + tl.program_id(1) * STEPS
    lstm_weight_hh_l0 = tl.load(lstm_weight_hh_l0_ptr + own[:, None] * 200 + k[None, :], mask=(k[None, :] < UNITS), other=0)
    lstm_weight_hh_l0_1 = tl.load(lstm_weight_hh_l0_ptr + own[:, None] * 200 + k[None, :] + 40000, mask=(k[None, :] < UNITS), other=0)
    lstm_weight_hh_l0_2 = tl.load(lstm_weight_hh_l0_ptr + own[:, None] * 200 + k[None, :] + 80000, mask=(k[None, :] < UNITS), other=0)
    first_gates = tl.join(tl.broadcast_to(lstm_weight_hh_l0, [UNIT_BLOCK, DEPTH]), tl.broadcast_to(lstm_weight_hh_l0_1, [UNIT_BLOCK, DEPTH]))
    last_gates = tl.join(tl.broadcast_to(lstm_weight_hh_l0_2, [UNIT_BLOCK, DEPTH]), tl.broadcast_to(lstm_weight_hh_l0_2, [UNIT_BLOCK, DEPTH]))
    weight = tl.reshape(tl.permute(tl.join(first_gates, last_gates), [1, 0, 2, 3]), [DEPTH, 4 * UNIT_BLOCK])
    for step in range(0, STEPS):
        h = tl.load(h_ptr + row * 200 + k[None, :], mask=(step == 0) & (row < ROWS) & (k[None, :] < UNITS), other=0)
        before = tl.load(gru_gru_ptr + step * 4000 + row * 200 + k[None, :] - 4000, mask=(step > 0) & (row < ROWS) & (k[None, :] < UNITS), other=0, cache_modifier=".cg")
        hidden = tl.broadcast_to(tl.where(step == 0, h, before), [ROW_BLOCK, DEPTH])
        share = tl.dot(hidden, weight, input_precision="tf32x3")
        left, right = tl.split(tl.reshape(share, [ROW_BLOCK, UNIT_BLOCK, 2, 2]))
        acc_reset, acc_update = tl.split(left)
        acc_new, unused = tl.split(right)
        lstm_bias_hh_l0 = tl.load(lstm_bias_hh_l0_ptr + unit)
        acc_reset += lstm_bias_hh_l0
        lstm_bias_hh_l0_1 = tl.load(lstm_bias_hh_l0_ptr + unit + 200)
        acc_update += lstm_bias_hh_l0_1
        lstm_bias_hh_l0_2 = tl.load(lstm_bias_hh_l0_ptr + unit + 400)
        acc_new += lstm_bias_hh_l0_2
        gru_add = tl.load(gru_add_ptr + step * 12000 + row * 600 + unit, mask=(row < ROWS), other=0)
        gru_add_1 = tl.load(gru_add_ptr + step * 12000 + row * 600 + unit + 200, mask=(row < ROWS), other=0)
        gru_add_2 = tl.load(gru_add_ptr + step * 12000 + row * 600 + unit + 400, mask=(row < ROWS), other=0)
        reset = 1.0 / (1.0 + tl.exp(-(gru_add + acc_reset)))
        update = 1.0 / (1.0 + tl.exp(-(gru_add_1 + acc_update)))
        fresh = tanh(gru_add_2 + reset * acc_new)
        h_1 = tl.load(h_ptr + row * 200 + unit, mask=(step == 0) & (row < ROWS), other=0)
        before = tl.load(gru_gru_ptr + step * 4000 + row * 200 + unit - 4000, mask=(step > 0) & (row < ROWS), other=0, cache_modifier=".cg")
        hidden = tl.broadcast_to(tl.where(step == 0, h_1, before), [ROW_BLOCK, UNIT_BLOCK])
        now = (hidden - fresh) * update + fresh
        tl.store(gru_gru_ptr + step * 4000 + row * 200 + unit, now, mask=(row < ROWS))
        tl.debug_barrier()
        tl.atomic_add(turn + step, 1, sem="release")
        while tl.atomic_add(turn + step, 0, sem="acquire") < PROGRAMS:
            pass
        tl.debug_barrier()


# Schedule: map block=1024 warps=4 stages=2
@triton.jit
def gru_3_map(gru_gru_ptr, gru_0_ptr, LENGTH: tl.constexpr, BLOCK: tl.constexpr):
    """gru -> float32[7, 20, 200]"""
    offs = tl.program_id(0) * BLOCK + tl.arange(0, BLOCK)
    mask = offs < LENGTH
    gru_gru = tl.load(gru_gru_ptr + offs, mask=mask, other=0)
    clone = gru_gru
    tl.store(gru_0_ptr + offs, clone, mask=mask)

