"""Dynamic programming: the smooth distance of two series under time warping."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
from problem import Series


def warping(x, y, gamma):
    """Soft-DTW (Cuturi and Blondel 2017)."""
    n, m = x.shape[0], y.shape[0]
    r = np.full((n + 1, m + 1), np.inf)
    r[0, 0] = 0.0
    for i in range(1, n + 1):
        for j in range(1, m + 1):
            a, b, c = r[i - 1, j - 1], r[i - 1, j], r[i, j - 1]
            low = np.minimum(np.minimum(a, b), c)
            total = np.exp((low - a) / gamma) + np.exp((low - b) / gamma)
            total = total + np.exp((low - c) / gamma)
            r[i, j] = (x[i - 1] - y[j - 1]) ** 2 + low - gamma * np.log(total)
    return r[n, m]


def make_warping(rng: np.random.Generator, n: int) -> tuple[Any, ...]:
    return rng.standard_normal(n), rng.standard_normal(n), 0.5


def limit_warping(x, y, gamma):
    """The three weights of each cell are saved, so that the way back needs no exponential."""
    n, m = x.shape[0], y.shape[0]
    above, row = np.full(m + 1, 1e300), np.empty(m + 1)
    weights = np.empty((n, m, 3))
    above[0] = 0.0
    scale = 1.0 / gamma
    for i in range(n):
        left = 1e300
        row[0] = left
        xi = x[i]
        for j in range(m):
            a, b = above[j], above[j + 1]
            low = min(min(a, b), left)
            ea = math.exp((low - a) * scale)
            eb = math.exp((low - b) * scale)
            ec = math.exp((low - left) * scale)
            total = ea + eb + ec
            inverse = 1.0 / total
            w = weights[i, j]
            w[0], w[1], w[2] = ea * inverse, eb * inverse, ec * inverse
            d = xi - y[j]
            left = d * d + low - gamma * math.log(total)
            row[j + 1] = left
        above, row = row, above
    value = above[m]
    dx, dy = np.empty(n), np.zeros(m)
    dabove, drow = np.zeros(m + 1), np.zeros(m + 1)
    drow[m] = 1.0
    for i in range(n - 1, -1, -1):
        for j in range(m + 1):
            dabove[j] = 0.0
        s, right = 0.0, 0.0
        for j in range(m - 1, -1, -1):
            g = drow[j + 1] + right
            w = weights[i, j]
            d = 2.0 * g * (x[i] - y[j])
            s += d
            dy[j] -= d
            dabove[j] += g * w[0]
            dabove[j + 1] += g * w[1]
            right = g * w[2]
        dx[i] = s
        dabove, drow = drow, dabove
    return value, (dx, dy)


def jax_warping() -> Callable[..., Any]:
    """By diagonals, which are vectors: entry i of diagonal k is the cell (i, k - i)."""
    import jax.numpy as jnp
    from jax import lax

    def function(x, y, gamma):
        n, m = x.shape[0], y.shape[0]
        far = 1e10
        i = jnp.arange(n + 1)

        def step(carry, k):
            before, last = carry  # diagonals k - 2 and k - 1
            j = k - i
            inside = (i >= 1) & (j >= 1) & (j <= m)
            near = jnp.stack((jnp.roll(before, 1), jnp.roll(last, 1), last))
            cost = (x[jnp.maximum(i - 1, 0)] - y[jnp.clip(j - 1, 0, m - 1)]) ** 2
            low = jnp.min(near, axis=0)
            soft = low - gamma * jnp.log(jnp.sum(jnp.exp((low - near) / gamma), axis=0))
            return (last, jnp.where(inside, cost + soft, far)), None

        first = jnp.full(n + 1, far).at[0].set(0.0)
        last = lax.scan(step, (first, jnp.full(n + 1, far)), jnp.arange(2, n + m + 1))[0][1]
        return last[n]

    return function


def naive_warping() -> Callable[..., Any]:
    import jax.numpy as jnp
    from jax.lax import fori_loop

    def function(x, y, gamma):
        n, m = x.shape[0], y.shape[0]

        def cell(i, j, r):
            a, b, c = r[i - 1, j - 1], r[i - 1, j], r[i, j - 1]
            low = jnp.minimum(jnp.minimum(a, b), c)
            total = jnp.exp((low - a) / gamma) + jnp.exp((low - b) / gamma)
            total = total + jnp.exp((low - c) / gamma)
            cost = (x[i - 1] - y[j - 1]) ** 2
            return r.at[i, j].set(cost + low - gamma * jnp.log(total))

        r = jnp.full((n + 1, m + 1), 1e10).at[0, 0].set(0.0)

        def row(i, r):
            return fori_loop(1, m + 1, lambda j, r: cell(i, j, r), r)

        return fori_loop(1, n + 1, row, r)[n, m]

    return function


SERIES = (
    Series(
        "warping",
        warping,
        make_warping,
        (32, 64),
        3,
        limit_warping,
        (0, 1),
        order=2,
        jax=jax_warping,
        jax_naive=naive_warping,
        largest={"jax-naive": 32},
    ),
)
