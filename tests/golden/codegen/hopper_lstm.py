# sg_01_lstm
# lstm_1_contract[96, 1] x_ptr=x lstm_weight_ih_l0_ptr=lstm_weight_ih_l0 lstm_bias_ih_l0_ptr=lstm_bias_ih_l0 lstm_add_ptr=lstm_add M=70 N=1024 K=24 BLOCK_M=32 BLOCK_N=32 BLOCK_K=32 GROUP_M=8
# lstm_2_recur[32, 1] lstm_add_ptr=lstm_add lstm_weight_hh_l0_ptr=lstm_weight_hh_l0 lstm_bias_hh_l0_ptr=lstm_bias_hh_l0 h_ptr=h c_ptr=c lstm_lstm_ptr=lstm_lstm turns_ptr=turns ROWS=10 STEPS=7 UNITS=256 ROW_BLOCK=16 UNIT_BLOCK=8 DEPTH=256 PROGRAMS=32
# lstm_3_map[18] lstm_lstm_ptr=lstm_lstm lstm_0_ptr=lstm_0 LENGTH=17920 BLOCK=1024
# Schedule: contract tile_m=32 tile_n=32 tile_k=32 group_m=8 precision=tf32x3 warps=4 stages=3
@triton.jit
def lstm_1_contract(
    x_ptr, lstm_weight_ih_l0_ptr, lstm_bias_ih_l0_ptr, lstm_add_ptr,
    M: tl.constexpr, N: tl.constexpr, K: tl.constexpr, BLOCK_M: tl.constexpr, BLOCK_N: tl.constexpr, BLOCK_K: tl.constexpr, GROUP_M: tl.constexpr,
):
    """lstm, 70 x 24 x 1024 -> float32[7, 10, 1024]"""
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
        lstm_weight_ih_l0 = tl.load(lstm_weight_ih_l0_ptr + n[None, :] * 24 + k[:, None], mask=(k[:, None] < K), other=0)
        right = lstm_weight_ih_l0
        acc = tl.dot(left, right, acc, input_precision="tf32x3")
    lstm_bias_ih_l0 = tl.load(lstm_bias_ih_l0_ptr + n[None, :])
    add = acc + lstm_bias_ih_l0
    tl.store(lstm_add_ptr + m[:, None] * 1024 + n[None, :], add, mask=(m[:, None] < M))


