"""The helpers that saved kernels bring along mean what those of compiled kernels mean."""

from __future__ import annotations

import importlib
import itertools
from typing import Any

import numpy as np
import pytest
from numba import njit

from adjit.codegen import lapack, matrices, portable_helpers
from adjit.codegen.numba_form.scalars import MODULES
from adjit.codegen.portable import names, standalone

SPECIAL = (0.0, -0.0, 1.0, -1.0, 0.5, -2.5, 3.7, 1e300, np.inf, -np.inf, np.nan)
INTEGERS = (0, 1, -1, 3, -7, np.iinfo(np.int32).min, np.iinfo(np.int32).max)
UNARY = ("ceil", "fabs", "floor", "rint", "sign", "sqrt", "trunc")
PICKS = ("maximum", "minimum", "fmaximum", "fminimum")
DIVISIONS = ("floor_divide", "fmod", "remainder")


def home(name: str) -> str:
    return next(module for module, members in MODULES.items() if name in members)


def both(name: str, arity: int) -> tuple[Any, Any]:
    """The intrinsic and its portable twin, callable from Python."""
    arguments = ", ".join("abc"[:arity])
    out = []
    for function in (
        getattr(importlib.import_module(home(name)), name),
        getattr(portable_helpers, name),
    ):
        namespace: dict[str, Any] = {"f": function}
        exec(f"def g({arguments}):\n    return f({arguments})", namespace)
        out.append(njit(error_model="numpy", fastmath={"contract", "arcp"})(namespace["g"]))
    return out[0], out[1]


def same(a: Any, b: Any) -> None:
    np.testing.assert_array_equal(a, b)
    assert type(a) is type(b)
    if isinstance(a, float) and a == 0.0:
        assert np.signbit(a) == np.signbit(b)


def test_every_helper_that_kernels_import_can_be_saved() -> None:
    wanted = {name for members in MODULES.values() for name in members}
    assert wanted <= names()
    for dtypes in ({"float64"}, {"float64", "float32"}):
        for module, members in MODULES.items():
            for name in members:
                source = f"from {module} import {name}\n\n\ndef kernel():\n    return {name}"
                text, entry = standalone(source, dtypes)
                assert entry == "kernel"
                namespace: dict[str, Any] = {}
                exec(compile(text, name, "exec"), namespace)
                assert callable(namespace[name])
                assert "adjit" not in text
                assert "llvmlite" not in text


@pytest.mark.parametrize("name", UNARY)
def test_of_one_number(name: str) -> None:
    old, new = both(name, 1)
    for kind in (np.float64, np.float32):
        with np.errstate(over="ignore"):
            for x in SPECIAL:
                same(old(kind(x)), new(kind(x)))
    if name == "sign":
        for n in INTEGERS:
            same(old(np.int64(n)), new(np.int64(n)))
            same(old(np.int32(n)), new(np.int32(n)))


@pytest.mark.parametrize("name", [*PICKS, *DIVISIONS, "copysign", "divide"])
def test_of_two_numbers(name: str) -> None:
    old, new = both(name, 2)
    with np.errstate(over="ignore"):
        for kind in (np.float64, np.float32):
            for x, y in itertools.product(SPECIAL, SPECIAL):
                same(old(kind(x), kind(y)), new(kind(x), kind(y)))
    if name in ("copysign", "divide"):
        return
    for kinds in (np.int64, np.int32, np.uint8):
        for x, y in itertools.product(INTEGERS, INTEGERS):
            a, b = np.array([x, y]).astype(kinds)
            same(old(a, b), new(a, b))


@pytest.mark.parametrize("kind", [np.float64, np.float32, np.int64, np.int32, np.bool_])
def test_a_choice(kind: type) -> None:
    old, new = both("select", 3)
    for condition in (True, False):
        same(old(condition, kind(1), kind(0)), new(condition, kind(1), kind(0)))
    same(old(True, 2, 0.5), new(True, 2, 0.5))


@pytest.mark.parametrize("name", ["radd", "rmul", "rmax", "rmin"])
def test_steps(name: str) -> None:
    old, new = both(name, 2)
    for a, b in itertools.product(SPECIAL[:8], SPECIAL[:8]):
        np.testing.assert_array_equal(old(a, b), new(a, b))
        same(old(np.float32(0.5), np.float32(2.0)), new(np.float32(0.5), np.float32(2.0)))


def test_nan_in_reductions() -> None:
    for name, kind in itertools.product(("rnan", "finish", "rbeyond"), (np.float64, np.float32)):
        old, new = both(name, 3 if name == "rbeyond" else 2)
        for flag, x in itertools.product((True, False), SPECIAL[:-4] + (np.inf, np.nan)):
            if name == "rbeyond":
                same(old(flag, kind(x), 2.0), new(flag, kind(x), 2.0))
            elif name == "rnan":
                same(old(flag, kind(x)), new(flag, kind(x)))
            else:
                same(old(kind(x), flag), new(kind(x), flag))


@pytest.mark.parametrize("kind", [np.float64, np.float32])
@pytest.mark.parametrize("order", ["C", "F"])
@pytest.mark.parametrize(("ta", "tb"), list(itertools.product((False, True), repeat=2)))
def test_a_matrix_product(kind: type, order: Any, ta: bool, tb: bool) -> None:
    old, new = both_gemm()
    rng = np.random.default_rng(0)
    m, n, k = 3, 4, 5
    # One page of each stack, with longer rows than the matrices use.
    a, b = (rng.normal(size=(2, 6, 7)).astype(kind) for _ in range(2))
    if order == "F":
        a, b = (np.asfortranarray(x.transpose(2, 1, 0)) for x in (a, b))
    for beta in (0, 1):
        found = []
        for gemm in (old, new):
            c = np.full((2, 4, 6), 1.0 if beta else np.nan, kind)
            gemm(ta, tb, m, n, k, a, 42, 7, b, 43, 7, kind(beta), c, 24, 6)
            found.append(c)
        np.testing.assert_allclose(*found, rtol=1e-12 if kind is np.float64 else 1e-5, atol=1e-6)


