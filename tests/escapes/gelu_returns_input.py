# problem: gelu
# expect: wrong
# trick: returns its input
def kernel_function(x):
    return x
