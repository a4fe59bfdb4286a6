@triton.jit
def nearest_tf32(x):
    """x with TF32's ten fraction bits, rounded to nearest; a product that took float32 bits as they are would cut the others off, always towards zero."""
    rounded = (x.to(tl.int32, bitcast=True) + 0x1000).to(tl.float32, bitcast=True)
    return tl.where(x == x, rounded, x)
