"""Dense factorisations written element by element."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
from problem import Series


def lu(a0, weights):
    """LU without pivoting, both factors in the place of the matrix."""
    a = a0.copy()
    n = a.shape[0]
    for k in range(n):
        for i in range(k + 1, n):
            a[i, k] = a[i, k] / a[k, k]
            for j in range(k + 1, n):
                a[i, j] -= a[i, k] * a[k, j]
    return np.sum(weights * a)


def make_lu(rng: np.random.Generator, n: int) -> tuple[Any, ...]:
    return rng.standard_normal((n, n)) + 2.0 * n * np.eye(n), rng.standard_normal((n, n))


def limit_lu(a0, weights):
    """The adjoint reads the finished factors only: an element is final once another reads it. Rows
    are taken as views, so that nothing but the column is counted in the inner loops."""
    a, da = a0.copy(), weights.copy()
    n = a.shape[0]
    for k in range(n):
        inverse = 1.0 / a[k, k]
        pivot = a[k, k + 1 :]
        for i in range(k + 1, n):
            factor = a[i, k] * inverse
            a[i, k] = factor
            row = a[i, k + 1 :]
            for j in range(n - 1 - k):
                row[j] -= factor * pivot[j]
    value = 0.0
    for i in range(n):
        for j in range(n):
            value += weights[i, j] * a[i, j]
    for k in range(n - 1, -1, -1):
        inverse = 1.0 / a[k, k]
        diagonal = da[k, k]
        pivot, dpivot = a[k, k + 1 :], da[k, k + 1 :]
        for i in range(k + 1, n):
            factor = a[i, k]
            s = 0.0
            drow = da[i, k + 1 :]
            for j in range(n - 1 - k):
                s += drow[j] * pivot[j]
                dpivot[j] -= factor * drow[j]
            d = (da[i, k] - s) * inverse
            da[i, k] = d
            diagonal -= d * factor
        da[k, k] = diagonal
    return value, (da,)


def jax_lu() -> Callable[..., Any]:
    import jax.numpy as jnp
    from jax import lax

    def function(a, weights):
        index = jnp.arange(a.shape[0])

        def step(a, k):
            column = jnp.where(index > k, a[:, k] / a[k, k], 0.0)
            a = a - jnp.outer(column, jnp.where(index > k, a[k], 0.0))
            return a.at[:, k].set(jnp.where(index > k, column, a[:, k])), None

        return jnp.sum(weights * lax.scan(step, a, index)[0])

    return function


def naive_lu() -> Callable[..., Any]:
    """Loops need constant bounds to be differentiated: what is left of the pivot is masked."""
    import jax.numpy as jnp
    from jax.lax import fori_loop

    def function(a, weights):
        n = a.shape[0]

        def element(k, i, j, a):
            inside = (i > k) & (j > k)
            return a.at[i, j].add(jnp.where(inside, -a[i, k] * a[k, j], 0.0))

        def row(k, i, a):
            a = a.at[i, k].set(jnp.where(i > k, a[i, k] / a[k, k], a[i, k]))
            return fori_loop(0, n, lambda j, a: element(k, i, j, a), a)

        a = fori_loop(0, n, lambda k, a: fori_loop(0, n, lambda i, a: row(k, i, a), a), a)
        return jnp.sum(weights * a)

    return function


def gaussian(cov, y):
    """-log of a normal density, by a Cholesky factor and forward substitution."""
    n = y.shape[0]
    factor = np.zeros((n, n))
    z = np.zeros(n)
    total = 0.0
    for i in range(n):
        for j in range(i + 1):
            s = cov[i, j]
            for k in range(j):
                s -= factor[i, k] * factor[j, k]
            if i == j:
                factor[i, i] = np.sqrt(s)
            else:
                factor[i, j] = s / factor[j, j]
        r = y[i]
        for k in range(i):
            r -= factor[i, k] * z[k]
        z[i] = r / factor[i, i]
        total += 0.5 * z[i] ** 2 + np.log(factor[i, i])
    return total


def make_gaussian(rng: np.random.Generator, n: int) -> tuple[Any, ...]:
    a = rng.standard_normal((n, n)) / np.sqrt(n)
    return a @ a.T + np.eye(n), rng.standard_normal(n)


def limit_gaussian(cov, y):
    n = y.shape[0]
    factor, z = np.zeros((n, n)), np.empty(n)
    value = 0.0
    for i in range(n):
        row = factor[i]
        for j in range(i):
            s = cov[i, j]
            for k in range(j):
                s -= row[k] * factor[j, k]
            row[j] = s / factor[j, j]
        s, r = cov[i, i], y[i]
        for k in range(i):
            s -= row[k] * row[k]
            r -= row[k] * z[k]
        diagonal = math.sqrt(s)
        row[i] = diagonal
        z[i] = r / diagonal
        value += 0.5 * z[i] * z[i] + math.log(diagonal)
    dcov, dy = np.zeros((n, n)), np.empty(n)
    dfactor, dz = np.zeros((n, n)), np.zeros(n)
    for i in range(n - 1, -1, -1):
        row, drow = factor[i], dfactor[i]
        inverse = 1.0 / row[i]
        dr = (dz[i] + z[i]) * inverse
        dy[i] = dr
        ds = 0.5 * inverse * (drow[i] + inverse - dr * z[i])
        dcov[i, i] = ds
        for k in range(i):
            drow[k] -= dr * z[k] + 2.0 * ds * row[k]
            dz[k] -= dr * row[k]
        for j in range(i - 1, -1, -1):
            ds = drow[j] / factor[j, j]
            dcov[i, j] = ds
            dfactor[j, j] -= ds * row[j]
            for k in range(j):
                drow[k] -= ds * factor[j, k]
                dfactor[j, k] -= ds * row[k]
    return value, (dcov, dy)


def jax_gaussian() -> Callable[..., Any]:
    import jax.numpy as jnp
    from jax.scipy.linalg import solve_triangular

    def function(cov, y):
        lower = jnp.tril(cov)
        full = lower + jnp.tril(cov, -1).T
        factor = jnp.linalg.cholesky(full, symmetrize_input=False)
        z = solve_triangular(factor, y, lower=True)
        return 0.5 * z @ z + jnp.sum(jnp.log(jnp.diagonal(factor)))

    return function


def naive_gaussian() -> Callable[..., Any]:
    import jax.numpy as jnp

    def function(cov, y):
        n = y.shape[0]
        factor, z, total = jnp.zeros((n, n)), jnp.zeros(n), 0.0
        for i in range(n):
            for j in range(i):
                s = cov[i, j] - factor[i, :j] @ factor[j, :j]
                factor = factor.at[i, j].set(s / factor[j, j])
            s = cov[i, i] - factor[i, :i] @ factor[i, :i]
            factor = factor.at[i, i].set(jnp.sqrt(s))
            z = z.at[i].set((y[i] - factor[i, :i] @ z[:i]) / factor[i, i])
            total = total + 0.5 * z[i] ** 2 + jnp.log(factor[i, i])
        return total

    return function


SERIES = (
    Series(
        "lu",
        lu,
        make_lu,
        (16, 32, 64),
        4,
        limit_lu,
        order=3,
        jax=jax_lu,
        jax_naive=naive_lu,
        largest={"jax-naive": 16},
    ),
    Series(
        "gaussian",
        gaussian,
        make_gaussian,
        (16, 32, 64),
        4,
        limit_gaussian,
        (0, 1),
        order=3,
        jax=jax_gaussian,
        jax_naive=naive_gaussian,
        largest={"jax-naive": 16},
    ),
)
