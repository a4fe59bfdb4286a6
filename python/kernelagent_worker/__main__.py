"""Entry point: `python3 -m kernelagent_worker --fd N` starts a zygote on the socket with descriptor N; `--checked ROLE` is what a
tool starts that checks a process of the role (sanitizer.py)."""

from __future__ import annotations

import argparse
import sys


def main():
    parser = argparse.ArgumentParser(prog="kernelagent_worker", description="KernelAgent's Python workers.")
    what = parser.add_mutually_exclusive_group(required=True)
    what.add_argument("--fd", type=int, help="descriptor of a connected Unix stream socket")
    what.add_argument("--checked", metavar="ROLE", help="serves a role on descriptor 3")
    arguments = parser.parse_args()
    if arguments.checked:
        from kernelagent_worker import sanitizer
        sanitizer.serve(arguments.checked)
    from kernelagent_worker import zygote
    return zygote.run(arguments.fd)


if __name__ == "__main__":
    sys.exit(main())
