#!/usr/bin/env python3
"""A model that follows a script: `command/` runs it with the conversation on stdin and takes what it prints as the reply.

SCRIPT names a folder of replies 1.md, 2.md, …; the number of verdicts that the conversation holds says which comes next (the last one
stays). Asked which subgraphs should be one, it says fusion.md. CALLS names a file that gets one line per call.
"""

import os
import pathlib
import re
import sys

conversation = sys.stdin.read()
left = re.findall(r"\((\d+) more tries after this one\)", conversation)
rounds = int(os.environ.get("ROUNDS", "10"))
turn = rounds - int(left[-1]) + 1 if left else 1
replies = sorted(pathlib.Path(os.environ["SCRIPT"]).glob("[0-9]*.md"), key=lambda path: int(path.stem))
with open(os.environ["CALLS"], "a") as calls:
    calls.write(f"{turn}\n")
fusion = pathlib.Path(os.environ["SCRIPT"]) / "fusion.md"
reply = fusion if "A compiler has cut a PyTorch program" in conversation else replies[min(turn, len(replies)) - 1]
sys.stdout.write(reply.read_text())
