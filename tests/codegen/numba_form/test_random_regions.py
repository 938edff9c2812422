"""Random nests of loops and branches, and their gradients: kernels mean what graphs mean."""

from __future__ import annotations

import numpy as np
import pytest
from compiled import Compiled, compare
from hypothesis import example, given, settings
from hypothesis import strategies as some
from interpreted import Interpreted
from region_examples import EXAMPLES
from region_programs import Program, arguments

from adjit.adjoint import value_and_gradient
from adjit.codegen.numba_form import emit
from adjit.ir import Graph, GraphBuilder
from adjit.ir.rewrite import inline
from adjit.ir.simplify import simplify

SEEDS = some.integers(0, 10**9)


def check(graph: Graph) -> None:
    kernel = Interpreted(graph)
    assert emit(graph, kernel.layouts).source == kernel.program.source
    for n, k in ((2, 0), (3, 2), (4, 1)):
        compare(kernel, *arguments(n, k), rtol=1e-8)


def gradient(seed: int) -> Graph:
    graph = Program(seed, steps=4).graph
    builder = GraphBuilder()
    total = builder.full(0.0, (), np.float64)
    for x in inline(graph, builder, graph.inputs):
        total = builder.add(total, builder.reduce(x, "sum", range(len(x.shape))))
    summed = Graph(graph.inputs, tuple(builder.equations), (total,), graph.symbols, "summed")
    return simplify(value_and_gradient(simplify(summed), [0, 1, 2, 3, 4]))


@given(SEEDS)
@example(297)  # an array that changes places while something computed from it is needed
@settings(max_examples=40)
def test_as_built(seed: int) -> None:
    check(Program(seed).graph)


@given(SEEDS)
@example(370)  # arms that carry arrays in two memories each
@example(549)
@settings(max_examples=60)
def test_simplified(seed: int) -> None:
    check(simplify(Program(seed).graph))


@given(SEEDS)
@settings(max_examples=30)
def test_gradients(seed: int) -> None:
    check(gradient(seed))


@pytest.mark.parametrize("seed", range(3))
def test_compiled(seed: int) -> None:
    compiled = Compiled(gradient(seed))
    for n, k in ((2, 0), (5, 3)):
        compare(compiled, *arguments(n, k), rtol=1e-8)


@pytest.mark.parametrize("kind", [Compiled, Interpreted])
def test_storage_grows(kind: type[Compiled]) -> None:
    example = EXAMPLES["search"]
    graph = Graph(
        example.graph.inputs, example.graph.equations, example.graph.outputs[:1],
        example.graph.symbols,
    )  # fmt: skip
    kernel = kind(simplify(value_and_gradient(graph, example.wrt)))
    x = np.random.default_rng(1).uniform(0.5, 1.5, size=300)
    for limit in (4.0, 60.0, 150.0, 1e9):
        compare(kernel, x, np.float64(limit), rtol=1e-10)
