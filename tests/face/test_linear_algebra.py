"""`np.linalg` as users meet it: errors when the code runs, sizes, saved kernels."""

from __future__ import annotations

import importlib.util
from typing import Any

import numpy as np
import pytest

from adjit import grad, value_and_grad
from adjit.errors import MatrixError

RNG = np.random.default_rng(0)


def solved(a, b):
    return np.sum(np.linalg.solve(a, b) ** 2)


def inverted(a):
    return np.sum(np.linalg.inv(a))


def factored(a):
    return np.sum(np.linalg.cholesky(a))


def volume(a):
    return np.linalg.det(a)


@pytest.mark.parametrize("backend", ["numba", "numpy"])
def test_what_numpy_raises(backend: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ADJIT_BACKEND", backend)
    good, bad, b = np.eye(3), np.ones((3, 3)), np.ones(3)
    for function, args, text in (
        (solved, (bad, b), "Singular matrix"),
        (inverted, (bad,), "Singular matrix"),
        (factored, (-good,), "not positive definite"),
    ):
        slope = grad(function)
        assert np.all(np.isfinite(slope(good, *args[1:])))
        with pytest.raises(np.linalg.LinAlgError, match=text):
            slope(*args)
        with pytest.raises(np.linalg.LinAlgError, match=text):
            function(*args)
        assert np.all(np.isfinite(slope(good, *args[1:]))), "it goes on after an error"


def test_errors_while_tracing() -> None:
    with pytest.raises(MatrixError, match="must be square"):
        grad(inverted)(np.ones((2, 3)))
    with pytest.raises(np.linalg.LinAlgError, match="1-dimensional"):
        grad(volume)(np.ones(3))


@pytest.mark.unchecked
def test_a_raise_in_a_loop_ends_it() -> None:
    def steps(a, x):
        total = 0.0
        for k in range(5):
            total += np.sum(np.linalg.solve(a - k * np.eye(len(x)), x))
        return total

    slope = grad(steps)
    assert np.all(np.isfinite(slope(0.5 * np.eye(3), np.ones(3))))
    with pytest.raises(np.linalg.LinAlgError):
        slope(3.0 * np.eye(3), np.ones(3))


def test_one_function_for_all_sizes_but_small_determinants() -> None:
    slope = grad(solved, argnums=(0, 1))
    for n in (2, 3, 7, 30):
        a, b = RNG.normal(size=(n, n)) + n * np.eye(n), RNG.normal(size=n)
        x = np.linalg.solve(a, b)
        back = np.linalg.solve(a.T, 2 * x)
        for found, expected in zip(slope(a, b), (-np.outer(back, x), back), strict=True):
            np.testing.assert_allclose(found, expected, rtol=1e-9, atol=1e-12)
    assert len(slope.specializations) == 1
    slope = grad(volume)
    for n in (2, 3, 4, 6):
        a = RNG.normal(size=(n, n))
        np.testing.assert_allclose(slope(a), np.linalg.det(a) * np.linalg.inv(a).T, rtol=1e-9)
    assert len(slope.specializations) == 3


@pytest.mark.unchecked
def test_small_singular_matrices_have_derivatives() -> None:
    a = np.array([[1.0, 2.0, 3.0], [2.0, 4.0, 6.0], [0.0, 1.0, 1.0]])
    cofactors = np.array([[-2.0, -2.0, 2.0], [1.0, 1.0, -1.0], [0.0, 0.0, 0.0]])
    np.testing.assert_allclose(grad(volume)(a), cofactors, atol=1e-14)
    np.testing.assert_array_equal(grad(volume)(np.zeros((3, 3))), np.zeros((3, 3)))
    with pytest.raises(np.linalg.LinAlgError):
        grad(volume)(np.ones((4, 4)))


def test_float32_stays() -> None:
    a, b = np.eye(3, dtype=np.float32) * 2, np.ones(3, dtype=np.float32)
    value, (by_a, by_b) = value_and_grad(solved, argnums=(0, 1))(a, b)
    assert {np.asarray(x).dtype for x in (value, by_a, by_b)} == {np.dtype(np.float32)}


def test_a_matrix_that_stays_is_factored_once() -> None:
    def steps(a, x):
        for _ in range(6):
            x = np.linalg.solve(a, np.sin(x))
        return np.sum(x)

    slope = grad(steps, argnums=(0, 1))
    slope(np.eye(3) * 2, np.ones(3))
    lines = slope.source(form="numba").splitlines()
    (factor,) = (line for line in lines if "lu_factor(" in line)
    assert factor.startswith("    lu_factor("), "not inside of a loop"


@pytest.mark.compiled
def test_a_saved_kernel_brings_its_routines(tmp_path: Any) -> None:
    def likelihood(y, cov):
        z = np.linalg.solve(np.linalg.cholesky(cov), y)
        return 0.5 * (z @ z + np.linalg.slogdet(cov)[1])

    function = value_and_grad(likelihood, argnums=(0, 1))
    x, y = RNG.normal(size=(5, 5)), RNG.normal(size=5)
    value, slopes = function(y, x @ x.T + np.eye(5))
    path = tmp_path / "saved_likelihood.py"
    function.save(path, form="numba")
    spec = importlib.util.spec_from_file_location("saved_likelihood", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    assert "adjit" not in "".join(
        line for line in path.read_text().splitlines() if "import" in line
    )
    (entry,) = (getattr(module, n) for n in dir(module) if n.startswith("likelihood"))
    found, others = entry(y, x @ x.T + np.eye(5))
    np.testing.assert_allclose(found, value, rtol=1e-10)
    for one, other in zip(slopes, others, strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-8, atol=1e-10)
