"""What is not taken, and what is not read, contributes exactly 0, to second order too."""

import numpy as np
import pytest
from scipy import special
from trap_tools import hessian_times, program

from adjit import grad, value_and_grad

# Beside the poles the functions are infinite or jump: differences tell nothing.
pytestmark = pytest.mark.unchecked

X = np.array([0.0, -1.0, 4.0, 0.0])
A = np.arange(16.0).reshape(4, 4)

# expression -> the gradient at X; log, sqrt and 1 / x have their poles there
CASES = {
    "np.sum(np.where(x > 0, np.sqrt(x), 0.0))": [0, 0, 0.25, 0],
    "np.sum(np.where(x > 0, np.where(x > 1, np.log(x), np.sqrt(x)), -x))": [-1, -1, 0.25, -1],
    "np.sum(np.where(x[1:] > 0, np.log(x)[1:], 0.0))": [0, 0, 0.25, 0],
    "np.sum(np.where(x[::-1] > 0, np.log(x)[::-1], 0.0))": [0, 0, 0.25, 0],
    "np.sum(np.where(x[[2, 1, 2]] > 0, np.log(x)[[2, 1, 2]], 0.0))": [0, 0, 0.5, 0],
    "np.log(x)[2]": [0, 0, 0.25, 0],
    "np.sum(np.log(x)[2:3])": [0, 0, 0.25, 0],
    "np.sum(np.log(x)[x > 0])": [0, 0, 0.25, 0],
    "np.sum((x * np.log(x))[x > 0])": [0, 0, 1 + np.log(4), 0],
    "np.sum((1 / x)[2:3] + (1 / x)[1:2])": [0, -1, -1 / 16, 0],
    "np.log(x)[2] + np.sum(np.exp(np.log(x)[2:3]))": [0, 0, 1.25, 0],
    "np.where(np.all(x > 0), np.sum(np.log(x)), 0.0) + x[2]": [0, 0, 1, 0],
    "np.sum(np.where(x > 9, A @ np.sqrt(x), 0.0)) + x[2]": [0, 0, 1, 0],
    "np.sum(np.where(x > 9, np.sqrt(x) @ A, 0.0)) + x[2]": [0, 0, 1, 0],
    "np.sum(np.where(x > 0, np.diag([0.0, 0.0, 1.0, 0.0]) @ x, 0.0))": [0, 0, 1, 0],
    "np.sum(np.where(x > 0, np.stack([np.log(x), np.sqrt(x)]), 0.0))": [0, 0, 0.5, 0],
    "np.sum(np.where(x.reshape(2, 2).T > 0, np.log(x.reshape(2, 2)).T, 0.0))": [0, 0, 0.25, 0],
    "np.sum(np.log(x), where=x > 0)": [0, 0, 0.25, 0],
    "np.mean(np.log(x), where=x > 0)": [0, 0, 0.25, 0],
    "np.nanmax(np.log(x))": [0, 0, 0.25, 0],
    "np.sum(np.log(np.clip(x, 1e-3, None)))": [0, 0, 0.25, 0],
    "np.sum(np.where(x != 0, np.sin(x) / np.where(x != 0, x, 1.0), 1.0))": [
        0,
        np.sin(1) - np.cos(1),
        np.cos(4) / 4 - np.sin(4) / 16,
        0,
    ],
    "np.prod(np.where(x > 0, np.log(x), 1.0))": [0, 0, 0.25, 0],
}


@pytest.mark.parametrize("text", CASES)
def test_inactive_places(text):
    got = grad(program(f"def f(x):\n    return {text}", A=A))(X)
    np.testing.assert_allclose(got, CASES[text], rtol=1e-14)


@pytest.mark.parametrize("text", [t for t in CASES if "np.exp" not in t])
def test_inactive_places_to_second_order(text):
    got = hessian_times(program(f"def f(x):\n    return {text}", A=A), X, np.ones(4))
    assert np.isfinite(got).all(), got
    assert got[0] == got[3] == 0


def test_places_overwritten_before_they_are_read():
    def f(x):
        y = np.log(x)
        y[0] = 0.0
        y[3] = 1.0
        return np.sum(y[[0, 2, 3]])

    np.testing.assert_allclose(grad(f)(X), [0, 0, 0.25, 0])


def test_a_number_that_happens_to_be_zero_is_not_taken_for_inactive():
    """sqrt(x) ** 2 at 0 has the derivative 1, which the chain rule cannot see: not 0."""
    assert np.isnan(grad(lambda x: np.sum(np.sqrt(x) * np.sqrt(x + 0.0)))(np.zeros(2))).all()


def test_reads_that_cover_the_array_cost_no_mask():
    def f(x):
        u = 1 / x
        return np.sum(u[1:] * u[:-1])

    g = grad(f)
    g(np.arange(1.0, 5.0))
    assert "where" not in g.source()
    g = grad(
        lambda x, y: np.sum(
            (x - np.log(np.exp(x).sum(axis=1, keepdims=True)))[np.arange(len(x)), y]
        )
    )
    g(np.ones((4, 3)), np.array([0, 2, 1, 1]))
    assert "where" not in g.source()


@pytest.mark.compiled
def test_compiled():
    def f(x):
        return (
            np.sum(np.log(x)[x > 0])
            + np.sum(np.where(x > 9, A @ np.sqrt(x), 0.0))
            + np.sum(np.where(x[1:] > 0, np.log(x)[1:], 0.0))
        )

    value, dx = value_and_grad(f)(X)
    assert value == pytest.approx(2 * np.log(4))
    np.testing.assert_allclose(dx, [0, 0, 0.5, 0])


def test_special_functions_at_the_edge():
    x = np.array([0.0, 0.5])
    np.testing.assert_allclose(
        grad(lambda x: np.sum(special.xlogy(x, x)[1:]))(x), [0, 1 + np.log(0.5)]
    )
