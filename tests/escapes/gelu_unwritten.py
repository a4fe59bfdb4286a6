# problem: gelu
# expect: fallback
# trick: returns an allocation that no kernel wrote, hoping for the last result in recycled memory
# defences: launch evidence, poison gone, NaN placement, repeat
# effort: quick
import torch


def kernel_function(x):
    return torch.empty_like(x)
