"""What Triton compiled, as bytes that travel: out of one process's private cache and into another's.

Every child has a cache of its own, and no child's cache is another's. Two things come from elsewhere: what every kernel needs and no
candidate has a part in, which the zygote builds once and forks; and what was compiled of the same text, ahead of its first call (ahead.py)
or when it ran and was accepted, which C++ keeps and hands to nothing but that text (src/worker/compiled_store.h).
"""

from __future__ import annotations

import base64
import json
import os
import re

from kernelagent_worker.protocol import Failure

_PLACE = re.compile(r"[A-Z0-9]{8,64}/[A-Za-z0-9_][A-Za-z0-9_.\-]{0,199}")  # Triton's key, a file
_GROUP = "__grp__"  # such a file lists the others by their whole paths
_STAGES = (".ttir", ".ttgir", ".llir", ".ptx", ".source")  # what a binary came from: loading it needs none of them
_MOST = 64 << 20  # bytes of one program's results


def pack(folder):
    """Returns {"KEY/FILE": bytes in base64} of a cache's finished results; nothing where they are too many."""
    files, size = {}, 0
    for key in sorted(os.listdir(folder)) if os.path.isdir(folder) else ():
        for name in sorted(os.listdir(os.path.join(folder, key))):
            place = f"{key}/{name}"
            path = os.path.join(folder, key, name)
            if not _PLACE.fullmatch(place) or name.endswith(_STAGES) or not os.path.isfile(path):
                continue
            with open(path, "rb") as file:
                data = file.read(_MOST + 1)
            size += len(data)
            if size > _MOST:
                return {}
            files[place] = base64.b64encode(data).decode()
    return files


def unpack(files, folder):
    """Writes what `pack` returned into a cache. What is there already has the same key and so the same text, and may be loaded: a library
    whose file is written over takes its process with it."""
    for place, text in files.items():
        if not _PLACE.fullmatch(place):
            raise Failure("bad_request", f"no compiled result is called {place!r:.80}")
        key, name = place.split("/")
        if os.path.exists(os.path.join(folder, key, name)):
            continue
        data = base64.b64decode(text)
        if name.startswith(_GROUP):
            data = _moved(data, os.path.join(folder, key))
        os.makedirs(os.path.join(folder, key), exist_ok=True)
        with open(os.path.join(folder, key, name), "wb") as file:
            file.write(data)


def _moved(group, folder):
    names = [name for name in json.loads(group)["child_paths"] if "/" not in name and not name.endswith(_STAGES)]
    return json.dumps({"child_paths": {name: os.path.join(folder, name) for name in names}}).encode()


def common():
    """Builds what Triton needs of the driver for every kernel, without loading it: the zygote must not meet CUDA. Returns it packed."""
    from triton import knobs
    from triton.backends.nvidia import driver
    from triton.runtime import build
    load = build._load_module_from_path
    build._load_module_from_path = lambda name, path: None
    try:
        with open(os.path.join(driver.dirname, "driver.c")) as file:
            build.compile_module_from_src(src=file.read(), name="cuda_utils", library_dirs=driver.library_dirs(),
                                          include_dirs=driver.include_dirs, libraries=driver.libraries)
    finally:
        build._load_module_from_path = load
    return pack(knobs.cache.dir)
