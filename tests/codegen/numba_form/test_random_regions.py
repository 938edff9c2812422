"""Random nests of loops and branches, and their gradients: kernels mean what graphs mean."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from compiled import Compiled, compare
from hypothesis import example, given, settings
from hypothesis import strategies as some
from interpreted import Interpreted
from region_programs import Program, arguments
from region_scene import Flow

from adjit.adjoint import value_and_gradient
from adjit.codegen.numba_form import emit
from adjit.codegen.portable import standalone
from adjit.ir import Graph, GraphBuilder, Operand, Symbol, literal
from adjit.ir.indexing import At, Slice
from adjit.ir.primitives import elementwise as ew
from adjit.ir.primitives import structural as st
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


class Saved(Compiled):
    """The kernel as a module of its own, with the helpers in it."""

    def __init__(self, graph: Graph) -> None:
        super().__init__(graph)
        text, entry = standalone(self.program.source, {"float64", "int64", "bool"})
        names: dict[str, Any] = {}
        exec(compile(text, "<saved>", "exec"), names)
        self.kernel = names[entry]


def history() -> Graph:
    """All values that a `while` goes through are kept, pairs of them, and read backwards."""
    s = Flow("history")
    limit = s.array("limit")
    symbol = Symbol("capacity", None, 0)
    (kept,) = s.builder.bind(st.storage, symbol=symbol, shape=(2,), dtype=np.dtype(np.float64))

    def condition(t: Any, y: Operand, kept: Operand) -> Operand:
        return s.builder.emit(ew.lt, y, limit)

    def body(t: Any, y: Operand, kept: Operand) -> list[Operand]:
        b = s.builder
        wider = b.emit(st.reserve, kept, count=t + 1)
        first = b.update(wider, y, (At(t), At(0)))
        return [
            b.add(b.mul(y, literal(1.01)), literal(0.1)),
            b.update(first, b.mul(y, y), (At(t), At(1))),
        ]

    first = [literal(1.0), kept]
    _, kept, trips = s.loop_while("while ...:", first, "y kept", condition, body, symbol="t")
    n = s.bind(trips, "trips")

    def back(u: Any, total: Operand) -> list[Operand]:
        b = s.builder
        row = b.index(kept, (At(n - 1 - u), Slice(0, 2)))
        return [b.add(b.mul(total, literal(0.9)), b.reduce(row, "sum", (0,)))]

    (total,) = s.loop("for ...:", [literal(0.0)], "total", n, back, symbol="u")
    return s.graph(total, trips)


@pytest.mark.parametrize("kind", [Compiled, Interpreted, Saved])
def test_storage_grows(kind: Callable[[Graph], Compiled]) -> None:
    kernel = kind(history())
    assert "grow(" in kernel.program.source
    for limit in (0.5, 1.5, 7.0, 60.0):
        compare(kernel, np.float64(limit), rtol=1e-10)
