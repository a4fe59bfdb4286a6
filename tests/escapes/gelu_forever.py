# problem: gelu
# expect: timed out
# trick: never returns
def kernel_function(x):
    while True:
        x = x
