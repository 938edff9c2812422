"""One problem in one library in one fresh process, which answers timing requests over a pipe."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from dataclasses import dataclass
from multiprocessing.connection import Connection
from typing import Any

import numpy as np


@dataclass(frozen=True)
class Ready:
    """The first calls succeeded: their CPU times in seconds, the import excluded, and the result.

    `second` matters where a first call is interpreted and the second one compiles. `objective` is
    the first call of the value alone, or None where that is not offered.
    """

    first: float
    second: float
    objective: float | None
    result: np.ndarray
    saved_bytes: int | None


@dataclass(frozen=True)
class Absent:
    """The library is not installed, offers nothing for the problem, or fails on it."""

    reason: str
    failed: bool


@dataclass(frozen=True)
class Request:
    """Time a call; `budget` is how many CPU seconds may be spent."""

    what: str  # "gradient" or "objective"
    budget: float


def serve(pipe: Connection, problem_name: str, peer: str, pinned: bool) -> None:
    """Prepare, report `Ready` or `Absent`, then answer each request with seconds of CPU a call."""
    from catalogue import PROBLEMS
    from peers import PEERS, NotOffered, as_vector

    if pinned and hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, {max(os.sched_getaffinity(0))})
    (problem,) = (p for p in PROBLEMS if p.name == problem_name)
    arguments = problem.make(np.random.default_rng(0))
    try:
        calls = PEERS[peer](problem, arguments)
        first, _ = timed(calls.gradient)
        second, result = timed(calls.gradient)
        objective = None
        if calls.objective is not None:
            objective = sum(timed(calls.objective)[0] for _ in range(2))
    except (ImportError, NotOffered) as error:
        pipe.send(Absent(str(error), failed=False))
        return
    except Exception as error:  # noqa: BLE001 - whatever a library raises is its result
        pipe.send(Absent(f"{type(error).__name__}: {error}", failed=True))
        return
    pipe.send(Ready(first, second, objective, as_vector(result), calls.saved_bytes()))
    while request := pipe.recv():
        pipe.send(seconds_per_call(getattr(calls, request.what), request.budget))


def timed(call: Callable[[], Any]) -> tuple[float, Any]:
    start = time.process_time()
    result = call()
    return time.process_time() - start, result


def seconds_per_call(call: Callable[[], Any], budget: float) -> float:
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
