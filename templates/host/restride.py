@triton.jit(do_not_specialize=["count"] + [f"{kind}{axis}" for kind in ("n", "d", "s") for axis in range(8)])
def _strided_copy_kernel(
    destination,
    source,
    count,
    n0, n1, n2, n3, n4, n5, n6, n7,
    d0, d1, d2, d3, d4, d5, d6, d7,
    s0, s1, s2, s3, s4, s5, s6, s7,
    BLOCK: tl.constexpr,
):  # fmt: skip
    # Copies element by element between two layouts of the same shape (n), with strides d and s.
    rest = tl.program_id(0).to(tl.int64) * BLOCK + tl.arange(0, BLOCK)
    inside = rest < count
    i7 = rest % n7
    rest = rest // n7
    i6 = rest % n6
    rest = rest // n6
    i5 = rest % n5
    rest = rest // n5
    i4 = rest % n4
    rest = rest // n4
    i3 = rest % n3
    rest = rest // n3
    i2 = rest % n2
    rest = rest // n2
    i1 = rest % n1
    i0 = rest // n1
    to = i0 * d0 + i1 * d1 + i2 * d2 + i3 * d3 + i4 * d4 + i5 * d5 + i6 * d6 + i7 * d7
    at = i0 * s0 + i1 * s1 + i2 * s2 + i3 * s3 + i4 * s4 + i5 * s5 + i6 * s6 + i7 * s7
    tl.store(destination + to, tl.load(source + at, mask=inside), mask=inside)


def _copy_into(destination, source):
    """Writes the elements of source over those of destination, whatever their strides."""
    count = source.numel()
    if count > 0:
        pad = 8 - source.dim()
        extents = (1,) * pad + tuple(source.shape)
        to = (0,) * pad + destination.stride()
        at = (0,) * pad + source.stride()
        _strided_copy_kernel[(triton.cdiv(count, 1024),)](
            destination, source, count, *extents, *to, *at, BLOCK=1024, num_warps=4
        )


def _as_expected(x, shape, stride):
    """Returns x where it has these strides (extents of 0 and 1 may have any), and otherwise a copy that has them."""
    if x.stride() == stride or x.numel() == 0:
        return x
    if all(have == want or extent == 1 for have, want, extent in zip(x.stride(), stride, shape)):
        return x
    if any(want == 0 and extent > 1 for want, extent in zip(stride, shape)):
        raise ValueError(f"made for an expanded tensor of strides {stride}, got strides {x.stride()}")
    copy = torch.empty_strided(shape, stride, dtype=x.dtype, device=x.device)
    _copy_into(copy, x)
    return copy
