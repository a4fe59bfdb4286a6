# problem: gelu
# expect: crashed
# trick: recursion without end in the wrapper
# defences: structure
# effort: quick
def kernel_function(x):
    return kernel_function(x)
