"""Compare adjit with the libraries that are installed; write tables in Markdown.

    python benchmarks/run.py                         everything
    python benchmarks/run.py --only tiny,classifier  families, series or problems
    python benchmarks/run.py --only loops --peers limit,adjit,jax,jax-naive,autograd

Every problem runs in a fresh process for each library, on one core and without compiled code from
earlier runs. The figures are CPU time; rounds of all libraries are interleaved, and the fastest
round counts, so that a busy machine disturbs the comparison little. Before anything is timed,
values and gradients are compared.
"""

from __future__ import annotations

import argparse
import multiprocessing
import os
import sys
import tempfile
from multiprocessing.connection import Connection
from pathlib import Path

import numpy as np
from catalogue import PROBLEMS, names_of
from peers import PEERS
from problem import Problem
from report import Measured, Results, report
from worker import Absent, Ready, Request, serve

ONE_THREAD = {
    "OMP_NUM_THREADS": "1",
    "OPENBLAS_NUM_THREADS": "1",
    "MKL_NUM_THREADS": "1",
    "NUMBA_NUM_THREADS": "1",
    "XLA_FLAGS": "--xla_cpu_multi_thread_eigen=false intra_op_parallelism_threads=1",
}
AGREEMENT = 1e-9


def start(problem: Problem, peer: str, pinned: bool) -> Connection:
    context = multiprocessing.get_context("spawn")
    ours, theirs = context.Pipe()
    arguments = (theirs, problem.name, peer, pinned)
    context.Process(target=serve, args=arguments, daemon=True).start()
    theirs.close()
    return ours


def measure(problem: Problem, peers: list[str], options: argparse.Namespace) -> dict[str, Measured]:
    """Start the workers one after the other, compare their results, time them in turn."""
    pipes: dict[str, Connection] = {}
    measured: dict[str, Measured] = {}
    reference = None
    for peer in peers:
        pipe = start(problem, peer, options.pin)
        answer = receive(pipe, options.patience)
        if isinstance(answer, Absent):
            if answer.failed:
                print(f"  {peer} fails on {problem.name}: {answer.reason}", file=sys.stderr)
            continue
        reference = answer.result if reference is None else reference
        difference = np.linalg.norm(answer.result - reference) / np.linalg.norm(reference)
        if not difference <= AGREEMENT:
            message = f"{peer} disagrees on {problem.name}: relative {difference:.1e}"
            if not options.keep_going:
                raise SystemExit(message)
            print(f"  {message}", file=sys.stderr)
        pipes[peer] = pipe
        measured[peer] = Measured(answer.first, answer.second, answer.objective, answer.saved_bytes)
    for _ in range(options.rounds):
        for peer, pipe in pipes.items():
            pipe.send(Request("gradient", options.budget))
            measured[peer].rounds.append(pipe.recv())
            if problem.series and measured[peer].objective_first is not None:
                pipe.send(Request("objective", options.budget / 2))
                measured[peer].objective_rounds.append(pipe.recv())
    for pipe in pipes.values():
        pipe.send(None)
        pipe.close()
    return measured


def receive(pipe: Connection, patience: float) -> Ready | Absent:
    try:
        if pipe.poll(patience):
            answer: Ready | Absent = pipe.recv()
            return answer
    except EOFError:
        return Absent("the process ended", failed=True)
    return Absent(f"no answer in {patience:.0f} s", failed=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--only", "--family", default="", help="families, series or problems")
    parser.add_argument("--peers", default=",".join(PEERS), help="libraries, separated by commas")
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--budget", type=float, default=0.05, help="CPU seconds of a round")
    parser.add_argument("--patience", type=float, default=300.0, help="seconds for first calls")
    parser.add_argument("--keep-going", action="store_true", help="report disagreements and go on")
    parser.add_argument("--no-pin", dest="pin", action="store_false", help="use all cores")
    default = Path(__file__).parent / "results" / "latest.md"
    parser.add_argument("--output", type=Path, default=default)
    options = parser.parse_args()

    wanted = set(filter(None, options.only.split(",")))
    chosen = [p for p in PROBLEMS if not wanted or wanted & names_of(p)]
    peers = options.peers.split(",")
    unknown = wanted.difference(*map(names_of, PROBLEMS)) | set(peers) - set(PEERS)
    if unknown:
        parser.error(f"unknown: {', '.join(sorted(unknown))}")

    os.environ.update(ONE_THREAD)
    results: Results = {}
    for problem in chosen:
        print(f"{problem.family}/{problem.name}", file=sys.stderr)
        with tempfile.TemporaryDirectory() as folder:  # one compiled function serves all sizes
            os.environ["ADJIT_CACHE_DIR"] = folder
            results[problem] = measure(problem, peers, options)
    text = report(results, peers)
    options.output.parent.mkdir(parents=True, exist_ok=True)
    options.output.write_text(text + "\n", encoding="utf-8")
    print(text)


if __name__ == "__main__":
    main()