# Schedule: recur share=8 tile_m=16 precision=tf32x3 warps=4 stages=1
@triton.jit
def lstm_2_recur(
    lstm_add_ptr, lstm_weight_hh_l0_ptr, lstm_bias_hh_l0_ptr, h_ptr, c_ptr, lstm_lstm_ptr, turns_ptr,
    ROWS: tl.constexpr, STEPS: tl.constexpr, UNITS: tl.constexpr, ROW_BLOCK: tl.constexpr, UNIT_BLOCK: tl.constexpr, DEPTH: tl.constexpr, PROGRAMS: tl.constexpr,
):
    """lstm -> float32[2, 7, 10, 256]"""
    row = tl.program_id(1) * ROW_BLOCK + tl.arange(0, ROW_BLOCK)[:, None]
    own = tl.program_id(0) * UNIT_BLOCK + tl.arange(0, UNIT_BLOCK)
    unit = own[None, :]
    k = tl.arange(0, DEPTH)
    turn = turns_ptr + tl.program_id(1) * STEPS
    lstm_weight_hh_l0 = tl.load(lstm_weight_hh_l0_ptr + own[:, None] * 256 + k[None, :])
    lstm_weight_hh_l0_1 = tl.load(lstm_weight_hh_l0_ptr + own[:, None] * 256 + k[None, :] + 65536)
    lstm_weight_hh_l0_2 = tl.load(lstm_weight_hh_l0_ptr + own[:, None] * 256 + k[None, :] + 131072)
    lstm_weight_hh_l0_3 = tl.load(lstm_weight_hh_l0_ptr + own[:, None] * 256 + k[None, :] + 196608)
    first_gates = tl.join(tl.broadcast_to(lstm_weight_hh_l0, [UNIT_BLOCK, DEPTH]), tl.broadcast_to(lstm_weight_hh_l0_1, [UNIT_BLOCK, DEPTH]))
    last_gates = tl.join(tl.broadcast_to(lstm_weight_hh_l0_2, [UNIT_BLOCK, DEPTH]), tl.broadcast_to(lstm_weight_hh_l0_3, [UNIT_BLOCK, DEPTH]))
    weight = tl.reshape(tl.permute(tl.join(first_gates, last_gates), [1, 0, 2, 3]), [DEPTH, 4 * UNIT_BLOCK])
    for step in range(0, STEPS):
        h = tl.load(h_ptr + row * 256 + k[None, :], mask=(step == 0) & (row < ROWS), other=0)
        before = tl.load(lstm_lstm_ptr + step * 2560 + row * 256 + k[None, :] - 2560, mask=(step > 0) & (row < ROWS), other=0, cache_modifier=".cg")
        hidden = tl.broadcast_to(tl.where(step == 0, h, before), [ROW_BLOCK, DEPTH])
        share = tl.dot(hidden, weight, input_precision="tf32x3")
        left, right = tl.split(tl.reshape(share, [ROW_BLOCK, UNIT_BLOCK, 2, 2]))
        acc_input, acc_forget = tl.split(left)
        acc_cell, acc_output = tl.split(right)
        lstm_bias_hh_l0 = tl.load(lstm_bias_hh_l0_ptr + unit)
        acc_input += lstm_bias_hh_l0
        lstm_bias_hh_l0_1 = tl.load(lstm_bias_hh_l0_ptr + unit + 256)
        acc_forget += lstm_bias_hh_l0_1
        lstm_bias_hh_l0_2 = tl.load(lstm_bias_hh_l0_ptr + unit + 512)
        acc_cell += lstm_bias_hh_l0_2
        lstm_bias_hh_l0_3 = tl.load(lstm_bias_hh_l0_ptr + unit + 768)
        acc_output += lstm_bias_hh_l0_3
        lstm_add = tl.load(lstm_add_ptr + step * 10240 + row * 1024 + unit, mask=(row < ROWS), other=0)
        lstm_add_1 = tl.load(lstm_add_ptr + step * 10240 + row * 1024 + unit + 256, mask=(row < ROWS), other=0)
        lstm_add_2 = tl.load(lstm_add_ptr + step * 10240 + row * 1024 + unit + 512, mask=(row < ROWS), other=0)
        lstm_add_3 = tl.load(lstm_add_ptr + step * 10240 + row * 1024 + unit + 768, mask=(row < ROWS), other=0)
        c = tl.load(c_ptr + row * 256 + unit, mask=(step == 0) & (row < ROWS), other=0)
        before = tl.load(lstm_lstm_ptr + step * 2560 + row * 256 + unit + 15360, mask=(step > 0) & (row < ROWS), other=0, cache_modifier=".cg")
        cell = tl.broadcast_to(tl.where(step == 0, c, before), [ROW_BLOCK, UNIT_BLOCK])
        taken = 1.0 / (1.0 + tl.exp(-(lstm_add + acc_input)))
        kept = 1.0 / (1.0 + tl.exp(-(lstm_add_1 + acc_forget)))
        cell = kept * cell + taken * tanh(lstm_add_2 + acc_cell)
        shown = 1.0 / (1.0 + tl.exp(-(lstm_add_3 + acc_output)))
        now = shown * tanh(cell)
        tl.store(lstm_lstm_ptr + step * 2560 + row * 256 + unit, now, mask=(row < ROWS))
        tl.store(lstm_lstm_ptr + step * 2560 + row * 256 + unit + 17920, cell, mask=(row < ROWS))
        tl.debug_barrier()
        tl.atomic_add(turn + step, 1, sem="release")
        while tl.atomic_add(turn + step, 0, sem="acquire") < PROGRAMS:
            pass
        tl.debug_barrier()


# Schedule: map block=1024 warps=4 stages=2
@triton.jit
def lstm_3_map(lstm_lstm_ptr, lstm_0_ptr, LENGTH: tl.constexpr, BLOCK: tl.constexpr):
    """lstm -> float32[7, 10, 256]"""
    offs = tl.program_id(0) * BLOCK + tl.arange(0, BLOCK)
    mask = offs < LENGTH
    lstm_lstm = tl.load(lstm_lstm_ptr + offs, mask=mask, other=0)
    clone = lstm_lstm
    tl.store(lstm_0_ptr + offs, clone, mask=mask)

