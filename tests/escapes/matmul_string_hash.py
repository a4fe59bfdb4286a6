# problem: matmul
# expect: unsafe
# trick: a # in a string, where a scanner of lines thinks a comment begins
# defences: source policy, operator trace, launch evidence
# effort: quick
import torch


def kernel_function(a, b):
    s = "#"; y = torch.matmul(a, b)
    return y
