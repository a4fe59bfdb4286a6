"""Entry point: `python3 -m kernelagent_worker --fd N` starts a zygote on the socket with descriptor N."""

from __future__ import annotations

import argparse
import sys


def main():
    parser = argparse.ArgumentParser(prog="kernelagent_worker", description="Zygote of KernelAgent's Python workers.")
    parser.add_argument("--fd", type=int, required=True, help="descriptor of a connected Unix stream socket")
    arguments = parser.parse_args()
    from kernelagent_worker import zygote
    return zygote.run(arguments.fd)


if __name__ == "__main__":
    sys.exit(main())
