"""What kernels in tests/genuine and tests/escapes say of themselves."""


def head_of(path):
    """The lines "# key: value" that a case begins with."""
    head = {}
    for line in path.read_bytes().decode().split("\n"):
        if not line.startswith("# "):
            break
        key, colon, value = line[2:].partition(": ")
        if colon:
            head[key] = value
    return head
