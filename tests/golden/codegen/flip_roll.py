# sg_01_flip_add
# flip_add_kernel[1] x_ptr=x add_ptr=add LENGTH=108 BLOCK=128
# Schedule: map block=128 warps=2 stages=2
@triton.jit
def flip_add_kernel(x_ptr, add_ptr, LENGTH: tl.constexpr, BLOCK: tl.constexpr):
    """flip + add -> float32[9, 12]"""
    offs = tl.program_id(0) * BLOCK + tl.arange(0, BLOCK)
    mask = offs < LENGTH
    i1 = offs % 12
    i0 = offs // 12
    x = tl.load(x_ptr + i1 - i0 * 12 + 96, mask=mask, other=0)
    add = x + 1.0
    tl.store(add_ptr + i0 * 12 + i1, add, mask=mask)

# sg_02_index_select_mul
# index_select_mul_kernel[1] x_ptr=x mul_ptr=mul LENGTH=108 BLOCK=128
# Schedule: map block=128 warps=2 stages=2
@triton.jit
def index_select_mul_kernel(x_ptr, mul_ptr, LENGTH: tl.constexpr, BLOCK: tl.constexpr):
    """index_select + mul -> float32[9, 12]"""
    offs = tl.program_id(0) * BLOCK + tl.arange(0, BLOCK)
    mask = offs < LENGTH
    i1 = offs % 12
    i0 = offs // 12
    position = (i1).to(tl.int64)
    add = position + 10
    fmod_1 = fmod(add, 12)
    x = tl.load(x_ptr + i0 * 12 + fmod_1, mask=mask & (fmod_1 >= 0) & (fmod_1 < 12), other=0)
    mul = x * 3.0
    tl.store(mul_ptr + i0 * 12 + i1, mul, mask=mask)

