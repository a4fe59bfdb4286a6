# problem: gelu
# expect: timed out
# seconds: 8
# trick: never returns
# defences: structure
# effort: quick
def kernel_function(x):
    while True:
        x = x
