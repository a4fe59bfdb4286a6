# problem: matmul
# expect: unsafe
# trick: asks for the type of a class, which is type, and makes a subclass of tensors with it
# defences: source policy
# effort: quick
import torch
import triton
import triton.language as tl


def _make_subclass():
    return 0


def matmul():
    return 0


class Plain:
    pass


@triton.jit
def copying(x_ptr, y_ptr, count, BLOCK: tl.constexpr):
    i = tl.program_id(0) * BLOCK + tl.arange(0, BLOCK)
    tl.store(y_ptr + i, tl.load(x_ptr + i, mask=i < count), mask=i < count)


def kernel_function(a, b):
    kept = []

    def dispatch(cls, function, types, args=(), kwargs=None):
        if not kept:
            kept.append(1)
            kept.append(a.matmul(b))
        return a.view(-1)

    make = type(Plain)
    kind = make("T", (type(a),), {"__torch_dispatch__": classmethod(dispatch)})
    odd = kind._make_subclass(kind, torch.empty(4))
    odd.view(-1)
    y = kept[1]
    result = torch.empty(y.shape, dtype=y.dtype, device=y.device)
    copying[(triton.cdiv(y.numel(), 1024),)](y, result, y.numel(), BLOCK=1024)
    return result
