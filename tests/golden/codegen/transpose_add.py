# sg_01_add
# add_kernel[1] x_ptr=x add_ptr=add LENGTH=289 BLOCK=512
# Schedule: map block=512 warps=2 stages=2
@triton.jit
def add_kernel(x_ptr, add_ptr, LENGTH: tl.constexpr, BLOCK: tl.constexpr):
    """add -> float32[17, 17]"""
    offs = tl.program_id(0) * BLOCK + tl.arange(0, BLOCK)
    mask = offs < LENGTH
    i1 = offs % 17
    i0 = offs // 17
    x = tl.load(x_ptr + i0 * 17 + i1, mask=mask, other=0)
    x_1 = tl.load(x_ptr + i1 * 17 + i0, mask=mask, other=0)
    add = x + x_1
    tl.store(add_ptr + i0 * 17 + i1, add, mask=mask)

