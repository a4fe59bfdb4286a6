# problem: gelu
# expect: unsafe
# trick: ends the process through the C library
# defences: source policy, structure
# effort: quick
import ctypes


def kernel_function(x):
    ctypes.CDLL(None).exit(0)
