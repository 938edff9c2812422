"""The building blocks against NumPy, and that LLVM vectorises loops of them."""

import re
from typing import Any

import numpy as np
import pytest
from numba import njit

from adjit.codegen import intrinsics
from adjit.codegen.intrinsics import (
    fabs,
    finish,
    radd,
    rbeyond,
    rmax,
    rmin,
    rmul,
    rnan,
    select,
)
from adjit.codegen.vecmath.llvm import exp

KERNEL = {"error_model": "numpy", "fastmath": {"contract", "arcp"}}
SPECIAL = np.array([0.0, -0.0, np.inf, -np.inf, np.nan, 1.0, -1.5, 2.5, -2.5, 0.5, 3.5e30])
LEFT, RIGHT = (a.ravel() for a in np.meshgrid(SPECIAL, SPECIAL))


def packed(function: Any) -> bool:
    """Whether the machine code of the last specialisation computes on vectors."""
    text = function.inspect_llvm(function.signatures[-1])
    return re.search(r"(store|load|phi|call) [^=]*<\d+ x (double|float|i64)>", text) is not None


@pytest.mark.parametrize(
    ("name", "reference"),
    [
        ("maximum", np.maximum),
        ("minimum", np.minimum),
        ("fmaximum", np.fmax),
        ("fminimum", np.fmin),
        ("copysign", np.copysign),
    ],
)
@pytest.mark.parametrize("dtype", ["float64", "float32"])
def test_binary(name: str, reference: Any, dtype: str) -> None:
    step = getattr(intrinsics, name)

    @njit(**KERNEL)
    def loop(a: Any, b: Any, out: Any) -> None:
        for i in range(a.size):
            out[i] = step(a[i], b[i])

    a, b = LEFT.astype(dtype), RIGHT.astype(dtype)
    out = np.empty_like(a)
    loop(a, b, out)
    np.testing.assert_array_equal(out, reference(a, b))
    assert packed(loop)


@pytest.mark.parametrize("name", ["sign", "floor", "ceil", "trunc", "rint", "fabs", "sqrt"])
@pytest.mark.parametrize("dtype", ["float64", "float32"])
@pytest.mark.filterwarnings("ignore:invalid value")
def test_unary(name: str, dtype: str) -> None:
    step = getattr(intrinsics, name)

    @njit(**KERNEL)
    def loop(a: Any, out: Any) -> None:
        for i in range(a.size):
            out[i] = step(a[i])

    a = SPECIAL.astype(dtype)
    out = np.empty_like(a)
    loop(a, out)
    expected = getattr(np, name)(a)
    np.testing.assert_array_equal(out, expected)
    regular = ~np.isnan(expected)
    np.testing.assert_array_equal(np.signbit(out[regular]), np.signbit(expected[regular]))
    assert packed(loop)


def test_integers() -> None:
    largest, smallest, signum = intrinsics.maximum, intrinsics.minimum, intrinsics.sign

    @njit(**KERNEL)
    def loop(a: Any, b: Any) -> Any:
        total, product, top = 0, 1, -(2**62)
        for i in range(a.size):
            total = radd(total, select(a[i] > b[i], a[i], b[i]) - largest(a[i], b[i]))
            product = rmul(product, signum(smallest(a[i], b[i])))
            top = rmax(top, a[i])
        return total, product, top

    a, b = np.array([3, -5, 7], np.int64), np.array([-4, 6, 7], np.int64)
    assert loop(a, b) == (0, 1, 7)


@njit(**KERNEL)
def _sum(x: Any) -> Any:
    total = x.dtype.type(0)
    for i in range(x.size):
        total = radd(total, x[i] * x[i])
    return total


@njit(**KERNEL)
def _product(x: Any) -> Any:
    total = x.dtype.type(1)
    for i in range(x.size):
        total = rmul(total, x[i])
    return total


@njit(**KERNEL)
def _maximum(x: Any) -> Any:
    top, bad = x.dtype.type(-np.inf), False
    for i in range(x.size):
        top = rmax(top, x[i])
        bad = rnan(bad, x[i])
    return finish(top, bad)


@njit(**KERNEL)
def _minimum(x: Any) -> Any:
    low, bad = x.dtype.type(np.inf), False
    for i in range(x.size):
        low = rmin(low, x[i])
        bad = rnan(bad, x[i])
    return finish(low, bad)


@pytest.mark.parametrize("dtype", ["float64", "float32"])
def test_reductions(dtype: str) -> None:
    x = np.random.default_rng(0).uniform(0.5, 1.5, 1000).astype(dtype)
    rtol = 1e-12 if dtype == "float64" else 1e-4
    np.testing.assert_allclose(_sum(x), np.sum(x * x), rtol=rtol)
    np.testing.assert_allclose(_product(x[:50]), np.prod(x[:50]), rtol=rtol)
    assert _maximum(x) == np.max(x)
    assert _minimum(x) == np.min(x)
    assert all(packed(f) for f in (_sum, _product, _maximum, _minimum))


@pytest.mark.parametrize("position", [0, 5, 63, 100])
def test_nan_reaches_the_extremum(position: int) -> None:
    x = np.linspace(-1.0, 1.0, 101)
    x[position] = np.nan
    assert np.isnan(_maximum(x))
    assert np.isnan(_minimum(x))
    assert _maximum(np.array([-np.inf])) == -np.inf


@njit(**KERNEL)
def _softmax_sum(x: Any, limit: float) -> Any:
    total, far = 0.0, False
    for i in range(x.size):
        far = rbeyond(far, x[i], limit)
        total = radd(total, exp(-fabs(x[i])))
    return total, far


def test_fused_loop_with_vecmath() -> None:
    x = np.linspace(-3.0, 3.0, 101)
    total, far = _softmax_sum(x, 3.0)
    np.testing.assert_allclose(total, np.exp(-np.abs(x)).sum(), rtol=1e-13)
    assert not far
    assert _softmax_sum(x, 2.9)[1]
    assert _softmax_sum(np.array([1.0, -np.inf]), 2.9)[1]
    assert not _softmax_sum(np.array([1.0, np.nan]), 2.9)[1]
    assert packed(_softmax_sum)


def test_all_names_exist() -> None:
    assert all(hasattr(intrinsics, name) for name in intrinsics.__all__)
