"""A tridiagonal system of equations, solved by two sweeps."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from problem import Series


def thomas(lower, diagonal, upper, right, target):
    """A tridiagonal system."""
    n = right.shape[0]
    c, d, x = np.zeros(n), np.zeros(n), np.zeros(n)
    c[0] = upper[0] / diagonal[0]
    d[0] = right[0] / diagonal[0]
    for i in range(1, n):
        pivot = diagonal[i] - lower[i] * c[i - 1]
        c[i] = upper[i] / pivot
        d[i] = (right[i] - lower[i] * d[i - 1]) / pivot
    x[n - 1] = d[n - 1]
    for i in range(n - 2, -1, -1):
        x[i] = d[i] - c[i] * x[i + 1]
    return np.sum((x - target) ** 2)


def make_thomas(rng: np.random.Generator, n: int) -> tuple[Any, ...]:
    bands = rng.standard_normal((3, n)) + np.array([0.0, 5.0, 0.0])[:, None]
    return *bands, rng.standard_normal(n), rng.standard_normal(n)


def limit_thomas(lower, diagonal, upper, right, target):
    n = right.shape[0]
    c, d, x, inverse = np.empty(n), np.empty(n), np.empty(n), np.empty(n)
    above, left = 0.0, 0.0
    for i in range(n):
        inv = 1.0 / (diagonal[i] - lower[i] * above)
        above = upper[i] * inv
        left = (right[i] - lower[i] * left) * inv
        inverse[i], c[i], d[i] = inv, above, left
    below = 0.0
    for i in range(n - 1, -1, -1):
        below = d[i] - c[i] * below
        x[i] = below
    value = 0.0
    dlower, ddiagonal, dupper, dright = np.empty(n), np.empty(n), np.empty(n), np.empty(n)
    dx = 0.0  # of x[i], which is also the cotangent of d[i]
    for i in range(n):
        r = x[i] - target[i]
        value += r * r
        dx = 2.0 * r - (c[i - 1] * dx if i > 0 else 0.0)
        dright[i] = dx
    dc, dd = 0.0, 0.0
    for i in range(n - 1, -1, -1):
        dd = dright[i] - dd
        dc = (-dright[i] * x[i + 1] if i < n - 1 else 0.0) - dc
        inv = inverse[i]
        dr, du = dd * inv, dc * inv
        dpivot = -(dr * d[i] + du * c[i])
        dright[i], dupper[i], ddiagonal[i] = dr, du, dpivot
        dd, dc = dr * lower[i], dpivot * lower[i]
        dlower[i] = -(dr * d[i - 1] + dpivot * c[i - 1]) if i > 0 else 0.0
    return value, (dlower, ddiagonal, dupper, dright)


def jax_thomas() -> Callable[..., Any]:
    import jax.numpy as jnp
    from jax import lax

    def down(carry, bands):
        lower, diagonal, upper, right = bands
        pivot = diagonal - lower * carry[0]
        new = upper / pivot, (right - lower * carry[1]) / pivot
        return new, new

    def up(below, cd):
        x = cd[1] - cd[0] * below
        return x, x

    def function(lower, diagonal, upper, right, target):
        cd = lax.scan(down, (0.0, 0.0), (lower, diagonal, upper, right))[1]
        x = lax.scan(up, 0.0, cd, reverse=True)[1]
        return jnp.sum((x - target) ** 2)

    return function


def naive_thomas() -> Callable[..., Any]:
    import jax.numpy as jnp
    from jax.lax import fori_loop

    def function(lower, diagonal, upper, right, target):
        n = right.shape[0]

        def down(i, cd):
            c, d = cd
            pivot = diagonal[i] - lower[i] * c[i - 1]
            d_i = (right[i] - lower[i] * d[i - 1]) / pivot
            return c.at[i].set(upper[i] / pivot), d.at[i].set(d_i)

        c = jnp.zeros(n).at[0].set(upper[0] / diagonal[0])
        d = jnp.zeros(n).at[0].set(right[0] / diagonal[0])
        c, d = fori_loop(1, n, down, (c, d))
        x = jnp.zeros(n).at[n - 1].set(d[n - 1])

        def up(k, x):
            i = n - 2 - k
            return x.at[i].set(d[i] - c[i] * x[i + 1])

        return jnp.sum((fori_loop(0, n - 1, up, x) - target) ** 2)

    return function


SERIES = (
    Series(
        "thomas",
        thomas,
        make_thomas,
        (1000, 2000),
        6,
        limit_thomas,
        (0, 1, 2, 3),
        jax=jax_thomas,
        jax_naive=naive_thomas,
        largest={"jax-naive": 1000},
    ),
)
