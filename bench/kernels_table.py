"""Sums up bench/results/kernels_h100.tsv (bench/time_kernels.py) beside PyTorch's times on the same kind of GPU (pytorch_h100.tsv)."""

import csv
import math
import pathlib
import statistics

RESULTS = pathlib.Path(__file__).resolve().parent / "results"
BASELINES = {"eager": "eager_ms", "`torch.compile`": "compile_default_ms", "its mode reduce-overhead": "compile_reduce_overhead_ms"}


def rows_of(path):
    with open(path) as file:
        return list(csv.DictReader((line for line in file if not line.startswith("#")), delimiter="\t"))


def best_times(path):
    """{"level1/1_…": milliseconds of its fastest kernels together}; problems with a kernel that did not run are left out."""
    kernels = {}
    for row in rows_of(path):
        name = row["problem"].replace("_", "/", 1)
        kernels.setdefault(name, {}).setdefault(row["subgraph"], []).append(float(row["ms"] or "inf"))
    times = {name: sum(map(min, subgraphs.values())) for name, subgraphs in kernels.items()}
    return {name: time for name, time in times.items() if math.isfinite(time)}


def mean(ratios):
    return f"{statistics.geometric_mean(ratios):.2f}×" if ratios else "not measured"


def summary():
    """Lines for the README, or none where there is nothing to say."""
    paths = RESULTS / "kernels_h100.tsv", RESULTS / "pytorch_h100.tsv"
    if not all(path.exists() for path in paths):
        return []
    ours = best_times(paths[0])
    theirs = {row["problem"][:-3]: {label: float(row[column]) for label, column in BASELINES.items() if row[column]} for row in rows_of(paths[1])}
    lines = ["Each problem's fastest generated kernels, timed by themselves (`bench/time_kernels.py`: no judgement, no launch cost between kernels) "
             "beside PyTorch's times from another day on the same kind of GPU (`pytorch_h100.tsv`); geometric means:", ""]
    slow = []
    for level in sorted({name.split("/")[0] for name in ours}):
        names = [name for name in ours if name.startswith(level + "/") and theirs.get(name)]
        against = [f"{mean([theirs[name][label] / ours[name] for name in names if label in theirs[name]])} against {label}" for label in BASELINES]
        best = {name: min(theirs[name].values()) / ours[name] for name in names}
        slow += [(ratio, name) for name, ratio in best.items() if ratio < 0.6]
        lines.append(f"- {level.replace('level', 'level ')}, {len(names)} problems: {', '.join(against)}; {mean(list(best.values()))} against the best of "
                     f"these, faster than it on {sum(ratio > 1 for ratio in best.values()) / len(best):.0%}")
    if slow:
        names = ", ".join(f"{name.replace('level', 'L').split('_')[0]} ({ratio:.2f}×)" for ratio, name in sorted(slow))
        lines += ["", f"Below 0.6 of the best: {names}."]
    return lines


if __name__ == "__main__":
    print("\n".join(summary()))
