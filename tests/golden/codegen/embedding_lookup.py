# sg_01_embedding_mul_embedding_add
# embedding_mul_embedding_add_kernel[2] ids_ptr=ids tokens_weight_ptr=tokens_weight positions_weight_ptr=positions_weight add_ptr=add LENGTH=1560 BLOCK=1024
# Schedule: map block=1024 warps=4 stages=2
@triton.jit
def embedding_mul_embedding_add_kernel(
    ids_ptr, tokens_weight_ptr, positions_weight_ptr, add_ptr,
    LENGTH: tl.constexpr, BLOCK: tl.constexpr,
):
    """embedding + mul + add -> float32[5, 13, 24]"""
    offs = tl.program_id(0) * BLOCK + tl.arange(0, BLOCK)
    mask = offs < LENGTH
    i2 = offs % 24
    i1 = (offs // 24) % 13
    i0 = offs // 312
    ids = tl.load(ids_ptr + i0 * 13 + i1, mask=mask, other=0)
    tokens_weight = tl.load(tokens_weight_ptr + ids * 24 + i2, mask=mask & (ids >= 0) & (ids < 97), other=0)
    mul = tokens_weight * 4.898979485566356
    position = (i1).to(tl.int64)
    positions_weight = tl.load(positions_weight_ptr + position * 24 + i2, mask=mask & (position >= 0) & (position < 16), other=0)
    add = mul + positions_weight
    tl.store(add_ptr + i0 * 312 + i1 * 24 + i2, add, mask=mask)

