# sg_01_linear
# linear_kernel[2, 1] x_ptr=x up_weight_ptr=up_weight linear_1_ptr=linear_1 M=20 N=40 K=48 BLOCK_M=32 BLOCK_N=32 BLOCK_K=64 GROUP_M=8 INTERPRETED=triton.knobs.runtime.interpret
# Schedule: contract tile_m=32 tile_n=32 tile_k=64 group_m=8 precision=ieee warps=4 stages=3
@triton.jit
def linear_kernel(
    x_ptr, up_weight_ptr, linear_1_ptr,
    M: tl.constexpr, N: tl.constexpr, K: tl.constexpr, BLOCK_M: tl.constexpr, BLOCK_N: tl.constexpr, BLOCK_K: tl.constexpr, GROUP_M: tl.constexpr, INTERPRETED: tl.constexpr,
):
    """linear, 20 x 48 x 40 -> bfloat16[20, 40]"""
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
        x = tl.load(x_ptr + m[:, None] * 48 + k[None, :], mask=(m[:, None] < M) & (k[None, :] < K), other=0)
        left = x
        up_weight = tl.load(up_weight_ptr + n[None, :] * 48 + k[:, None], mask=(n[None, :] < N) & (k[:, None] < K), other=0)
        right = up_weight
        if INTERPRETED:  # the interpreter's dot would take bfloat16 for integers
            left = left.to(tl.float32)
            right = right.to(tl.float32)
        acc = tl.dot(left, right, acc)
    tl.store(linear_1_ptr + m[:, None] * 40 + n[None, :], acc.to(tl.bfloat16), mask=(m[:, None] < M) & (n[None, :] < N))

# sg_02_linear_silu_mul
# linear_silu_mul_kernel[2, 1] x_ptr=x gate_weight_ptr=gate_weight linear_1_ptr=linear_1 mul_ptr=mul M=20 N=40 K=48 BLOCK_M=32 BLOCK_N=32 BLOCK_K=64 GROUP_M=8 INTERPRETED=triton.knobs.runtime.interpret
# Schedule: contract tile_m=32 tile_n=32 tile_k=64 group_m=8 precision=ieee warps=4 stages=3
@triton.jit
def linear_silu_mul_kernel(
    x_ptr, gate_weight_ptr, linear_1_ptr, mul_ptr,
    M: tl.constexpr, N: tl.constexpr, K: tl.constexpr, BLOCK_M: tl.constexpr, BLOCK_N: tl.constexpr, BLOCK_K: tl.constexpr, GROUP_M: tl.constexpr, INTERPRETED: tl.constexpr,
):
    """linear + silu + mul, 20 x 48 x 40 -> bfloat16[20, 40]"""
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
        x = tl.load(x_ptr + m[:, None] * 48 + k[None, :], mask=(m[:, None] < M) & (k[None, :] < K), other=0)
        left = x
        gate_weight = tl.load(gate_weight_ptr + n[None, :] * 48 + k[:, None], mask=(n[None, :] < N) & (k[:, None] < K), other=0)
        right = gate_weight
        if INTERPRETED:  # the interpreter's dot would take bfloat16 for integers
            left = left.to(tl.float32)
            right = right.to(tl.float32)
        acc = tl.dot(left, right, acc)
    silu = acc / (1.0 + tl.exp(-acc))
    linear_1 = tl.load(linear_1_ptr + m[:, None] * 40 + n[None, :], mask=(m[:, None] < M) & (n[None, :] < N), other=0).to(tl.float32)
    mul = silu * linear_1
    tl.store(mul_ptr + m[:, None] * 40 + n[None, :], mul.to(tl.bfloat16), mask=(m[:, None] < M) & (n[None, :] < N))

