"""digamma and polygamma of kernels against scipy and mpmath, and their derivatives as users write
them."""

from __future__ import annotations

import math

import mpmath
import numpy as np
import pytest
from scipy import special

from adjit import grad, value_and_grad
from adjit.codegen.polygamma import digamma, polygamma
from adjit.errors import UnsupportedError

RNG = np.random.default_rng(0)
POINTS = {
    "small": 10 ** RNG.uniform(-12, 0, 40),
    "usual": RNG.uniform(0, 20, 60),
    "large": 10 ** RNG.uniform(1, 15, 40),
    "negative": RNG.uniform(-30, 0, 60),
}
EDGES = np.array([0.0, -0.0, -1.0, np.inf, np.nan])


@pytest.mark.parametrize("points", POINTS.values(), ids=POINTS)
@pytest.mark.parametrize("order", [0, 1, 2, 5])
def test_against_more_digits(order: int, points: np.ndarray) -> None:
    exact = np.array([float(mpmath.psi(order, mpmath.mpf(float(x)))) for x in points])
    got = np.array([polygamma(float(order), x) if order else digamma(x) for x in points])
    # relative to the function, but for digamma's zeros
    np.testing.assert_allclose(got, exact, rtol=4e-15, atol=0 if order else 2e-15)


@pytest.mark.parametrize("order", [0, 1, 2])
def test_poles_and_infinities(order: int) -> None:
    got = [polygamma(float(order), x) if order else digamma(x) for x in EDGES]
    expected = special.polygamma(order, EDGES) if order else special.psi(EDGES)
    np.testing.assert_array_equal(got, expected)


def test_orders_that_do_not_exist() -> None:
    assert all(math.isnan(polygamma(n, 2.0)) for n in (0.0, -1.0, 1.5, math.nan, math.inf))


@pytest.mark.parametrize("backend", ["numpy", "numba"])
@pytest.mark.parametrize("dtype", [np.float64, np.float32])
def test_gradients(backend: str, dtype: type, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ADJIT_BACKEND", backend)
    x = np.array([0.3, 1.7, 4.0, -2.4], dtype)
    v = np.array([1.0, -1.0, 0.5, 2.0], dtype)

    def f(x):
        return np.sum(special.gammaln(x) + special.gamma(x))

    by_hand = special.psi(x) * (1 + special.gamma(x))
    value, dx = value_and_grad(f)(x)
    assert (np.asarray(value).dtype, dx.dtype) == (dtype, dtype)
    rtol = 1e-12 if dtype is np.float64 else 2e-5
    np.testing.assert_allclose(value, f(x), rtol=rtol)
    np.testing.assert_allclose(dx, by_hand, rtol=rtol)
    twice = grad(lambda x: np.vdot(grad(f)(x), v))(x)
    trigamma = special.polygamma(1, x)
    np.testing.assert_allclose(
        twice, v * (trigamma + special.gamma(x) * (trigamma + special.psi(x) ** 2)), rtol=rtol
    )


def test_numbers() -> None:
    assert grad(lambda a: math.lgamma(a) * 2.0)(2.5) == pytest.approx(2 * special.psi(2.5))
    assert grad(math.gamma)(2.5) == pytest.approx(special.psi(2.5) * special.gamma(2.5))


def test_the_order_is_fixed() -> None:
    x = np.array([1.5, 2.5])
    np.testing.assert_allclose(
        grad(lambda x: np.sum(special.polygamma(2, x)))(x), special.polygamma(3, x)
    )
    with pytest.raises(UnsupportedError, match="polygamma of an order"):
        grad(lambda n, x: special.polygamma(n, x))(1.0, 2.5)
