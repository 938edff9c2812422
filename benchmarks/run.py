"""Compare adjit with the libraries that are installed; write a table in Markdown.

    python benchmarks/run.py                         everything
    python benchmarks/run.py --only tiny,classifier  families or problems
    python benchmarks/run.py --peers adjit,jax

Every problem runs in a fresh process for each library, with one thread and without compiled code
from earlier runs. The figures are CPU time; rounds of all libraries are interleaved, and the
fastest round counts, so that a busy machine disturbs the comparison little. Before anything is
timed, values and gradients are compared.
"""

from __future__ import annotations

import argparse
import importlib.metadata
import math
import multiprocessing
import os
import platform
import sys
import tempfile
from dataclasses import dataclass, field
from multiprocessing.connection import Connection
from pathlib import Path

import numpy as np
from peers import PEERS
from problems import PROBLEMS, Problem
from worker import Absent, serve

ONE_THREAD = {
    "OMP_NUM_THREADS": "1",
    "OPENBLAS_NUM_THREADS": "1",
    "MKL_NUM_THREADS": "1",
    "NUMBA_NUM_THREADS": "1",
    "XLA_FLAGS": "--xla_cpu_multi_thread_eigen=false intra_op_parallelism_threads=1",
}
AGREEMENT = 1e-9


@dataclass
class Measured:
    """One library on one problem: CPU seconds of the first call and of a call in each round."""

    first: float
    rounds: list[float] = field(default_factory=list)

    @property
    def best(self) -> float:
        return min(self.rounds)


def start(problem: Problem, peer: str) -> Connection:
    context = multiprocessing.get_context("spawn")
    ours, theirs = context.Pipe()
    context.Process(target=serve, args=(theirs, problem.name, peer), daemon=True).start()
    theirs.close()
    return ours


def measure(problem: Problem, peers: list[str], rounds: int, budget: float) -> dict[str, Measured]:
    """Start the workers one after the other, compare their results, time them in turn."""
    pipes: dict[str, Connection] = {}
    measured: dict[str, Measured] = {}
    reference = None
    for peer in peers:
        pipe = start(problem, peer)
        answer = pipe.recv()
        if isinstance(answer, Absent):
            if answer.failed:
                print(f"  {peer} fails on {problem.name}: {answer.reason}", file=sys.stderr)
            continue
        reference = answer.result if reference is None else reference
        difference = np.linalg.norm(answer.result - reference) / np.linalg.norm(reference)
        if not difference <= AGREEMENT:
            raise SystemExit(f"{peer} disagrees on {problem.name}: relative {difference:.1e}")
        pipes[peer], measured[peer] = pipe, Measured(answer.first)
    for _ in range(rounds):
        for peer, pipe in pipes.items():
            pipe.send(budget)
            measured[peer].rounds.append(pipe.recv())
    for pipe in pipes.values():
        pipe.send(0.0)
        pipe.close()
    return measured


def duration(seconds: float) -> str:
    for unit, factor in (("s", 1.0), ("ms", 1e3), ("µs", 1e6)):
        if seconds * factor >= 1:
            return f"{seconds * factor:.3g} {unit}"
    return f"{seconds * 1e9:.3g} ns"


def cell(measured: Measured | None, ours: Measured | None) -> str:
    if measured is None:
        return "-"
    if ours is None or ours is measured:
        return duration(measured.best)
    return f"{duration(measured.best)} ({measured.best / ours.best:.2f})"


def table(header: list[str], rows: list[list[str]]) -> str:
    lines = [header, ["---"] + ["---:"] * (len(header) - 1), *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def family_ratios(results: dict[Problem, dict[str, Measured]], peers: list[str]) -> list[list[str]]:
    """Geometric means over each family of (time of the library / time of adjit)."""
    rows = []
    for family in dict.fromkeys(problem.family for problem in results):
        row = [family]
        for peer in peers:
            ratios = [
                found[peer].best / found["adjit"].best
                for problem, found in results.items()
                if problem.family == family and {peer, "adjit"} <= set(found)
            ]
            mean = math.exp(sum(map(math.log, ratios)) / len(ratios)) if ratios else None
            row.append("-" if mean is None else f"{mean:.2f}")
        rows.append(row)
    return rows


def report(results: dict[Problem, dict[str, Measured]], peers: list[str]) -> str:
    present = [peer for peer in peers if any(peer in found for found in results.values())]
    libraries = [*present, "numpy"] + (["numba"] if "adjit" in present else [])
    versions = ", ".join(f"{name} {importlib.metadata.version(name)}" for name in libraries)
    steady, first = [], []
    for problem, found in results.items():
        cells = [found.get(peer) for peer in present]
        steady.append([problem.name, *(cell(m, found.get("adjit")) for m in cells)])
        first.append([problem.name, *("-" if m is None else duration(m.first) for m in cells)])
    return "\n\n".join(
        [
            "# Value and gradient, CPU time of one call",
            f"Python {platform.python_version()}, {versions}; float64, one thread; in brackets "
            "the time as a multiple of adjit's.",
            table(["problem", *present], steady),
            "Geometric means of the multiples:",
            table(["family", *present], family_ratios(results, present)),
            "First call (trace and compile, nothing cached):",
            table(["problem", *present], first),
        ]
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--only", default="", help="families or problems, separated by commas")
    parser.add_argument("--peers", default=",".join(PEERS), help="libraries, separated by commas")
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--budget", type=float, default=0.05, help="CPU seconds of a round")
    default = Path(__file__).parent / "results" / "latest.md"
    parser.add_argument("--output", type=Path, default=default)
    options = parser.parse_args()

    wanted = set(filter(None, options.only.split(",")))
    chosen = [p for p in PROBLEMS if not wanted or wanted & {p.name, p.family}]
    peers = options.peers.split(",")
    unknown = wanted - {n for p in PROBLEMS for n in (p.name, p.family)} | set(peers) - set(PEERS)
    if unknown:
        parser.error(f"unknown: {', '.join(sorted(unknown))}")

    os.environ.update(ONE_THREAD)
    results = {}
    with tempfile.TemporaryDirectory() as folder:
        os.environ["ADJIT_CACHE_DIR"] = folder
        for problem in chosen:
            print(f"{problem.family}/{problem.name}", file=sys.stderr)
            results[problem] = measure(problem, peers, options.rounds, options.budget)
    text = report(results, peers)
    options.output.parent.mkdir(parents=True, exist_ok=True)
    options.output.write_text(text + "\n", encoding="utf-8")
    print(text)


if __name__ == "__main__":
    main()
