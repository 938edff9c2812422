"""Values and gradients where other systems went wrong: edges, ties, NaN, overflow."""

import math

import numpy as np
import pytest
from trap_tools import hessian_times, program

from adjit import grad, jit, value_and_grad

INF, NAN = np.inf, np.nan
ZEROS = np.zeros(3)


def second(f, *at):
    n = len(at)
    return [[float(grad(lambda *z: grad(f, i)(*z), j)(*at)) for j in range(n)] for i in range(n)]


NORMS = (
    """
np.linalg.norm(x)|np.sqrt(np.sum(x**2))|np.sqrt(x @ x)|(x**2).sum()**0.5|math.sqrt((x * x).sum())
np.sqrt(np.einsum("i,i->", x, x))|np.sqrt(x[0]**2 + x[1]**2 + x[2]**2)|np.sum(np.sqrt(x**2))
np.sqrt(np.mean(np.square(x)))|np.sqrt(np.sum(np.abs(x)**2))|np.linalg.norm(x, 1)
np.linalg.norm(x, np.inf)|np.linalg.norm(x, 3)|np.std(x)|np.std(x, ddof=1)|np.nanstd(x)|np.var(x)
np.linalg.norm(x - x.mean())|math.hypot(*x)|math.dist(x, [0.0, 0.0, 0.0])|np.sqrt(2 * np.sum(x**2))
np.sqrt(np.maximum(np.sum(x**2), 0.0))|np.sqrt(np.sum(x**4))|np.sqrt(sum(v * v for v in x))
""".replace("\n", "|")
    .strip("|")
    .split("|")
)


@pytest.mark.unchecked  # to second order there are poles
@pytest.mark.parametrize("text", NORMS)
def test_norms_have_subgradient_zero_at_zero(text):
    f = program(f"def f(x):\n    return {text}")
    np.testing.assert_array_equal(grad(f)(ZEROS), ZEROS)
    assert np.isfinite(hessian_times(f, ZEROS, np.ones(3))).all()


def test_distances_of_points_to_themselves():
    points = np.array([[0.0, 1.0], [3.0, 4.0]])
    got = grad(lambda x: np.sum(np.sqrt(np.sum((x[:, None] - x[None]) ** 2, -1))))(points)
    np.testing.assert_allclose(got, 2 * np.array([[-1, -1], [1, 1]]) / math.sqrt(2))


def test_second_order_of_hypot_and_arctan2():
    r = 2**-1.5
    np.testing.assert_allclose(second(np.hypot, 1.0, 1.0), [[r, -r], [-r, r]])
    np.testing.assert_allclose(second(np.arctan2, 1.0, 2.0), [[-0.16, -0.12], [-0.12, 0.16]])
    np.testing.assert_array_equal(second(np.hypot, 0.0, 0.0), 0)


@pytest.mark.parametrize(
    ("scale", "dtype"),
    [
        (1.0, np.float64),
        (1e200, np.float64),
        (1e-200, np.float64),
        (1e30, np.float32),
        (1e-30, np.float32),
    ],
)
@pytest.mark.parametrize("name", ["numpy", "numba"])
def test_the_angle_of_very_long_and_short_vectors(scale, dtype, name, monkeypatch):
    monkeypatch.setenv("ADJIT_BACKEND", name)
    scale = dtype(scale)
    x, y = np.array([3 * scale]), np.array([4 * scale])
    dx, dy = grad(lambda x, y: np.sum(np.arctan2(x, y)), (0, 1))(x, y)
    np.testing.assert_allclose(dx * scale, 0.16, rtol=1e-6)
    np.testing.assert_allclose(dy * scale, -0.12, rtol=1e-6)


# (x, y) -> the partial derivatives of x ** y
POWERS = {
    (0.0, 2.0): (0, 0),
    (0.0, 1.0): (1, 0),
    (0.0, 0.0): (0, 0),
    (0.0, 3.0): (0, 0),
    (0.0, 0.5): (INF, 0),
    (-2.0, 2.0): (-4, NAN),
    (2.0, 3.0): (12, 8 * math.log(2)),
    (0.0, -1.0): (-INF, -INF),
    (NAN, 0.0): (0, NAN),
}


@pytest.mark.parametrize("at", POWERS)
def test_powers_with_traced_exponents(at):
    f = lambda x, y: x**y  # noqa: E731
    np.testing.assert_allclose(grad(f, (0, 1))(*at), POWERS[at])
    arrays = [np.array([v]) for v in at]
    got = grad(lambda x, y: np.sum(x**y), (0, 1))(*arrays)
    np.testing.assert_allclose(np.ravel(got), POWERS[at])


def test_second_order_of_powers():
    f = lambda x, y: x**y  # noqa: E731
    np.testing.assert_array_equal(second(f, 0.0, 2.0)[0][0], 2)
    np.testing.assert_array_equal(np.diag(second(f, 0.0, 3.0)), 0)
    log = math.log(2)
    np.testing.assert_allclose(
        second(f, 2.0, 3.0), [[12, 4 * (1 + 3 * log)], [4 * (1 + 3 * log), 8 * log**2]]
    )


@pytest.mark.parametrize(
    ("n", "first", "second"),
    [(0, 0, 0), (1, 1, 0), (2, 0, 2), (3, 0, 0), (2.5, 0, 0), (0.5, INF, -INF), (-1, -INF, INF)],
)
def test_fixed_powers_of_zero(n, first, second):
    f = lambda x: x**n  # noqa: E731
    assert grad(f)(0.0) == first
    got = grad(grad(f))(0.0)
    assert got == second or (np.isnan(got) and np.isinf(second))


