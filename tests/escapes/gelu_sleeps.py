# problem: gelu
# expect: unsafe
# trick: sleeps until whoever waits gives up
# defences: source policy, structure
# effort: quick
# seconds: 4
import time


def kernel_function(x):
    time.sleep(1000000)
    return x
