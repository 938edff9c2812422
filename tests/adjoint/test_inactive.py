"""What is not taken contributes exactly 0, whatever is infinite or NaN there."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from graph_checks import finished, gradient, hessian, make, total
from graph_eval import evaluate

from adjit.adjoint import jvp, value_and_gradient
from adjit.ir import GraphBuilder, Operand, literal
from adjit.ir.indexing import At
from adjit.ir.primitives import elementwise as ew
from adjit.ir.primitives import structural as st

B = GraphBuilder


def num(value: float) -> Operand:
    return literal(value, "f8")


def where_positive(inner: Any) -> Any:
    """np.where(x > 0, inner(x), 0)"""
    return lambda b, x: b.emit(ew.select, b.emit(ew.gt, x, num(0)), inner(b, x), num(0))


def same(got: Any, expected: Any) -> None:
    np.testing.assert_array_equal(got, np.asarray(expected, dtype=float))


@pytest.mark.parametrize(
    "inner",
    [
        lambda b, x: b.emit(ew.sqrt, x),
        lambda b, x: b.emit(ew.log, x),
        lambda b, x: b.emit(ew.mul, x, b.emit(ew.log, x)),
        lambda b, x: b.emit(ew.div, num(1), x),
        lambda b, x: b.emit(ew.pow, x, num(-2)),
        lambda b, x: b.emit(ew.pow, x, b.emit(ew.sub, x, num(1))),
        lambda b, x: b.emit(ew.sqrt, b.emit(ew.sub, b.emit(ew.div, num(1), x), num(0.25))),
    ],
)
def test_branch_not_taken(inner: Any) -> None:
    x = np.array([0.0, -1.0, 0.0, 2.0])
    (got,) = gradient(where_positive(inner), x)
    (expected,) = gradient(inner, x[3:])
    same(got[:3], [0, 0, 0])
    same(got[3:], expected)
    twice = hessian(where_positive(inner), x)
    same(twice[:3], np.zeros((3, 4)))
    same(twice[3, 3], hessian(inner, x[3:])[0, 0])


def test_division_by_a_masked_zero() -> None:
    def ratio(b: B, x: Operand, y: Operand) -> Operand:
        return b.emit(ew.select, b.emit(ew.ne, y, num(0)), b.emit(ew.div, x, y), num(0))

    by_x, by_y = gradient(ratio, [1.0, 3.0], [0.0, 2.0])
    same(by_x, [0, 0.5])
    same(by_y, [0, -0.75])


def test_nested_conditions() -> None:
    def nested(b: B, x: Operand) -> Operand:
        small = b.emit(ew.lt, x, num(4))
        root = b.emit(ew.select, small, b.emit(ew.sqrt, x), b.emit(ew.log, x))
        return b.emit(ew.select, b.emit(ew.gt, x, num(0)), root, b.emit(ew.mul, x, num(3)))

    same(gradient(nested, [-1.0, 0.0, 1.0, 8.0])[0], [3, 3, 0.5, 0.125])


def test_two_conditions_share_a_pole() -> None:
    """The root is used under two conditions; neither holds at 0."""

    def twice(b: B, x: Operand) -> Operand:
        root = b.emit(ew.sqrt, x)
        parts = [b.emit(ew.select, b.emit(ew.gt, x, num(c)), root, num(0)) for c in (0, 1)]
        return b.emit(ew.add, *parts)

    same(gradient(twice, [0.0, 1.0, 4.0])[0], [0, 0.5, 0.5])
    same(hessian(twice, [0.0, 4.0]), [[0, 0], [0, -1 / 16]])


def test_condition_through_reduction_and_broadcast() -> None:
    def guarded(b: B, x: Operand) -> Operand:
        s = total(b, b.emit(ew.abs, x))
        return b.emit(ew.select, b.emit(ew.gt, s, num(0)), b.emit(ew.sqrt, s), num(0))

    def rows(b: B, x: Operand) -> Operand:
        s = b.reduce(b.emit(ew.exp, b.emit(ew.log, x)), "sum", (1,))
        return b.emit(ew.select, b.emit(ew.gt, s, num(0)), b.emit(ew.log, s), num(0))

    def spread(b: B, x: Operand, y: Operand) -> Operand:
        ratio = b.emit(ew.div, y, b.broadcast(x, (2, 3)))
        return b.emit(ew.select, b.emit(ew.gt, x, num(0)), ratio, num(0))

    same(gradient(guarded, np.zeros(3))[0], np.zeros(3))
    same(gradient(rows, np.zeros((1, 2)))[0], np.zeros((1, 2)))
    same(gradient(spread, np.array([0.0, 1.0, 2.0]), np.ones((2, 3)))[0], [0, -2, -0.5])


def test_scalar_condition_guards_everything_behind_it() -> None:
    def guarded(b: B, x: Operand) -> Operand:
        root = b.emit(ew.sqrt, x)
        order = b.bind(st.sort, root, axis=0)[0]
        s = b.emit(st.contract, root, order, a_axes=(0,), b_axes=(0,), out_axes=())
        picked = b.index(b.emit(ew.log, x), (At(0),))
        value = b.emit(ew.add, s, picked)
        return b.emit(ew.select, b.emit(ew.gt, total(b, x), num(0)), value, num(0))

    same(gradient(guarded, np.zeros(3))[0], np.zeros(3))


def test_unused_side_of_a_maximum() -> None:
    same(
        gradient(lambda b, x: b.emit(ew.maximum, b.emit(ew.sqrt, x), num(1)), [0.0, 4.0])[0],
        [0, 0.25],
    )
    same(gradient(lambda b, x: b.reduce(b.emit(ew.sqrt, x), "max", (0,)), [0.0, 4.0])[0], [0, 0.25])


def test_forward_over_reverse() -> None:
    """The tangent of a gradient is a Hessian times a vector, beside masked poles too."""
    build = where_positive(lambda b, x: b.emit(ew.sqrt, x))
    first = value_and_gradient(make(lambda b, x: total(b, build(b, x)), np.zeros(2)), [0])
    x, v = np.array([0.0, 4.0]), np.array([1.0, 2.0])
    *_, tangent = evaluate(finished(jvp(first, [0])), x, v)
    same(tangent, [0, -2 / 32])
