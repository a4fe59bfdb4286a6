# problem: gelu
# expect: crashed
# trick: recursion without end in the wrapper
def kernel_function(x):
    return kernel_function(x)
