# problem: gelu
# expect: wrong
# trick: returns its input
# defences: aliasing, fresh memory, launch evidence, rms bound, largest bound
# effort: quick
def kernel_function(x):
    return x
