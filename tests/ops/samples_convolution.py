"""Samples of convolutions: strides, paddings, dilations, groups, depthwise, few and many channels, and their transposes by phase."""
from samples import FLOATS, call, sample

# Few products are multiplied and summed; from 4 out channels, 16 positions and 16 products on they become a matrix product, whose depth
# is walked tap by tap from 16 channels on.
sample("conv1d.default", FLOATS, lambda m: call(m(2, 3, 9), m(4, 3, 3), m(4)), lambda m: call(m(2, 16, 20), m(5, 16, 3), None, [2], [2], [2]),
       lambda m: call(m(6, 11), m(4, 3, 2), m(4), [1], [1], [1], 2), lambda m: call(m(1, 2, 7), m(2, 1, 3), None, [1], [1], [1], 2))
sample("conv2d.default", FLOATS, lambda m: call(m(2, 3, 7, 6), m(4, 3, 3, 3), m(4)), lambda m: call(m(1, 17, 7, 9), m(6, 17, 3, 2), m(6), [2, 1], [1, 0], [1, 2]),
       lambda m: call(m(2, 32, 5, 4), m(8, 16, 3, 3), None, [1, 1], [1, 1], [1, 1], 2), lambda m: call(m(2, 6, 5, 7), m(6, 1, 3, 3), m(6), [1, 2], [1, 1], [1, 1], 6),
       lambda m: call(m(2, 4, 6, 5).transpose(1, 3).contiguous().transpose(1, 3), m(8, 4, 1, 1), m(8)), lambda m: call(m(3, 2, 4, 4), m(5, 2, 4, 4), m(5)),
       lambda m: call(m(1, 4, 93, 95), m(4, 1, 3, 3), m(4), [1, 1], [1, 1], [1, 1], 4),  # so many outputs that each has a thread
       lambda m: call(m(5, 6, 6), m(7, 5, 3, 3), m(7)), lambda m: call(m(2, 4, 9, 9), m(12, 2, 3, 3), m(12), [2, 2], [3, 3], [2, 2], 2))
sample("conv3d.default", FLOATS, lambda m: call(m(1, 2, 5, 6, 4), m(4, 2, 3, 2, 3), m(4)), lambda m: call(m(1, 16, 4, 5, 4), m(5, 16, 2, 3, 3), None, [1, 2, 1], [0, 1, 1], [1, 1, 1]),
       lambda m: call(m(1, 3, 4, 4, 4), m(3, 1, 3, 3, 3), m(3), [1, 1, 1], [1, 1, 1], [1, 1, 1], 3))
sample("conv1d.padding", FLOATS, lambda m: call(m(2, 3, 9), m(4, 3, 4), m(4), [1], "same"), lambda m: call(m(2, 3, 9), m(4, 3, 4), None, [2], "valid"))
sample("conv2d.padding", FLOATS, lambda m: call(m(2, 3, 6, 5), m(4, 3, 4, 3), m(4), [1, 1], "same", [1, 2]))
sample("conv3d.padding", FLOATS, lambda m: call(m(1, 2, 4, 4, 5), m(4, 2, 2, 3, 3), m(4), [1, 1, 1], "same"))
sample("conv_transpose1d.default", FLOATS, lambda m: call(m(2, 3, 7), m(3, 4, 3), m(4)), lambda m: call(m(2, 3, 9), m(3, 5, 4), None, [2], [1], [1]),
       lambda m: call(m(2, 4, 8), m(4, 2, 5), m(4), [3], [2], [2], 2, [2]), lambda m: call(m(3, 6), m(3, 4, 2), m(4), [3]), lambda m: call(m(1, 16, 20), m(16, 4, 3), None, [1], [2], [0], 1, [3]))
sample("conv_transpose2d.input", FLOATS, lambda m: call(m(2, 3, 5, 4), m(3, 4, 3, 3), m(4), [2, 2], [1, 1], [1, 1]), lambda m: call(m(1, 17, 5, 4), m(17, 6, 4, 4), m(6), [2, 2], [1, 1]),
       lambda m: call(m(2, 4, 4, 3), m(4, 3, 3, 5), None, [2, 3], [1, 2], [0, 0], 2, [2, 1]), lambda m: call(m(2, 6, 4, 5), m(6, 1, 3, 3), m(6), [2, 1], [1, 0], [0, 0], 6),
       lambda m: call(m(1, 4, 4, 4), m(4, 4, 2, 2), m(4), [2, 2]), lambda m: call(m(1, 4, 3, 4), m(4, 5, 3, 3), m(5), [4, 2], [1, 1], [0, 0], 1, [2, 2]),
       # As many taps for every phase: one convolution of more out channels, cropped.
       lambda m: call(m(1, 8, 4, 5), m(8, 2, 6, 4), m(4), [3, 2], [4, 1], [1, 0], 2), lambda m: call(m(2, 16, 5, 4), m(16, 4, 4, 3), None, [2, 1], [1, 1], [1, 0], 1, [1, 2]))
sample("conv_transpose3d.input", FLOATS, lambda m: call(m(1, 3, 3, 4, 3), m(3, 4, 3, 3, 3), m(4), [2, 2, 2], [1, 1, 1], [1, 1, 1]),
       lambda m: call(m(1, 4, 3, 3, 4), m(4, 2, 2, 3, 2), None, [1, 2, 1], [0, 1, 0], [0, 0, 0], 2),
       lambda m: call(m(1, 4, 3, 2, 3), m(4, 4, 4, 2, 2), m(4), [2, 2, 2], [1, 0, 0], [1, 0, 1]))
either = lambda m, transposed, pad=(0, 0): ([2, 1], [1, 1], [1, 1], transposed, list(pad), 1)
sample("convolution.default", FLOATS, lambda m: call(m(2, 3, 6, 5), m(4, 3, 3, 3), m(4), *either(m, False)), lambda m: call(m(2, 3, 4, 5), m(3, 4, 3, 3), m(4), *either(m, True, (1, 0))))
sample("_convolution.default", FLOATS, lambda m: call(m(2, 3, 6, 5), m(4, 3, 3, 3), m(4), *either(m, False), False, False, False, False))
sample("mkldnn_convolution.default", ("float32",), lambda m: call(m(2, 3, 6, 5), m(4, 3, 3, 3), m(4), [1, 1], [2, 1], [1, 1], 1))
sample("_conv_depthwise2d.default conv_depthwise3d.default cudnn_convolution.default", ())
