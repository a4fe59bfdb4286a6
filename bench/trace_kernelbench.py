"""Traces every KernelBench problem below a folder and writes what came of it as JSON.

    python bench/trace_kernelbench.py /path/to/KernelBench [--levels 1 2 3] [--jobs 2] [--out trace.json] [--graphs DIR]

The summary has counts per level, failures with their reasons, operators with their counts, seconds and peak memory.
"""

from __future__ import annotations

import argparse
import collections
import json
import multiprocessing
import os
import resource
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "python"))
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")


def trace_one(task):
    """Traces one problem in a forked process of its own, as a zygote's child would. Returns its row of the summary."""
    path, graphs = task
    reader, writer = multiprocessing.Pipe(duplex=False)
    process = multiprocessing.get_context("fork").Process(target=_child, args=(path, graphs, writer))
    process.start()
    writer.close()
    try:
        row = reader.recv()
    except EOFError:
        row = {"ok": False, "kind": "died", "message": f"exit status {process.exitcode}"}
    process.join()
    return {"problem": os.path.join(os.path.basename(os.path.dirname(path)), os.path.basename(path)), **row}


def _child(path, graphs, writer):
    import torch
    from kernelagent_worker.protocol import Failure
    from kernelagent_worker.trace import Role
    torch.set_num_threads(1)
    before = _peak_mb()
    started, used = time.monotonic(), time.process_time()
    try:
        answer = Role().handle({"id": 1, "request": "trace", "problem": path, "mode": "train"})
        row = {"ok": True, "warnings": answer["warnings"], "nodes": len(answer["graph"]["nodes"]),
               "operators": collections.Counter(node["op"] for node in answer["graph"]["nodes"]),
               "unplaced": sum("location" not in node for node in answer["graph"]["nodes"])}
        text = json.dumps(answer["graph"], allow_nan=False)
        if graphs:
            level = os.path.basename(os.path.dirname(path))
            os.makedirs(os.path.join(graphs, level), exist_ok=True)
            with open(os.path.join(graphs, level, os.path.basename(path)[:-3] + ".json"), "w") as file:
                file.write(text)
    except Failure as failure:
        row = {"ok": False, **failure.to_json()}
    except BaseException as error:
        import traceback
        row = {"ok": False, "kind": "crashed", "message": repr(error), "traceback": traceback.format_exc()[-4000:]}
    writer.send({**row, "seconds": round(time.monotonic() - started, 3), "memory_mb": _peak_mb() - before,
                 "cpu_seconds": round(time.process_time() - used, 3)})


def _peak_mb():
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss >> 10


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("path", help="folder that holds level1, level2, …")
    parser.add_argument("--levels", type=int, nargs="*", default=[1, 2, 3])
    parser.add_argument("--jobs", type=int, default=max(1, len(os.sched_getaffinity(0))))
    parser.add_argument("--out", default="trace_kernelbench.json")
    parser.add_argument("--graphs", help="folder to write each graph to")
    parser.add_argument("--only", help="trace only problems whose path contains this")
    arguments = parser.parse_args()
    import torch
    from kernelagent_worker import trace
    trace.warm()  # as a zygote does before it forks
    tasks = [(os.path.abspath(os.path.join(arguments.path, f"level{level}", name)), arguments.graphs)
             for level in arguments.levels for name in sorted(os.listdir(os.path.join(arguments.path, f"level{level}")), key=order)
             if name.endswith(".py") and (not arguments.only or arguments.only in f"level{level}/{name}")]
    started = time.monotonic()
    from concurrent.futures import ThreadPoolExecutor
    with ThreadPoolExecutor(arguments.jobs) as pool:
        rows = list(pool.map(trace_one, tasks))
    summary = summarize(rows)
    summary.update(torch=torch.__version__, python=sys.version.split()[0], seconds=round(time.monotonic() - started, 1))
    with open(arguments.out, "w") as file:
        json.dump({**summary, "rows": rows}, file, indent=1)
    print(json.dumps(summary, indent=1))
    return 0 if not summary["failures"] else 1


def summarize(rows):
    levels, operators = {}, collections.Counter()
    for row in rows:
        level = levels.setdefault(row["problem"].split("/")[0], {"problems": 0, "traced": 0})
        level["problems"] += 1
        level["traced"] += row["ok"]
        operators.update(row.get("operators", {}))
    failures = [{key: row[key] for key in ("problem", "kind", "message", "line") if key in row} for row in rows if not row["ok"]]
    slowest = sorted(rows, key=lambda row: -row.get("cpu_seconds", 0))[:10]
    seconds = sorted(row.get("cpu_seconds", 0) for row in rows)
    largest = sorted(rows, key=lambda row: -row.get("memory_mb", 0))[:5]
    return {"levels": levels, "failures": failures, "operators": dict(sorted(operators.items(), key=lambda item: (-item[1], item[0]))),
            "unplaced_nodes": sum(row.get("unplaced", 0) for row in rows),
            "warned": [[row["problem"], row["warnings"]] for row in rows if row.get("warnings")],
            "cpu_seconds": {"median": seconds[len(seconds) // 2], "over_2": sum(used > 2 for used in seconds), "total": round(sum(seconds))},
            "slowest": [[row["problem"], row.get("cpu_seconds"), row.get("seconds")] for row in slowest],
            "largest_mb": [[row["problem"], row.get("memory_mb")] for row in largest]}


def order(name):
    head = name.split("_")[0]
    return (int(head) if head.isdigit() else 0, name)


if __name__ == "__main__":
    sys.exit(main())
