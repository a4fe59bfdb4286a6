import contextlib
import weakref

_replays = weakref.WeakKeyDictionary()


class _Replay:
    """What a module's `_run_kernels` launches, recorded as one CUDA graph, and what it was recorded with.

    Inputs are copied into memory that the graph reads, and results out of memory that it writes: both belong to the caller. The module's
    tensors are read and written where they lie.
    """

    def __init__(self, module, inputs):
        parts = list(module.modules())
        holders = [holder for part in parts for holder in (part._parameters, part._buffers)]
        self.stream = torch.cuda.current_stream()
        self.inputs = [torch.empty_like(one) for one in inputs]
        self.children = [(part._modules, name, child) for part in parts for name, child in part._modules.items()]
        self.places = [(holder, name) for holder in holders for name in holder]
        self.addresses = self.addresses_now()
        # Kept, so that no other tensor comes to lie where one of these lay.
        self.tensors = [holder[name].detach() for holder, name in self.places if holder[name] is not None]
        self.graph = None

    def addresses_now(self):
        tensors = [holder.get(name) for holder, name in self.places]
        return [None if tensor is None else tensor.data_ptr() for tensor in tensors]

    def fits(self, inputs):
        """Do the inputs look as they did, and do the module's tensors lie where they lay?"""
        alike = all(
            one.shape == own.shape and one.dtype == own.dtype and one.device == own.device
            for one, own in zip(inputs, self.inputs)
        )
        there = all(holder.get(name) is child for holder, name, child in self.children)
        return alike and there and self.addresses_now() == self.addresses and torch.cuda.current_stream() == self.stream

    def run(self, module, inputs):
        if self.graph is None:
            self.record(module)
        if not self.graph:
            return module._run_kernels(*inputs)
        for own, one in zip(self.inputs, inputs):
            own.copy_(one)
        self.graph.replay()
        copies = [torch.empty_strided(one.shape, one.stride(), dtype=one.dtype, device=one.device) for one in self.results]
        for copy, one in zip(copies, self.results):
            copy.copy_(one)
        return tuple(copies) if self.several else copies[0]

    def record(self, module):
        graph = torch.cuda.CUDAGraph()
        self.graph = False  # what cannot be recorded runs launch by launch
        with contextlib.suppress(RuntimeError):
            with torch.cuda.graph(graph, capture_error_mode="thread_local"):
                results = module._run_kernels(*self.inputs)
            self.several = isinstance(results, tuple)
            self.results = results if self.several else (results,)
            self.graph = graph


def _replayed(module, *inputs):
    """Computes `module._run_kernels(*inputs)`: the first call launch by launch, further ones as one launch of a CUDA graph.

    Under grad mode, elsewhere than on the current GPU, and inside a graph that somebody else records, always launch by launch.
    """
    here = all(isinstance(one, torch.Tensor) and one.is_cuda for one in inputs)
    if not here or torch.is_grad_enabled() or torch.cuda.is_current_stream_capturing():
        return module._run_kernels(*inputs)
    if any(one.device.index != torch.cuda.current_device() for one in inputs):
        return module._run_kernels(*inputs)
    # Taken out while it runs: another thread makes one of its own.
    replay = _replays.pop(module, None)
    if replay is not None and replay.fits(inputs):
        result = replay.run(module, inputs)
    else:
        replay = _Replay(module, inputs)
        result = module._run_kernels(*inputs)
    _replays[module] = replay
    return result