def both_gemm() -> tuple[Any, Any]:
    from adjit.codegen.linalg import gemm

    @njit
    def old(ta, tb, m, n, k, a, a0, lda, b, b0, ldb, beta, c, c0, ldc):  # type: ignore[no-untyped-def]
        gemm(ta, tb, m, n, k, a, a0, lda, b, b0, ldb, beta, c, c0, ldc)

    return old, portable_helpers.gemm


@njit
def kernel_lu(turned, a, x, inverse, p, m, n, columns):  # type: ignore[no-untyped-def]
    """What kernels do with the second matrix of a stack."""
    lapack.lu_factor(a, m, n, p, 3)
    good = lapack.lu_solve(turned, a, m, p, 3, x, 5, n, columns)
    lapack.lu_inverse(turned, a, m, p, 3, inverse, m, n)
    parts = (a, m, p, 3, n)
    return good, lapack.lu_det(*parts), lapack.lu_sign(*parts), lapack.lu_logarithm(*parts)


def saved_lu(
    turned: bool, a: Any, x: Any, inverse: Any, p: Any, m: int, n: int, columns: int
) -> Any:
    matrices.lu_factor(a, m, n, p, 3)
    good = matrices.lu_solve(turned, a, m, p, 3, x, 5, n, columns)
    matrices.lu_inverse(turned, a, m, p, 3, inverse, m, n)
    parts = (a, m, p, 3, n)
    return good, matrices.lu_det(*parts), matrices.lu_sign(*parts), matrices.lu_logarithm(*parts)


def test_solutions_and_determinants() -> None:
    rng = np.random.default_rng(0)
    for n, turned in itertools.product((1, 2, 5, 60), (False, True)):
        a, b = rng.normal(size=(2, n, n)), rng.normal(size=(n, 3))
        matrix = a[1].T if turned else a[1]
        found = []
        for function in (kernel_lu, saved_lu):
            x, inverse, p = np.full(5 + 3 * n, 7.0), np.zeros((2, n, n)), np.zeros(n + 3, "i4")
            x[5:] = b.ravel()
            good, *numbers = function(turned, a.copy(), x, inverse, p, n * n, n, 3)
            assert good
            found.append([*numbers, x, inverse])
            np.testing.assert_allclose(matrix @ x[5:].reshape(n, 3), b, rtol=1e-9, atol=1e-9)
            np.testing.assert_allclose(matrix @ inverse[1], np.eye(n), rtol=1e-9, atol=1e-9)
            zero = function(turned, np.zeros_like(a), x, inverse, p, 0, n, 3)
            assert zero == (False, 0.0, 0.0, -np.inf)
        np.testing.assert_allclose(found[0][0], np.linalg.det(a[1]), rtol=1e-9)
        for one, other in zip(*found, strict=True):
            np.testing.assert_allclose(one, other, rtol=1e-8, atol=1e-8)


def test_cholesky_factors() -> None:
    @njit
    def kernel(a, m, n):  # type: ignore[no-untyped-def]
        return lapack.cholesky(a, m, n)

    rng = np.random.default_rng(0)
    for n in (1, 4, 60):
        x = rng.normal(size=(n, n))
        a = np.stack([x, x @ x.T + np.eye(n)])
        for function in (kernel, matrices.cholesky):
            made, nothing = a.copy(), np.full((1, n, n), np.nan)
            assert function(made, n * n, n)
            np.testing.assert_allclose(made[1], np.linalg.cholesky(a[1]), rtol=1e-10, atol=1e-10)
            for bad in (-np.eye(n), np.zeros((n, n))):
                assert not function(bad[None], 0, n)
            assert function(nothing, 0, n)  # as NumPy
            np.testing.assert_array_equal(nothing[0], np.linalg.cholesky(np.full((n, n), np.nan)))


def test_memory() -> None:
    empty, clear = portable_helpers.empty, portable_helpers.clear
    release, reshaped = portable_helpers.release, portable_helpers.reshaped

    @njit
    def work(like, n):  # type: ignore[no-untyped-def]
        x, y = empty(like, n, 3), empty(like, n * 3)
        clear(x)
        clear(y)
        z = reshaped(x, 3, n)
        z[2, n - 1] = like
        release(x, y)
        return x, y

    for like in (2.0, np.float32(2), 3, np.int32(3), True, np.uint8(1)):
        x, y = work(like, 4)
        assert x.dtype == y.dtype == np.asarray(like).dtype
        assert x[3, 2] == like
        assert x.sum() == like
        assert x.shape == (4, 3)
        assert not y.any()
    assert work(1.0, 1)[0].shape == (1, 3)


def test_names_of_the_user_come_first() -> None:
    source = (
        "from adjit.codegen.vecmath.llvm import exp\n\nfrom numba import njit\n\n\n@njit\n"
        "def kernel(x):\n    # exp of it\n    return exp(x)\n"
    )
    text, entry = standalone(source, {"float64"}, {"exp", "kernel"})
    assert entry == "kernel_"
    assert "    # exp of it\n    return exp_(x)" in text
    namespace: dict[str, Any] = {}
    exec(compile(text, "module", "exec"), namespace)
    assert "exp" not in namespace
    np.testing.assert_allclose(namespace["kernel_"](1.0), np.e, rtol=1e-15)
