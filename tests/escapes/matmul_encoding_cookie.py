# -*- coding: utf-7 -*-
# problem: matmul
# expect: unsafe
# trick: declares an encoding in which the comment below is code
# defences: source policy, structure
# effort: quick
def kernel_function(a, b):
    # +AAo-    return a@b
    return a
