"""One problem in one library in one fresh process, which answers timing requests over a pipe."""

from __future__ import annotations

import time
from dataclasses import dataclass
from multiprocessing.connection import Connection
from typing import Any

import numpy as np


@dataclass(frozen=True)
class Ready:
    """The first call succeeded: its CPU time in seconds, the import excluded, and its result."""

    first: float
    result: np.ndarray


@dataclass(frozen=True)
class Absent:
    """The library is not installed, or fails on the problem."""

    reason: str
    failed: bool


def serve(pipe: Connection, problem_name: str, peer: str) -> None:
    """Prepare, report `Ready` or `Absent`, then answer each budget with seconds of CPU a call."""
    from peers import PEERS, as_vector
    from problems import PROBLEMS

    (problem,) = (p for p in PROBLEMS if p.name == problem_name)
    arguments = problem.make(np.random.default_rng(0))
    try:
        call = PEERS[peer](problem, arguments)
        start = time.process_time()
        result = call()
        first = time.process_time() - start
    except ImportError as error:
        pipe.send(Absent(str(error), failed=False))
        return
    except Exception as error:  # noqa: BLE001 - whatever a library raises is its result
        pipe.send(Absent(f"{type(error).__name__}: {error}", failed=True))
        return
    pipe.send(Ready(first, as_vector(result)))
    while budget := pipe.recv():
        pipe.send(seconds_per_call(call, budget))


def seconds_per_call(call: Any, budget: float) -> float:
    """CPU seconds of one call, from as many calls as fit the budget."""
    count = 1
    while True:
        rounds = range(count)
        start = time.process_time()
        for _ in rounds:
            call()
        spent = time.process_time() - start
        if spent >= budget / 2:
            return spent / count
        count *= 2 if spent < budget / 20 else max(2, round(budget / spent))
