"""Mends what Triton's interpreter cannot do on a machine without a GPU, before candidate code is loaded."""

from __future__ import annotations

import os


def apply():
    """Does nothing outside interpreter mode."""
    if os.environ.get("TRITON_INTERPRET") != "1":
        return
    from triton.runtime import autotuner, interpreter

    # Autotuning asks the GPU's clock. Here the first configuration is as good as any.
    autotuner.Autotuner.do_bench = property(lambda self: lambda call, quantiles=None: [0.0, 0.0, 0.0])

    # Triton 3.6 turns one-element arrays into loop bounds with int(), which NumPy 2.4 refuses.
    patch = interpreter._patch_lang_tensor

    def patch_and_mend(tensor, scope):
        patch(tensor, scope)
        scope.set_attr(tensor, "__index__", lambda self: int(self.handle.data.item()))

    interpreter._patch_lang_tensor = patch_and_mend