def test_products_with_zeros():
    f = np.prod
    np.testing.assert_array_equal(grad(f)(np.array([0.0, 2.0, 3.0])), [6, 0, 0])
    x = np.array([0.0, 2.0, 0.0])
    np.testing.assert_array_equal(grad(f)(x), 0)
    np.testing.assert_array_equal(hessian_times(f, x, np.array([1.0, 0.0, 0.0])), [0, 0, 2])
    g = lambda x: np.sum(np.cumprod(x))  # noqa: E731
    np.testing.assert_array_equal(grad(g)(x), [3, 0, 0])
    np.testing.assert_array_equal(hessian_times(g, x, np.array([1.0, 0.0, 0.0])), [0, 1, 2])


# expression -> gradient at [2, 2, 1, 1]: weights that sum to 1
TIES = {
    "np.max(x)": [0.5, 0.5, 0, 0],
    "np.min(x)": [0, 0, 0.5, 0.5],
    "np.max(np.maximum(x, x[::-1])[:2])": [0.5, 0.5, 0, 0],
    "np.abs(x - 2.0)[0]": [0, 0, 0, 0],
    "np.maximum(x, 2.0)[0]": [0, 0, 0, 0],
    "np.sort(x)[0]": [0, 0, 1, 0],
    "np.median(x)": [0.5, 0, 0, 0.5],
    "max(x[0], x[1])": [1, 0, 0, 0],
    "np.maximum.accumulate(x)[-1]": [0, 1, 0, 0],
    "np.maximum(x[0], x[1])": [0.5, 0.5, 0, 0],
}


@pytest.mark.parametrize("text", TIES)
def test_ties(text):
    f = program(f"def f(x):\n    return {text}")
    np.testing.assert_array_equal(grad(f)(np.array([2.0, 2.0, 1.0, 1.0])), TIES[text])


# expression -> gradient at [3, 1, nan, 3]
NANS = {
    "np.max(x)": [0, 0, 1, 0],
    "np.min(x)": [0, 0, 1, 0],
    "x[np.argmax(x)]": [0, 0, 1, 0],
    "np.maximum.accumulate(x)[-1]": [0, 0, 1, 0],
    "np.nanmax(x)": [0.5, 0, 0, 0.5],
    "np.nansum(x)": [1, 1, 0, 1],
    "np.abs(x)[2]": [0, 0, NAN, 0],
    "np.sort(x)[0]": [0, 1, 0, 0],
    "np.fmax(x, 2.0)[2]": [0, 0, 0, 0],
    "np.sum(x)": [1, 1, 1, 1],
    "np.linalg.norm(x)": [NAN] * 4,
    "np.prod(x)": [NAN, NAN, 9, NAN],
    "np.std(x)": [NAN] * 4,
}


@pytest.mark.parametrize("text", NANS)
def test_nan(text):
    x = np.array([3.0, 1.0, NAN, 3.0])
    f = program(f"def f(x):\n    return {text}")
    value, dx = value_and_grad(f)(x)
    np.testing.assert_array_equal(value, f(x))
    np.testing.assert_array_equal(dx, NANS[text])


EDGES = np.array([0.0, -0.0, INF, -INF, NAN, 5e-324, 1e-310, 1e10, 1e300, 710.0, -745.0, -1.0])
SLOPES = {
    np.exp: np.exp,
    np.log: lambda x: 1 / x,
    np.sqrt: lambda x: 0.5 / np.sqrt(x),
    np.sin: np.cos,
    np.cos: lambda x: -np.sin(x),
    np.expm1: np.exp,
    np.log1p: lambda x: 1 / (1 + x),
    np.arctan: lambda x: 1 / (1 + x * x),
}


def values_and_slopes(x):
    return [(function(x), grad(lambda z: np.sum(function(z)))(x)) for function in SLOPES]


@pytest.mark.parametrize("name", ["numpy", "numba"])
@pytest.mark.parametrize("dtype", [np.float64, np.float32])
def test_infinities_overflow_and_subnormal_numbers(name, dtype, monkeypatch):
    """Also sin and cos of huge arguments, which the kernels compute another way."""
    monkeypatch.setenv("ADJIT_BACKEND", name)
    x = EDGES.astype(dtype)
    rtol, tiny = (1e-13, 1e-300) if dtype is np.float64 else (1e-6, 1e-37)
    for (value, slope), (function, derivative) in zip(
        jit(values_and_slopes)(x), SLOPES.items(), strict=True
    ):
        assert value.dtype == slope.dtype == dtype
        np.testing.assert_allclose(value, function(x), rtol=rtol, atol=tiny)
        np.testing.assert_allclose(slope, derivative(x), rtol=rtol, atol=tiny)


@pytest.mark.compiled
def test_float32_quotients_by_roots():
    """With reciprocals allowed, the processor's estimate of 1 / sqrt(x) is NaN at 0 and inf."""
    x = np.array([0.0, np.inf, 1e-40, 3e38, 2.0, 5.0, 7.0, 9.0] * 4, np.float32)
    quotient, inverse = jit(lambda x: (3.0 / np.sqrt(x), np.sqrt(x) ** -1.0))(x)
    np.testing.assert_array_equal(quotient, np.float32(3) / np.sqrt(x))
    np.testing.assert_array_equal(inverse, np.float32(1) / np.sqrt(x))


def test_numbers_of_python_follow_numpy_in_derivatives():
    """A float of Python raises for 1.0 / 0.0, and is complex for (-1.0) ** 0.5; what the user
    wrote is fine at these points, so the derivative may not raise."""
    assert grad(lambda x, y: x**y, (0, 1))(0.0, 2.0) == (0.0, 0.0)
    assert grad(lambda x: math.sqrt(x))(0.0) == INF
    assert np.isnan(grad(lambda x: x**0.5)(-1.0))
