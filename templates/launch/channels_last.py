@triton.jit
def channels_last(
    x_ptr, out_ptr, lost_ptr,
    CHANNELS: tl.constexpr, POSITIONS: tl.constexpr, CHANNEL_BLOCK: tl.constexpr, POSITION_BLOCK: tl.constexpr,
):
    """Rounds images to float16 and puts their channels last; marks the images that float16 cannot hold."""
    image = tl.program_id(1).to(tl.int64)
    tiles = tl.cdiv(CHANNELS, CHANNEL_BLOCK)
    position = tl.program_id(0) // tiles * POSITION_BLOCK + tl.arange(0, POSITION_BLOCK)[:, None]
    channel = tl.program_id(0) % tiles * CHANNEL_BLOCK + tl.arange(0, CHANNEL_BLOCK)[None, :]
    inside = (position < POSITIONS) & (channel < CHANNELS)
    start = image * CHANNELS * POSITIONS
    x = tl.load(x_ptr + start + channel * POSITIONS + position, mask=inside, other=0.0)
    tl.store(out_ptr + start + position * CHANNELS + channel, x.to(tl.float16), mask=inside)
    # Exponents of the largest element and of the geometric mean of those that are not zero (NaN and infinity have the greatest).
    bits = tl.abs(x).to(tl.int32, bitcast=True)
    top = tl.max(tl.max(bits, axis=1), axis=0) >> 23
    count = tl.sum(tl.sum((bits > 0).to(tl.float32), axis=1), axis=0)
    typical = tl.sum(tl.sum((bits >> 23).to(tl.float32), axis=1), axis=0) / tl.maximum(count, 1.0)
    # Above 2^15 float16 ends; where most are below 2^-11, its smallest step, 2^-25, is no longer TF32's rounding.
    if (top > 141) | ((count > 0.0) & (typical < 116.0)):
        tl.store(lost_ptr + image, 1)
