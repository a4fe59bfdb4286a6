"""Mends what Triton's interpreter cannot do on a machine without a GPU, before candidate code is loaded."""

from __future__ import annotations

import os

from kernelagent_worker.known_memory import Checked


def apply(memory):
    """Does nothing outside interpreter mode. `memory` (KnownMemory) is all that kernels may use."""
    if os.environ.get("TRITON_INTERPRET") != "1":
        return
    from triton.runtime import autotuner, interpreter

    # Autotuning asks the GPU's clock. Here the first configuration is as good as any.
    autotuner.Autotuner.do_bench = property(lambda self: lambda call, quantiles=None: [0.0, 0.0, 0.0])
    memory.use(interpreter.np)
    interpreter._interpreter = Checked(interpreter._interpreter, memory, interpreter.np)
    accept_array_bounds(interpreter)
    _patch_language_once(interpreter)
    _compute_bfloat16_in_float32(interpreter)


def accept_array_bounds(interpreter):
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


def _compute_bfloat16_in_float32(interpreter):
    """Triton 3.6 keeps bfloat16 as 16-bit integers and adds, compares and multiplies those; a GPU works on their values.

    Its casts from float32 cut off instead of rounding to nearest, and lose denormals.
    """
    np, language, handle = interpreter.np, interpreter.tl, interpreter.TensorHandle
    builder = interpreter.InterpreterBuilder

    def widen(operand):
        if not isinstance(operand, handle) or operand.dtype.scalar != language.bfloat16:
            return operand
        return handle((operand.data.astype(np.uint32) << np.uint32(16)).view(np.float32), language.float32)

    def narrow(result):
        if result.data.dtype != np.float32:  # a comparison's
            return result
        bits = np.ascontiguousarray(result.data).view(np.uint32)
        rounded = (bits + np.uint32(0x7FFF) + ((bits >> np.uint32(16)) & np.uint32(1))) >> np.uint32(16)
        quiet = (bits >> np.uint32(16)) | np.uint32(0x40)
        return handle(np.where(np.isnan(result.data), quiet, rounded).astype(np.uint16), language.bfloat16)

    def mend(name, keeps_type=True):
        compute = getattr(builder, name)

        def compute_wide(self, *operands):
            wide = [widen(operand) for operand in operands]
            same = all(one is other for one, other in zip(wide, operands))
            result = compute(self, *wide)
            return result if same or not keeps_type else narrow(result)

        setattr(builder, name, compute_wide)

    def mend_cast(name):
        cast = getattr(builder, name)

        def cast_by_value(self, source, target, *rounding):
            kinds = (source.dtype.scalar, target.scalar)
            if kinds == (language.bfloat16, language.float32):
                return widen(source)
            if kinds == (language.float32, language.bfloat16) and rounding != (interpreter._ir.ROUNDING_MODE.RTZ,):
                return narrow(source)
            return cast(self, source, target, *rounding)

        setattr(builder, name, cast_by_value)

    mend_cast("cast_impl")
    mend_cast("create_fp_to_fp")
    for name in ("binary_op", "unary_op", "create_fma", "create_rsqrt", "create_clampf"):
        mend(name)
    mend("create_dot", keeps_type=False)  # its type is the accumulator's
