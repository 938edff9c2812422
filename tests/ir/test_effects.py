"""The user's checks stay where they are, whatever else goes; backward passes do without them."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pytest
from graph_eval import evaluate
from interpreted import Interpreted
from region_scene import Flow

from adjit.adjoint import value_and_gradient
from adjit.codegen.numba_form import emit
from adjit.codegen.program import FAILURE
from adjit.ir import Equation, Graph, Operand, literal, verify
from adjit.ir.effects import acts
from adjit.ir.errors import InternalError
from adjit.ir.indexing import At
from adjit.ir.primitives import effects as fx
from adjit.ir.primitives import elementwise as ew
from adjit.ir.simplify import hoist_invariants, simplify

X = np.array([0.5, 1.5, 1.0])


def demand(s: Flow, ok: Operand, text: str) -> Operand:
    return s.builder.emit(fx.require, ok, error="ValueError", arguments=(text,))


def scene() -> Graph:
    """Checks in a loop, in an arm and in a checkpoint, none of which returns anything."""
    s = Flow("f")
    x, c = s.array("x", "n"), s.array("c")

    def turn(t):
        b = s.at("check x[i]")
        v = b.index(x, (At(t),))
        demand(s, b.emit(ew.lt, v, literal(2.0)), "turn")
        return []

    def arm():
        demand(s, s.at("check c").emit(ew.lt, c, literal(5.0)), "arm")
        return []

    def body():
        demand(s, s.at("check c").emit(ew.gt, c, literal(-1.0)), "checkpoint")
        return []

    s.loop("for i in range(n):", [], "", x.shape[0], turn, symbol="i")
    s.branch("if c > 1:", s.builder.emit(ew.gt, c, literal(1.0)), arm, list)
    s.checkpoint("check", body)
    b = s.at("sum(x * x)")
    return verify(s.graph(b.reduce(b.mul(x, x), "sum", (0,))))


def everything(graph: Graph) -> Iterator[Equation]:
    for eqn in graph.equations:
        yield eqn
        for region in eqn.regions:
            yield from everything(region)


CASES = [(X, 0.0, ""), (X, 6.0, "arm"), (X * 2, 0.0, "turn"), (X, -2.0, "checkpoint")]


def texts(graph: Graph) -> list[str]:
    found = [eqn for eqn in everything(graph) if eqn.primitive is fx.require]
    return [eqn.params["arguments"][0] for eqn in found]


@pytest.mark.parametrize("derived", [False, True])
def test_checks_without_results_stay(derived):
    graph = scene()
    if derived:
        graph = value_and_gradient(graph, [0])
    graph = verify(simplify(graph))
    assert texts(graph) == ["turn", "arm", "checkpoint"]
    kernel = Interpreted(graph)
    for x, c, text in CASES:
        kernel(x, c)
        if not text:
            evaluate(graph, x, np.float64(c))
            assert kernel.status == 0
            continue
        with pytest.raises(ValueError, match=text):
            evaluate(graph, x, np.float64(c))
        failure = kernel.program.failures[kernel.status // FAILURE - 1]
        assert failure.arguments == (text,)


def test_what_is_run_once_more_is_not_checked_once_more():
    s = Flow("f")
    x = s.array("x", "n")

    def turn(t, v):
        def body():
            b = s.at("check v")
            demand(s, b.emit(ew.lt, v, literal(9.0)), "inside")
            return [b.emit(ew.sin, b.mul(v, b.index(x, (At(t),))))]

        return s.checkpoint("step", body)

    (v,) = s.loop("for i in range(n):", [literal(1.0)], "v", x.shape[0], turn, symbol="i")
    graph = s.graph(v)
    assert texts(simplify(value_and_gradient(graph, [0]))) == ["inside"]
    again = value_and_gradient(simplify(value_and_gradient(graph, [0], policy="sqrt")), [0])
    assert texts(again) == ["inside"]


def test_nothing_moves_before_a_check():
    """What follows a check may be there only because of it."""
    s = Flow("f")
    x, k = s.array("x", "n"), s.array("k")

    def turn(t, v):
        b = s.at("v = v + exp(k)")
        if checked:
            demand(s, b.emit(ew.lt, k, literal(9.0)), "inside")
        return [b.add(v, b.reduce(b.emit(ew.exp, b.mul(x, k)), "sum", (0,)))]

    moved = []
    for checked in (False, True):
        (v,) = s.loop("for i in range(3):", [literal(0.0)], "v", 3, turn, symbol="i")
        graph = hoist_invariants(s.graph(v))
        loop = graph.equations[-1]
        moved.append(loop.primitive.name == "loop" and len(loop.regions[0].equations))
        s = Flow("f")
        x, k = s.array("x", "n"), s.array("k")
    assert moved[0] < moved[1]


def test_loops_after_a_check_are_not_fused_with_those_before():
    s = Flow("f")
    x = s.array("x", "n")
    b = s.at("y = x * 2")
    total = b.reduce(b.mul(x, literal(2.0)), "sum", (0,))
    largest = b.reduce(b.mul(x, x), "max", (0,))
    demand(s, b.emit(ew.lt, total, literal(9.0)), "sum")
    other = b.reduce(b.emit(ew.exp, x), "sum", (0,))
    graph = s.graph(total, largest, other)
    lines = [line.strip() for line in emit(graph, ["C"]).source.splitlines()]
    check = next(k for k, line in enumerate(lines) if line.startswith(f"return {FAILURE}"))
    assert sum(line.startswith("for ") for line in lines[:check]) == 1
    assert sum(line.startswith("for ") for line in lines[check:]) == 1


def test_acts():
    graph = scene()
    assert [acts(eqn) for eqn in graph.equations].count(True) == 3


@pytest.mark.parametrize(
    ("ok", "params"),
    [
        (literal(1.0), {"error": "ValueError", "arguments": ()}),
        (literal(True), {"error": "SystemExit", "arguments": ()}),
        (literal(True), {"error": "ValueError", "arguments": ["text"]}),
    ],
)
def test_misuse(ok, params):
    with pytest.raises(InternalError):
        Flow("f").builder.emit(fx.require, ok, **params)
