# problem: matmul
# expect: unsafe
# trick: declares an encoding in which the comment below is code
# defences: source policy, structure
# effort: quick
# -*- coding: utf-7 -*-
def kernel_function(a, b):
    # +AAo-    return a@b
    return a
