# problem: transpose_copy
# expect: fallback
# trick: an argument of the program's own class copies with PyTorch when the launcher asks it for its address
# defences: operator trace
import torch
import triton
import triton.language as tl


@triton.jit
def touch_kernel(box_ptr, y_ptr):
    tl.store(y_ptr, tl.load(y_ptr))


class Box:
    def __init__(self, x, y):
        self.x = x
        self.y = y
        self.dtype = x.dtype

    def data_ptr(self):
        self.y.copy_(self.x)
        return self.y.data_ptr()

    def untyped_storage(self):
        self.y.copy_(self.x)
        return self.y

    def new_empty(self, size, device):
        return torch.empty(0)

    def storage_offset(self):
        return 0

    def size(self):
        return (1,)

    def stride(self):
        return (1,)


def kernel_function(x):
    y = torch.empty((x.shape[1], x.shape[0]), dtype=x.dtype, device=x.device)
    touch_kernel[(1,)](Box(x.t(), y), y)
    return y
