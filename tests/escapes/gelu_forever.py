# problem: gelu
# expect: timed out
# seconds: 8
# trick: never returns
def kernel_function(x):
    while True:
        x = x
