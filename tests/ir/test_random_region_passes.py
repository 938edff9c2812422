"""Random nests of loops and branches, and their gradients: the passes keep the meaning."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from graph_eval import evaluate
from hypothesis import given, settings
from hypothesis import strategies as some
from region_programs import Program, arguments

from adjit.adjoint import value_and_gradient
from adjit.ir import Graph, GraphBuilder, Value, verify
from adjit.ir.rewrite import inline
from adjit.ir.simplify import (
    eliminate_common,
    eliminate_dead,
    hoist_invariants,
    release_unchanged,
    simplify,
)

SEEDS = some.integers(0, 10**9)
PASSES = (release_unchanged, hoist_invariants, eliminate_common, eliminate_dead, simplify)


def results(graph: Graph, n: int, k: int) -> list[Any]:
    with np.errstate(all="ignore"):
        return evaluate(graph, *arguments(n, k))


def same(graph: Graph, other: Graph) -> None:
    for n, k in ((2, 0), (3, 2)):
        for got, want in zip(results(other, n, k), results(graph, n, k), strict=True):
            # a row and its copy are summed in another order
            np.testing.assert_allclose(got, want, rtol=1e-9, atol=1e-9)


@pytest.mark.parametrize("step", PASSES)
@given(SEEDS)
@settings(max_examples=25)
def test_a_pass(step, seed):
    graph = verify(Program(seed).graph)
    after = verify(step(graph), step.__name__)
    assert str(step(graph)) == str(after)
    same(graph, after)


@given(SEEDS)
@settings(max_examples=25)
def test_a_copy(seed):
    graph = Program(seed).graph
    builder = GraphBuilder()
    outputs = inline(graph, builder, graph.inputs)
    copy = Graph(graph.inputs, tuple(builder.equations), outputs, graph.symbols, "copy")
    same(graph, verify(copy))


@given(SEEDS)
@settings(max_examples=15)
def test_of_gradients(seed):
    graph = Program(seed, steps=4).graph
    builder = GraphBuilder()
    total = builder.full(0.0, (), np.float64)
    for x in inline(graph, builder, graph.inputs):
        total = builder.add(total, builder.reduce(x, "sum", range(len(x.shape))))
    assert isinstance(total, Value)
    summed = Graph(graph.inputs, tuple(builder.equations), (total,), graph.symbols, "summed")
    wrt = [0, 1, 2, 3, 4]
    after = verify(simplify(value_and_gradient(simplify(summed), wrt)))
    same(verify(value_and_gradient(summed, wrt)), after)
