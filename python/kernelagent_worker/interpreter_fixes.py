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
    _accept_array_bounds(interpreter)
    _patch_language_once(interpreter)


def _accept_array_bounds(interpreter):
    """Triton 3.6 turns one-element arrays into loop bounds with int(), which NumPy 2.4 refuses."""
    patch = interpreter._patch_lang_tensor

    def patch_and_mend(tensor, scope):
        patch(tensor, scope)
        scope.set_attr(tensor, "__index__", lambda self: int(self.handle.data.item()))

    interpreter._patch_lang_tensor = patch_and_mend


def _patch_language_once(interpreter):
    """Leaves triton.language in the interpreter's hands after the first launch, instead of giving it back after each.

    Patching costs milliseconds and is repeated for every call of a device function, `tl.sum` included.
    """
    patch = interpreter._patch_lang
    patched = {}  # id of a module's globals → the globals, kept alive

    class Kept:
        def restore(self):
            pass

    def patch_once(function):
        names = function.__globals__
        if id(names) not in patched:
            patch(function)
            patched[id(names)] = names
        return Kept()

    interpreter._patch_lang = patch_once
