"""Kinks, poles, zeros, ties, NaN: exact values, to second order where it is defined."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from graph_checks import check, finished, gradient, hessian, make, total, with_weights
from graph_eval import evaluate

from adjit.adjoint import jvp, value_and_gradient
from adjit.ir import GraphBuilder, Operand, literal
from adjit.ir.indexing import At
from adjit.ir.primitives import elementwise as ew
from adjit.ir.primitives import structural as st

B = GraphBuilder
INF, NAN = np.inf, np.nan


def num(value: float, like: Operand | None = None) -> Operand:
    return literal(value, "f8" if like is None else like.type.dtype)


def power(n: float) -> Any:
    return lambda b, x: b.emit(ew.pow, x, num(n))


def same(got: Any, expected: Any) -> None:
    np.testing.assert_array_equal(got, np.asarray(expected, dtype=float))


# --- x ** y ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("n", "first", "second"),
    [
        (0, 0, 0),
        (1, 1, 0),
        (2, 0, 2),
        (3, 0, 0),
        (4, 0, 0),
        (1.5, 0, INF),
        (0.5, INF, None),
        (-1, -INF, None),
    ],
)
def test_power_of_zero(n: float, first: float, second: float | None) -> None:
    same(gradient(power(n), [0.0])[0], [first])
    if second is not None:
        same(hessian(power(n), [0.0]), [[second]])


def test_power_of_negative_base() -> None:
    same(gradient(power(3), [-2.0])[0], [12])
    same(hessian(power(3), [-2.0]), [[-12]])
    same(gradient(power(-1), [-2.0])[0], [-0.25])


def traced_power(b: B, x: Operand, y: Operand) -> Operand:
    return b.emit(ew.pow, x, y)


@pytest.mark.parametrize(
    ("y", "by_x", "by_xx"),
    [
        (0.0, 0, 0),
        (1.0, 1, 0),
        (2.0, 0, 2),
        (3.0, 0, 0),
        (0.5, INF, -INF),
    ],
)
def test_traced_power_of_zero(y: float, by_x: float, by_xx: float) -> None:
    by = gradient(traced_power, [0.0], [y])
    same(by[0], [by_x])
    same(by[1], [0])
    same(hessian(traced_power, [0.0], [y]), [[by_xx]])


def test_traced_exponent_at_zero_base_to_second_order() -> None:
    def swapped(b: B, y: Operand, x: Operand) -> Operand:
        return b.emit(ew.pow, x, y)

    same(hessian(swapped, [2.0], [0.0]), [[0]])
    np.testing.assert_allclose(hessian(swapped, [2.0], [3.0]), [[9 * np.log(3) ** 2]])


def test_mixed_derivative_of_a_power() -> None:
    """d/dy of y * x ** (y - 1), at x = 0 too."""
    first = value_and_gradient(
        make(lambda b, x, y: total(b, traced_power(b, x, y)), [0.0, 2.0], [2.0, 3.0]), [0]
    )
    mixed = finished(value_and_gradient(with_weights(first, [1]), [1]))
    at = np.array([0.0, 2.0]), np.array([2.0, 3.0]), np.ones(2)
    np.testing.assert_allclose(evaluate(mixed, *at)[1], [0, 4 + 12 * np.log(2)])


def test_traced_power_of_negative_base() -> None:
    by_x, by_y = gradient(traced_power, [-2.0, -2.0], [3.0, 2.0])
    same(by_x, [12, -4])
    assert np.isnan(by_y).all()
    same(gradient(traced_power, [-2.0], [3.0], wrt=[0])[0], [12])


def test_literal_base() -> None:
    def two_to_the(b: B, y: Operand) -> Operand:
        return b.emit(ew.pow, num(2.0), y)

    np.testing.assert_allclose(gradient(two_to_the, [3.0])[0], [8 * np.log(2)])
    same(gradient(lambda b, y: b.emit(ew.pow, num(0.0), y), [3.0])[0], [0])


# --- roots and norms ------------------------------------------------------------------------


def norm(b: B, x: Operand) -> Operand:
    return b.emit(ew.sqrt, total(b, b.emit(ew.pow, x, num(2, x))))


def norm_by_dot(b: B, x: Operand) -> Operand:
    return b.emit(
        ew.pow, b.emit(st.contract, x, x, a_axes=(0,), b_axes=(0,), out_axes=()), num(0.5, x)
    )


def deviation(b: B, x: Operand) -> Operand:
    off = b.emit(ew.sub, x, b.reduce(x, "mean", (0,)))
    return b.emit(ew.sqrt, b.reduce(b.emit(ew.mul, off, off), "mean", (0,)))


def corrected(b: B, x: Operand) -> Operand:
    off = b.emit(ew.sub, x, b.reduce(x, "mean", (0,)))
    square = total(b, b.emit(ew.pow, off, num(2, x)))
    return b.emit(ew.sqrt, b.emit(ew.div, square, b.convert(b.dim(x.shape[0] - 1), x.type.dtype)))


def norm_by_loop(b: B, x: Operand) -> Operand:
    s: Operand = num(0, x)
    for k in range(3):
        entry = b.index(x, (At(k),))
        s = b.emit(ew.add, s, b.emit(ew.mul, entry, entry))
    return b.emit(ew.sqrt, s)


@pytest.mark.parametrize("fun", [norm, norm_by_dot, deviation, corrected, norm_by_loop])
def test_norm_has_subgradient_zero_at_zero(fun: Any) -> None:
    for symbolic in (False, True)[: 1 if fun is norm_by_loop else 2]:
        same(gradient(fun, np.zeros(3), symbolic=symbolic)[0], np.zeros(3))
    assert np.isfinite(hessian(fun, np.zeros(3))).all()
    check(fun, np.array([0.3, -1.2, 2.0]), symbolic=(False,))
    graph = make(fun, np.zeros(3))
    same(evaluate(jvp(graph, [0]), np.zeros(3), np.ones(3))[1], 0)


def test_root_of_something_else_keeps_its_pole() -> None:
    def build(b: B, x: Operand) -> Operand:
        square = b.emit(ew.mul, x, x)
        return b.emit(ew.sqrt, b.emit(ew.add, square, x))

    assert not np.isfinite(gradient(build, [0.0])[0])

    def doubled(b: B, x: Operand) -> Operand:
        for _ in range(200):  # taken for a tree, 2 ** 200 terms
            x = b.emit(ew.add, x, x)
        return b.emit(ew.sqrt, x)

    assert gradient(doubled, [1.0])[0] > 0


def test_plain_root_keeps_its_pole() -> None:
    same(gradient(lambda b, x: b.emit(ew.sqrt, x), [0.0, 4.0])[0], [INF, 0.25])


def test_hypot() -> None:
    by_x, by_y = gradient(lambda b, x, y: b.emit(ew.hypot, x, y), [0.0, 3.0], [0.0, 4.0])
    same(by_x, [0, 0.6])
    same(by_y, [0, 0.8])
    np.testing.assert_allclose(
        hessian(lambda b, x, y: b.emit(ew.hypot, x, y), [1.0], [1.0]), [[2**-1.5]]
    )
    same(hessian(lambda b, x, y: b.emit(ew.hypot, x, y), [0.0], [0.0]), [[0]])


def test_arctan2() -> None:
    by_x, by_y = gradient(lambda b, x, y: b.emit(ew.arctan2, x, y), [0.0, 1.0], [2.0, 0.0])
    same(by_x, [0.5, 0])
    same(by_y, [0, -1])
    np.testing.assert_allclose(
        hessian(lambda b, x, y: b.emit(ew.arctan2, x, y), [0.0, 1.0], [2.0, 1.0]),
        [[0, 0], [0, -0.5]],
    )


def test_stable_forms() -> None:
    def by(p: Any, *x: float) -> Any:
        return gradient(lambda b, *xs: b.emit(p, *xs), *([v] for v in x))

    np.testing.assert_allclose(by(ew.expm1, -40.0)[0], [np.exp(-40.0)], rtol=1e-15)
    np.testing.assert_allclose(by(ew.logaddexp, -800.0, 0.0), [[0.0], [1.0]])
    same(by(ew.logaddexp, -INF, 1.0), [[0], [1]])
    same(by(ew.logaddexp, -INF, -INF), [[0], [0]])
    same(by(ew.expit, -800.0)[0], [0])
    same(by(ew.tanh, INF)[0], [0])
    near = 1 - 2.0**-40
    np.testing.assert_allclose(by(ew.arcsin, near)[0], [(2.0**-39 - 2.0**-80) ** -0.5], rtol=1e-15)


# --- kinks and ties -------------------------------------------------------------------------


def test_absolute_value_and_sign() -> None:
    same(gradient(lambda b, x: b.emit(ew.abs, x), [-2.0, 0.0, 3.0])[0], [-1, 0, 1])
    same(hessian(lambda b, x: b.emit(ew.abs, x), [-2.0, 0.0]), np.zeros((2, 2)))
    same(gradient(lambda b, x: b.emit(ew.sign, x), [-2.0, 0.0])[0], [0, 0])


@pytest.mark.parametrize("p", [ew.maximum, ew.fmax])
def test_relu(p: Any) -> None:
    for fun in (
        lambda b, x: b.emit(p, x, num(0)),
        lambda b, x: b.emit(p, num(0), x),
        lambda b, x: b.emit(p, x, b.full(0.0, x.shape, "f8")),
    ):
        same(gradient(fun, [-1.0, 0.0, 2.0])[0], [0, 0, 1])


@pytest.mark.parametrize(
    ("p", "first"),
    [
        (ew.maximum, [0, 0.5, 1]),
        (ew.fmax, [0, 0.5, 1]),
        (ew.minimum, [1, 0.5, 0]),
        (ew.fmin, [1, 0.5, 0]),
    ],
)
def test_ties_of_two_arrays_split(p: Any, first: Any) -> None:
    by_x, by_y = gradient(lambda b, x, y: b.emit(p, x, y), [1.0, 2.0, 3.0], [2.0, 2.0, 2.0])
    same(by_x, first)
    same(by_x + by_y, [1, 1, 1])
    (alone,) = gradient(lambda b, x, y: b.emit(p, x, y), [1.0, 2.0, 3.0], [2.0] * 3, wrt=[0])
    same(alone, first)
    same(gradient(lambda b, x: b.emit(p, x, x), [2.0])[0], [1])


@pytest.mark.parametrize("p", [ew.fmax, ew.fmin])
def test_fmax_and_fmin_pass_over_nan(p: Any) -> None:
    by_x, by_y = gradient(lambda b, x, y: b.emit(p, x, y), [NAN, 2.0], [1.0, NAN])
    same(by_x, [0, 1])
    same(by_y, [1, 0])
    same(gradient(lambda b, x: b.emit(p, x, num(NAN)), [2.0])[0], [1])
    same(gradient(lambda b, x: b.emit(p, x, num(1.0)), [NAN])[0], [0])


@pytest.mark.parametrize("op", ["max", "min"])
def test_ties_of_a_reduction_share(op: str) -> None:
    x = np.array([[1.0, 3.0, 3.0, 1.0], [2.0, 2.0, 2.0, 2.0]])
    (got,) = gradient(lambda b, x: b.reduce(x, op, (1,)), x)
    same(got[1], [0.25] * 4)
    same(got[0], [0, 0.5, 0.5, 0] if op == "max" else [0.5, 0, 0, 0.5])


def test_running_maximum_gives_ties_to_the_latest() -> None:
    (got,) = gradient(
        lambda b, x: b.emit(st.cumulative, x, op="max", axis=0, reverse=False), [1.0, 3.0, 3.0, 2.0]
    )
    same(got, [1, 1, 2, 0])


@pytest.mark.parametrize(
    ("p", "by_x", "by_y"),
    [
        (ew.mod, 1, 3),
        (ew.fmod, 1, 2),
        (ew.floordiv, 0, 0),
    ],
)
def test_remainders(p: Any, by_x: float, by_y: float) -> None:
    got = gradient(lambda b, x, y: b.emit(p, x, y), [-5.0], [2.0])
    same(got, [[by_x], [by_y]])


@pytest.mark.parametrize("p", [ew.floor, ew.ceil, ew.trunc, ew.rint, ew.stop])
def test_steps_and_stop_have_derivative_zero(p: Any) -> None:
    same(gradient(lambda b, x: b.emit(p, x), [0.5, 2.0])[0], [0, 0])
    same(gradient(lambda b, x: b.emit(ew.mul, b.emit(p, x), x), [2.0])[0], [2])


def test_precisions_meet() -> None:
    def build(b: B, x: Operand, y: Operand) -> Operand:
        return b.emit(ew.mul, b.emit(ew.sin, b.convert(x, "f8")), y)

    by_x, by_y = gradient(build, np.ones(2, "f4"), np.full(2, 3.0))
    assert (by_x.dtype, by_y.dtype) == (np.float32, np.float64)
    same(by_x, (3 * np.cos(np.ones(2))).astype("f4"))


def test_integers_and_comparisons_cut() -> None:
    def cut(b: B, x: Operand) -> Operand:
        whole = b.convert(b.convert(x, "int64"), "f8")
        flag = b.convert(b.emit(ew.gt, x, num(1)), "f8")
        return b.emit(ew.mul, b.emit(ew.mul, whole, flag), x)

    same(gradient(cut, [0.5, 2.5, 3.5])[0], [0, 2, 3])


def test_copysign() -> None:
    by_x, by_y = gradient(
        lambda b, x, y: b.emit(ew.copysign, x, y), [-2.0, 0.0, 3.0], [1.0, -1.0, -0.0]
    )
    same(by_x, [-1, 0, -1])
    same(by_y, [0, 0, 0])


# --- zeros in products ----------------------------------------------------------------------


def test_products_with_zeros() -> None:
    same(gradient(lambda b, x: b.reduce(x, "prod", (0,)), [0.0, 2.0, 3.0])[0], [6, 0, 0])
    same(gradient(lambda b, x: b.reduce(x, "prod", (0,)), [0.0, 2.0, 0.0])[0], [0, 0, 0])
    same(
        hessian(lambda b, x: b.reduce(x, "prod", (0,)), [0.0, 2.0, 0.0]),
        [[0, 0, 2], [0, 0, 0], [2, 0, 0]],
    )


@pytest.mark.parametrize("reverse", [False, True])
def test_cumulative_products_with_zeros(reverse: bool) -> None:
    def last(b: B, x: Operand) -> Operand:
        running = b.emit(st.cumulative, x, op="prod", axis=0, reverse=reverse)
        return b.index(running, (At(0 if reverse else 2),))

    same(gradient(last, [0.0, 2.0, 3.0])[0], [6, 0, 0])
    same(hessian(last, [0.0, 2.0, 0.0]), [[0, 0, 2], [0, 0, 0], [2, 0, 0]])
