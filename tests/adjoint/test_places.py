"""Values that still stand in an array after the loops are read there; the others are stored."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from adjit import check_grads, value_and_grad
from adjit.ir.graph import Graph


def stores(graph: Graph) -> int:
    """How many arrays are made for values that the backward pass needs."""
    inner = sum(stores(region) for eqn in graph.equations for region in eqn.regions)
    return inner + sum(eqn.primitive.name == "empty" for eqn in graph.equations)


def lu(A):
    A = A.copy()
    n = A.shape[0]
    for k in range(n):
        for i in range(k + 1, n):
            A[i, k] /= A[k, k]
            for j in range(k + 1, n):
                A[i, j] -= A[i, k] * A[k, j]
    return np.sum(A**2)


def cholesky(A):
    n = A.shape[0]
    L = np.zeros_like(A)
    for i in range(n):
        for j in range(i + 1):
            s = 0.0
            for k in range(j):
                s += L[i, k] * L[j, k]
            if i == j:
                L[i, j] = np.sqrt(A[i, i] - s)
            else:
                L[i, j] = (A[i, j] - s) / L[j, j]
    return np.sum(L**3)


def recurrence(x):
    y = np.zeros(len(x))
    y[0] = x[0]
    for i in range(1, len(x)):
        y[i] = y[i - 1] ** 2 * x[i]
    return np.sum(y**2)


def backwards(x):
    y = x.copy()
    for i in range(len(x) - 2, -1, -1):
        y[i] = y[i] * np.cos(y[i + 1])
    return np.sum(y)


def warping(a):
    n = len(a)
    D = np.zeros((n + 1, n + 1))
    for i in range(1, n + 1):
        for j in range(1, n + 1):
            D[i, j] = (a[i - 1] - 2 * a[j - 1]) ** 2 + np.exp(-D[i - 1, j]) * np.tanh(D[i, j - 1])
    return D[n, n]


def rows(A):
    B = A.copy()
    for i in range(1, A.shape[0]):
        B[i] = np.sin(B[i - 1]) + A[i]
    return np.sum(B**2)


# Places that a later turn meets: what was read there is not what stands there in the end.


def seidel(x):
    u = x.copy()
    for _ in range(3):
        for i in range(1, len(x) - 1):
            u[i] = np.sin(u[i - 1]) * u[i + 1]
    return np.sum(u**2)


def ahead(x):
    y = x.copy()
    for i in range(len(x) - 1):
        y[i] = y[i] * y[i + 1]
    return np.sum(y**2)


def fixed_place(x):
    y = np.zeros(2)
    for i in range(len(x)):
        y[0] = np.sin(y[0] + x[i])
        y[1] = y[1] + y[0] ** 2
    return y[1]


def overtaken(x):
    n = len(x)
    y = x.copy()
    for i in range(n):
        y[i] = y[i] ** 2
        y[n - 1 - i] = np.sin(y[n - 1 - i])
    return np.sum(y)


def strided(x):
    y = x.copy()
    for i in range(0, len(x) - 2, 2):
        y[i + 1] = np.sin(y[i]) * y[i + 1]
        y[i + 2] = y[i + 1] * y[i + 2]
    return np.sum(y**2)


def windows(x):
    y = x.copy()
    for i in range(len(x) - 3):
        y[i + 1 : i + 3] = np.sin(y[i : i + 2]) * y[i + 1 : i + 3]
    return np.sum(y**2)


def cleared(x):
    y = np.zeros(len(x))
    total = 0.0
    for i in range(len(x)):
        y[i] = np.sin(x[i])
        total = total + y[i] ** 3
        y[:] = 0.0
    return total


def in_an_arm(x):
    y = x.copy()
    for i in range(1, len(x)):
        if x[i] > 0:
            y[i] = np.exp(y[i - 1]) * y[i]
        else:
            y[i - 1] = np.sin(y[i])
    return np.sum(y**2)


def written_after(x):
    y = np.zeros(len(x))
    for i in range(1, len(x)):
        y[i] = np.sin(y[i - 1] + x[i])
    y *= 0.0
    y += x
    return np.sum(y**2)


def by_index(x):
    y = x.copy()
    k = np.argsort(x)
    for i in range(1, len(x)):
        y[k[i]] = np.sin(y[k[i - 1]]) * y[i]
    return np.sum(y**2)


#: How many values are stored all the same: results of costly functions that are not written
#: anywhere; the diagonal, which differs from the place written only because `i != j` there.
STANDING: dict[Callable[..., Any], int] = {
    lu: 0,
    cholesky: 1,
    recurrence: 0,
    warping: 2,
    rows: 0,
}
OTHERS = (
    backwards,
    seidel,
    ahead,
    fixed_place,
    overtaken,
    strided,
    windows,
    cleared,
    in_an_arm,
    written_after,
    by_index,
)


def argument(function: Callable[..., Any], n: int) -> np.ndarray:
    rng = np.random.default_rng(n)
    if function not in (lu, cholesky, rows):
        return rng.uniform(-1.2, 1.2, n)
    A = rng.uniform(-1.0, 1.0, (n, n))
    return A @ A.T + n * np.eye(n)


@pytest.mark.parametrize("function", STANDING, ids=lambda f: f.__name__)
def test_what_stands_is_not_stored(function):
    gradient = value_and_grad(function)
    assert stores(gradient.graph(argument(function, 5))) == STANDING[function]


@pytest.mark.parametrize("function", [*STANDING, *OTHERS], ids=lambda f: f.__name__)
def test_gradients(function, monkeypatch):
    monkeypatch.setenv("ADJIT_BACKEND", "numpy")
    for n in (4, 7):
        check_grads(function, (argument(function, n),), order=2, rtol=1e-5)
