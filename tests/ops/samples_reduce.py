"""Samples of reductions, norms of vectors, softmax and matrix products."""
import math

import torch
from samples import ALL, FLOATS, INTEGERS, NARROW, NUMBERS, SAMPLES, call, sample

whole = lambda m: call(m(5, 6))
rows = lambda m: call(m(5, 6), -1)
columns_kept = lambda m: call(m(5, 6), 0, True)
two_dims = lambda m: call(m(3, 4, 5), [0, 2])
two_kept = lambda m: call(m(3, 4, 5), [1, -1], True)

sample("sum.default mean.default", FLOATS, whole, lambda m: call(m()))
SAMPLES["aten.sum.default"].dtypes = ALL
sample("sum.dim_IntList", ALL, two_dims, two_kept, lambda m: call(m(5, 6), None), lambda m: call(m(5, 6), [0], dtype=torch.float32))
sample("mean.dim", FLOATS, two_dims, two_kept, lambda m: call(m(5, 6), None))
sample("prod.default", ALL, whole)
sample("prod.dim_int", ALL, rows, columns_kept)
sample("max.default min.default", ALL, whole, special=True)
sample("amax.default amin.default", ALL, two_dims, two_kept, whole, special=True)
sample("max.dim min.dim", NUMBERS, rows, columns_kept, special=True)
sample("aminmax.default", NUMBERS, whole, lambda m: call(m(5, 6), dim=1), lambda m: call(m(5, 6), dim=0, keepdim=True))
sample("argmax.default argmin.default", NUMBERS, whole, rows, columns_kept, lambda m: call(m(5, 6), None, True), special=True)
sample("any.default all.default", ALL, whole)
sample("any.dim all.dim", ALL, rows, columns_kept)
sample("any.dims all.dims", ALL, two_dims, two_kept)
for word in ("var", "std"):
    for name in (word, word + "_mean"):
        sample(f"{name}.default", FLOATS, whole, lambda m: call(m(5, 6), False))
        sample(f"{name}.dim", FLOATS, lambda m: call(m(5, 6), [1]), lambda m: call(m(3, 4, 5), [0, 2], False, True))
        sample(f"{name}.correction", FLOATS, lambda m: call(m(5, 6), [1]), lambda m: call(m(5, 6), None, correction=0), lambda m: call(m(5, 6), [0], correction=2, keepdim=True))
ORDERS = (2, 1, 0, math.inf, -math.inf, 3, 0.5)
sample("linalg_vector_norm.default", NARROW, *[lambda m, p=p: call(m(5, 6), p, [1]) for p in ORDERS], whole, lambda m: call(m(3, 4, 5), 2, [0, 2], True))
sample("norm.Scalar", FLOATS, whole, lambda m: call(m(5, 6), 1))
sample("norm.ScalarOpt_dim", NARROW, lambda m: call(m(5, 6), 2, [1], True), lambda m: call(m(5, 6), 3, [0]))
sample("norm.ScalarOpt_dim_dtype", ("float32",), lambda m: call(m(5, 6), 2, [1], True, dtype=torch.float32))
sample("norm.ScalarOpt_dtype", ("float32",), lambda m: call(m(5, 6), 2, dtype=torch.float32))
sample("frobenius_norm.dim", FLOATS, lambda m: call(m(5, 6), [0, 1]), lambda m: call(m(5, 6), [1], True))
sample("linalg_norm.default", FLOATS, whole, lambda m: call(m(5, 6), 2, [1]))
sample("dist.default", FLOATS, lambda m: call(m(5, 6), m(5, 6)), lambda m: call(m(5, 6), m(5, 6), 1))
sample("pairwise_distance.default", FLOATS, lambda m: call(m(5, 6), m(5, 6)), lambda m: call(m(5, 6), m(5, 6), 1.0, 1e-6, True))
sample("_cdist_forward.default", ("float32", "float64"), lambda m: call(m(3, 5), m(4, 5), 2.0, None), lambda m: call(m(2, 3, 5), m(2, 4, 5), 1.0, None))
sample("cdist.default", ("float32", "float64"), lambda m: call(m(3, 5), m(4, 5)))
sample("_euclidean_dist.default", ("float32",), lambda m: call(m(3, 5), m(4, 5)))
sample("nansum.default", FLOATS, whole, lambda m: call(m(5, 6), [1]))
sample("nanmean.default", FLOATS, whole, lambda m: call(m(5, 6), [1]))
sample("count_nonzero.default count_nonzero.dim_IntList", ALL)
SAMPLES["aten.count_nonzero.default"].calls = [lambda m: call(m(5, 6)), lambda m: call(m(5, 6), 1)]
SAMPLES["aten.count_nonzero.dim_IntList"].calls = [lambda m: call(m(3, 4, 5), [0, 2])]
sample("trace.default", ("float32", "float64", "int64"), lambda m: call(m(5, 4)))

