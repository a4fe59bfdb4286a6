# problem: gelu
# expect: timed_out
# trick: never returns
def kernel_function(x):
    while True:
        x = x
