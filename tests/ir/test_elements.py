"""Elements that a loop reads or adds to at one place: kept in numbers, where that is right."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import graph_eval
import numpy as np
import pytest
from traced import trace

from adjit.ir import Graph, verify
from adjit.ir.elements import settle_elements
from adjit.ir.simplify import simplify


def column(A):
    for k in range(A.shape[0]):
        for i in range(k + 1, A.shape[0]):
            for j in range(k + 1, A.shape[0]):
                A[i, j] -= A[i, k] * A[k, j]
    return A


def summed(A):
    d = np.zeros(A.shape[0])
    for i in range(A.shape[0]):
        for j in range(A.shape[0]):
            d[i] += A[i, j] * 2
    return d


def twice(A):
    d = np.zeros(3)
    for j in range(A.shape[0]):
        d[0] += A[0, j]
        d[1] += A[1, j]
        d[0] += A[j, 0]
    return d


def added_and_read(A):
    d = np.zeros(A.shape[0])
    total = 0.0
    for j in range(A.shape[0]):
        d[0] += A[0, j]
        total += d[0]
    return d, total


# What must stay as it is.


def meets(A):
    """The element is written in one of the turns."""
    for i in range(A.shape[0]):
        A[i, 0] = A[i, 0] + A[1, 0]
    return A


def added_and_met(A):
    d = np.zeros(A.shape[0])
    for j in range(A.shape[0]):
        d[2] += A[0, j]
        d[j] *= 3.0
    return d


def whole(A):
    d = np.zeros(A.shape[0])
    total = 0.0
    for j in range(A.shape[0]):
        d[1] += A[0, j]
        total += np.sum(d)
    return total


def in_an_arm(A):
    d = np.zeros(A.shape[0])
    for j in range(A.shape[0]):
        d[0] += A[0, j]
        if A[1, j] > 0:
            d[0] = d[0] * 2
    return d


def not_there(A):
    """Where the loop does not run, there is no such element."""
    d = np.zeros(A.shape[0])
    for i in range(A.shape[0]):
        for _ in range(i - 5):
            d[i - 6] += A[0, 0]
    return d


def sliced(A):
    for i in range(A.shape[0] - 1):
        A[i : i + 2, 0] += A[1, 1] * A[0, 0]
    return A


def carried_on(A):
    d = np.zeros(A.shape[0])
    e = d
    for j in range(A.shape[0]):
        e = d.copy()
        d[0] += A[0, j]
    return e


SETTLED: tuple[Callable[..., Any], ...] = (column, summed, twice, added_and_read)
LEFT: tuple[Callable[..., Any], ...] = (
    meets,
    added_and_met,
    whole,
    in_an_arm,
    not_there,
    sliced,
    carried_on,
)


def innermost(graph: Graph) -> list[str]:
    """What innermost loops do."""
    out: list[str] = []
    for eqn in graph.equations:
        for region in eqn.regions:
            inner = innermost(region)
            deeper = any(e.regions for e in region.equations)
            out += inner if deeper else [e.primitive.name for e in region.equations]
    return out


def graphs(function: Callable[..., Any], A: np.ndarray) -> tuple[Graph, Graph]:
    before = simplify(trace(function, A.copy()).captured.graph)
    return before, verify(simplify(settle_elements(before)), "settle")


@pytest.mark.parametrize("function", [*SETTLED, *LEFT], ids=lambda f: f.__name__)
@pytest.mark.parametrize("n", [3, 8])
def test_the_meaning_stays(function, n):
    A = np.random.default_rng(n).standard_normal((n, n))
    before, after = graphs(function, A)
    for a, b in zip(graph_eval.evaluate(before, A), graph_eval.evaluate(after, A), strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-12)


@pytest.mark.parametrize("function", SETTLED, ids=lambda f: f.__name__)
def test_fewer_accesses(function):
    before, after = graphs(function, np.ones((4, 4)))
    accesses = [
        sum(name in ("index", "update") for name in innermost(graph)) for graph in (before, after)
    ]
    assert accesses[1] < accesses[0]


@pytest.mark.parametrize("function", LEFT, ids=lambda f: f.__name__)
def test_elements_that_are_met_stay(function):
    before, after = graphs(function, np.ones((4, 4)))
    assert innermost(after).count("update") == innermost(before).count("update")