# Softmax.
sample("softmax.int log_softmax.int", FLOATS, lambda m: call(m(5, 6), 1), lambda m: call(m(3, 4, 5), 0), lambda m: call(m(5, 6), -1, torch.float32),
       # Rows too long to be held; one begins with more than a block of -inf, one has nothing else, one a NaN, one an infinity.
       lambda m: call(torch.where((torch.arange(8300) < torch.tensor([[0], [5000], [8300], [0], [0]])) , -math.inf, m(5, 8300)).index_put(
           (torch.tensor([3, 4]), torch.tensor([8000, 17])), torch.tensor([math.nan, math.inf]).to(m.dtype)).to(m.dtype), 1))
sample("_softmax.default _log_softmax.default", FLOATS, lambda m: call(m(5, 6), 1, False), lambda m: call(m(3, 4, 5), 0, False))
sample("_safe_softmax.default", FLOATS, lambda m: call(torch.where(torch.arange(5)[:, None] == 2, -math.inf, m(5, 6)).to(m.dtype), 1))
sample("special_softmax.int special_log_softmax.int", FLOATS)
for name in ("special_softmax.default", "special_log_softmax.default"):
    sample(name, FLOATS, lambda m: call(m(5, 6), 1))
del SAMPLES["aten.special_softmax.int"], SAMPLES["aten.special_log_softmax.int"]
sample("logsumexp.default special_logsumexp.default", FLOATS, lambda m: call(m(5, 6), [1]), lambda m: call(m(3, 4, 5), [0, 2], True), special=True)

# Matrix products.
M = ("float32", "float16", "bfloat16", "float64", "int64")
big = lambda m: call(m(32, 20), m(20, 48))
thin = lambda m: call(m(3, 20), m(20, 48))
sample("mm.default matmul.default linalg_matmul.default", M, big, thin, lambda m: call(m(16, 9), m(9, 16)))
SAMPLES["aten.matmul.default"].calls += [lambda m: call(m(7), m(7)), lambda m: call(m(5, 7), m(7)), lambda m: call(m(7), m(7, 5)), lambda m: call(m(2, 3, 5, 7), m(7, 4)),
                                         lambda m: call(m(2, 1, 5, 7), m(3, 7, 4)), lambda m: call(m(2, 20, 7), m(7)), lambda m: call(m(7), m(2, 7, 4)),
                                         lambda m: call(m(2, 3, 20, 7), m(2, 3, 7, 18))]
sample("mm.dtype", (), )
sample("bmm.default", M, lambda m: call(m(3, 20, 8), m(3, 8, 17)), lambda m: call(m(3, 4, 8), m(3, 8, 5)), lambda m: call(m(1, 20, 8), m(1, 8, 18)))
sample("bmm.dtype", ())
sample("dot.default vdot.default", M, lambda m: call(m(9), m(9)))
sample("mv.default", M, lambda m: call(m(5, 9), m(9)))
sample("addmm.default", M, lambda m: call(m(48), m(32, 20), m(20, 48)), lambda m: call(m(3, 5), m(3, 4), m(4, 5), beta=2, alpha=3), lambda m: call(m(3, 5), m(3, 4), m(4, 5), beta=0))
sample("addmm.dtype", ())
sample("baddbmm.default", M, lambda m: call(m(3, 4, 5), m(3, 4, 6), m(3, 6, 5)), lambda m: call(m(1, 1, 18), m(3, 17, 6), m(3, 6, 18), beta=2, alpha=3))
sample("baddbmm.dtype", ())
sample("addbmm.default", M, lambda m: call(m(4, 5), m(3, 4, 6), m(3, 6, 5)))
sample("addmv.default", M, lambda m: call(m(4), m(4, 6), m(6), beta=2, alpha=3))
sample("addr.default", M, lambda m: call(m(4, 6), m(4), m(6), beta=2, alpha=3))
sample("outer.default ger.default", M, lambda m: call(m(4), m(6)))
sample("linear.default", FLOATS, lambda m: call(m(32, 20), m(48, 20), m(48)), lambda m: call(m(2, 3, 20), m(7, 20)), lambda m: call(m(20), m(7, 20), m(7)))
sample("tensordot.default", M, lambda m: call(m(3, 4, 5), m(4, 5, 6), [1, 2], [0, 1]), lambda m: call(m(3, 4), m(5, 3), [0], [1]))
sample("inner.default", M, lambda m: call(m(3, 5), m(4, 5)), lambda m: call(m(5), m(5)), lambda m: call(m(5), m()))
sample("linalg_vecdot.default", FLOATS, lambda m: call(m(3, 5), m(3, 5)), lambda m: call(m(3, 5), m(3, 5), dim=0))
sample("bilinear.default", FLOATS, lambda m: call(m(4, 3), m(4, 5), m(2, 3, 5), m(2)), lambda m: call(m(2, 4, 3), m(2, 4, 5), m(2, 3, 5)))
sample("kron.default", M, lambda m: call(m(2, 3), m(4, 2)), lambda m: call(m(3), m(2, 2)))
