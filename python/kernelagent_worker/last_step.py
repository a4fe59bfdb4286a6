"""What a program would return if it left out its last step: one of the judge's substitutes (docs/TRUST.md)."""

from __future__ import annotations

import torch

from kernelagent_worker.call import OperatorMode, storage_of

_COPIES = {"aten.clone.default", "aten._to_copy.default", "aten.copy_.default", "aten.lift_fresh.default"}


class LastStep(OperatorMode):
    """Remembers, while it is entered, what each operator that may have made a result was given.

    `sizes` holds (number of elements, dtype) of the results: nothing else is kept. Views and copies are looked through.
    """

    def __init__(self, sizes):
        super().__init__()
        self._sizes = sizes
        self._before = {}  # a result's memory → the operand that its operator was given

    def __torch_dispatch__(self, function, types, arguments=(), keywords=None):
        given = self._operand(arguments)
        overwritten = function._schema.is_mutable and given is not None
        kept = given.clone() if overwritten else given
        result = function(*arguments, **(keywords or {}))
        if isinstance(result, torch.Tensor) and self._may_be_result(result):
            if str(function) in _COPIES:
                self._before[storage_of(result)] = self._before.get(storage_of(arguments[-1 if overwritten else 0]))
            elif overwritten or given is None or storage_of(given) != storage_of(result):
                self._before[storage_of(result)] = kept
        return result

    def before(self, result):
        """Returns the operand of the operator that made `result`, in the result's shape; None where it had none of that size."""
        found = self._before.get(storage_of(result))
        if found is None or found.numel() != result.numel() or found.dtype != result.dtype:
            return None
        return found.reshape(result.shape)

    def _may_be_result(self, tensor):
        return (tensor.numel(), tensor.dtype) in self._sizes

    def _operand(self, arguments):
        return next((one for one in arguments if isinstance(one, torch.Tensor) and self._may_be_result(one)), None)
