"""Samples of running sums, products and extremes."""
import torch
from samples import NARROW, NUMBERS, call, sample

along = (lambda m: call(m(3, 7), 1), lambda m: call(m(5, 4, 3), 0), lambda m: call(m(2, 6, 5), -2), lambda m: call(m(9).flip(0), 0), lambda m: call(m(), 0),
         lambda m: call(m(3, 1), 1), lambda m: call(m(6, 4).t(), 1))
longer = lambda m: call(m(2, 8200, low=-0.01, high=0.01), 1)

sample("cumsum.default", NUMBERS + ("bool",), *along, longer, lambda m: call(m(3, 7), 1, dtype=torch.float32), special=True)
sample("cumprod.default", NUMBERS + ("bool",), *along, lambda m: call(m(2, 8200, low=0.999, high=1.001), 1), special=True)
sample("cummax.default cummin.default", NUMBERS, *along, special=True)
sample("logcumsumexp.default", NARROW, *along, special=True)
