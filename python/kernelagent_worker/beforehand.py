"""What the zygote does before its first fork, so that no child has to: imports, Triton's own preparations, and a look at whether a fork
would leave children broken."""

from __future__ import annotations

import gc
import importlib
import os
import sys
import time

from kernelagent_worker import child as child_module
from kernelagent_worker import compiled
from kernelagent_worker.protocol import describe


def threads():
    return len(os.listdir("/proc/self/task"))


def cuda_state():
    """Says why a fork now would give children a broken CUDA, or None."""
    torch = sys.modules.get("torch")
    if torch is not None and torch.cuda.is_initialized():
        return "CUDA is initialised in the zygote: children could not use it"
    for descriptor in os.listdir("/proc/self/fd"):
        try:
            target = os.readlink(f"/proc/self/fd/{descriptor}")
        except OSError:
            continue
        if target.startswith("/dev/nvidia"):
            return f"the CUDA driver was started by an import ({target} is open): children could not use it"
    return None


def preload(modules):
    """Imports what every child needs, these modules of ours included. Returns the "ready" event, or raises ImportError."""
    started = time.monotonic()
    # Libraries that start a thread pool when imported would leave it dead in every child.
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    import torch
    import triton
    import triton.language  # noqa: F401
    _keep_progress_bars_from_threads()
    if os.environ.get("TRITON_INTERPRET") == "1":
        _import_what_a_launch_imports()
    else:
        _prepare_compiling()
    for module in modules:
        importlib.import_module(module)

    versions = {"python": ".".join(map(str, sys.version_info[:3])), "torch": torch.__version__,
                "triton": triton.__version__, "cuda": torch.version.cuda}
    event = {"event": "ready", "pid": os.getpid(), "versions": versions,
             "interpret": os.environ.get("TRITON_INTERPRET") == "1",
             "import_seconds": round(time.monotonic() - started, 3)}
    if threads() > 1:
        event["warnings"] = [f"an import left {threads()} threads running; forked children have only one of them"]
    return event


def _keep_progress_bars_from_threads():
    """torch.fx walks graphs beneath a progress bar of tqdm's, where that is installed, and the first bar starts a thread."""
    try:
        importlib.import_module("tqdm").tqdm.monitor_interval = 0
    except ImportError:
        pass


def _import_what_a_launch_imports():
    """Triton (3.4 and later) imports this with the first launch, which costs every child what it costs here once."""
    try:
        importlib.import_module("triton.experimental.gluon")
    except ImportError:
        pass  # an older Triton


def _prepare_compiling():
    """Does once what Triton would do in every child before its first kernel: half a second to name its own version, as much to build
    what it needs of the driver. Where there is no driver or compiler, children find out what is missing."""
    try:
        from triton.runtime.cache import triton_key
        triton_key()
        child_module.compiled_for_all = compiled.common()
    except Exception as error:
        print(f"compiling beforehand: {describe(error)}", file=sys.stderr)


def freeze():
    """Keeps the pages of imported objects shared: children's collections do not touch frozen objects."""
    gc.collect()
    gc.disable()
    gc.freeze()
