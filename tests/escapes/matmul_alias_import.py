# problem: matmul
# expect: unsafe
# trick: the operator under another name: from torch import matmul as m
# defences: source policy, operator trace, launch evidence
# effort: quick
from torch import matmul as m


def kernel_function(a, b):
    return m(a, b)
