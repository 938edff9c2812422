"""What must not happen in loops and branches: infinite factors of nothing, whole arrays worked on
where one element is touched, values stored without need."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from graph_checks import finished
from graph_eval import evaluate
from region_examples import EXAMPLES
from region_scene import Flow

from adjit.adjoint import jvp, residual_bytes, value_and_gradient, vjp
from adjit.ir import Equation, Graph, Symbol, literal
from adjit.ir.indexing import At, AtValue, Gather
from adjit.ir.primitives import elementwise as ew
from adjit.ir.primitives import structural as st


def gradient(name: str) -> Graph:
    example = EXAMPLES[name]
    graph = replace(example.graph, outputs=example.graph.outputs[:1])
    return finished(value_and_gradient(graph, example.wrt))


def bodies(graph: Graph, depth: int = 0) -> Iterator[Equation]:
    """All equations inside loops."""
    for eqn in graph.equations:
        if depth:
            yield eqn
        for region in eqn.regions:
            yield from bodies(region, depth + (eqn.primitive.name == "loop"))


ELEMENTS = [
    "gauss_seidel",
    "forward_substitution",
    "lu",
    "some_written",
    "product",
    "scan",
    "scattered",
    "recurrence",
    "returned",
]


@pytest.mark.parametrize("name", ELEMENTS)
def test_an_iteration_touches_elements_only(name: str) -> None:
    for eqn in bodies(gradient(name)):
        if any(v.shape for v in eqn.outputs):
            assert eqn.regions or eqn.primitive is st.update, str(eqn.primitive)


def test_linear_loops_store_nothing() -> None:
    assert residual_bytes(EXAMPLES["gauss_seidel"].graph, gradient("gauss_seidel")) == 0


def test_entries_that_no_iteration_reads_contribute_nothing() -> None:
    s = Flow("f")
    x = s.array("x", "n")
    y = s.at("y = np.log(x)").emit(ew.log, x)

    def body(t: Any, total: Any) -> list[Any]:
        b = s.at("s += y[i]")
        return [b.add(total, b.index(y, (At(t + 1),)))]

    (total,) = s.loop("for", [literal(0.0)], "s", x.shape[0] - 1, body, symbol="i", start=1)
    graph = finished(value_and_gradient(s.graph(total), [0]))
    np.testing.assert_allclose(evaluate(graph, np.array([0.0, 1.0, 2.0]))[1], [0, 1, 0.5])


def test_the_arm_not_taken_contributes_nothing() -> None:
    s = Flow("f")
    x = s.array("x")
    root = s.at("r = np.sqrt(x)").emit(ew.sqrt, x)
    positive = s.at("if x > 0:").emit(ew.gt, x, literal(0.0))
    (y,) = s.branch("if x > 0:", positive, lambda: [root], lambda: [x])
    graph = finished(value_and_gradient(s.graph(y), [0]))
    assert [evaluate(graph, v)[1] for v in (4.0, 0.0, -1.0)] == [0.25, 1, 1]


def test_an_array_stored_in_an_arm_of_its_own_size() -> None:
    """The length of what the arm keeps is known in the arm only."""
    s = Flow("f")
    x, a = s.array("x", "n"), s.array("a")
    positive = s.at("if a > 0:").emit(ew.gt, a, literal(0.0))

    def then() -> list[Any]:
        b = s.at("y = np.exp(x[x > 0])")
        mask = b.emit(ew.gt, x, literal(0.0))
        (found,) = b.bind(st.nonzero, mask, symbol=Symbol("found", None, 0))
        y = b.emit(ew.exp, b.mul(a, b.index(x, (Gather(0, True),), (found,))))
        return [b.reduce(b.mul(y, y), "sum", (0,))]

    (y,) = s.branch("if a > 0:", positive, then, lambda: [a])
    graph = finished(value_and_gradient(s.graph(y), [0, 1]))
    v = np.array([0.3, -1.0, 0.5])
    dx, da = evaluate(graph, v, 2.0)[1:]
    np.testing.assert_allclose(dx, np.where(v > 0, 4 * np.exp(4 * v), 0))
    np.testing.assert_allclose(da, np.sum(np.where(v > 0, 2 * v * np.exp(4 * v), 0)))
    dx, da = evaluate(graph, v, -2.0)[1:]
    np.testing.assert_allclose(dx, 0)
    assert da == 1


def test_numbers_are_carried_without_cotangents() -> None:
    """An int and a bool beside the float, from which they depend."""
    s = Flow("f")
    x = s.array("x", "n")

    def body(t: Any, total: Any, k: Any, seen: Any) -> list[Any]:
        b = s.at("...")
        xi = b.index(x, (AtValue(0),), (k,))
        big = b.emit(ew.gt, xi, literal(0.0))
        found = b.emit(ew.select, seen, b.mul(total, xi), b.add(total, xi))
        return [found, b.emit(ew.sub, k, literal(1)), b.emit(ew.logical_or, seen, big)]

    first = [literal(0.0), literal(-1), literal(False)]
    total, k, seen = s.loop("for", first, "s k seen", x.shape[0], body, symbol="i")
    graph = s.graph(total, k, seen)
    v = np.array([2.0, 3.0, -1.0, -2.0])  # -2 - 1 + 3, times 2
    *_, dx = evaluate(finished(value_and_gradient(graph, [0])), v)
    np.testing.assert_allclose(dx, [0, 2, 2, 2])
    outputs = evaluate(finished(jvp(graph, [0])), v, np.ones(4))
    assert [float(t) for t in outputs[3:]] == [6, 0, 0]


def test_cotangents_of_arrays() -> None:
    example = EXAMPLES["swapped"]
    graph = finished(vjp(example.graph, example.wrt, (1, 2)))
    rng = np.random.default_rng(4)
    inputs = example.arguments(rng, 5, 3)
    ct = [rng.normal(size=5) for _ in range(2)]
    along = [rng.normal(size=np.shape(inputs[k])) for k in example.wrt]
    moved = evaluate(finished(jvp(example.graph, example.wrt)), *inputs, *along)[4:]
    gradients = evaluate(graph, *inputs, *ct)[3:]
    left = sum(np.sum(a * b) for a, b in zip(gradients, along, strict=True))
    np.testing.assert_allclose(left, sum(np.sum(a * b) for a, b in zip(moved, ct, strict=True)))
