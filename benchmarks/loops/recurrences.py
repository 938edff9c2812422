"""Linear recurrences: a digital filter and the forward pass of a hidden Markov model."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
from problem import Series


def biquad(b, a, x, target):
    """A filter of second order with infinite response."""
    y = np.zeros_like(x)
    for i in range(2, x.shape[0]):
        ahead = b[0] * x[i] + b[1] * x[i - 1] + b[2] * x[i - 2]
        y[i] = ahead - a[0] * y[i - 1] - a[1] * y[i - 2]
    return np.mean((y - target) ** 2)


def make_biquad(rng: np.random.Generator, n: int) -> tuple[Any, ...]:
    b, a = np.array([0.2, 0.3, 0.2]), np.array([-0.9, 0.5])
    return b, a, rng.standard_normal(n), rng.standard_normal(n)


def limit_biquad(b, a, x, target):
    """Only the two feedback terms are sequential, forward and backward."""
    n = x.shape[0]
    y, g = np.zeros(n), np.zeros(n + 2)
    b0, b1, b2, a0, a1 = b[0], b[1], b[2], a[0], a[1]
    for i in range(2, n):
        y[i] = b0 * x[i] + b1 * x[i - 1] + b2 * x[i - 2]
    y1, y2 = 0.0, 0.0
    for i in range(2, n):
        y1, y2 = (y[i] - a1 * y2) - a0 * y1, y1
        y[i] = y1
    value, scale = 0.0, 1.0 / n
    for i in range(n):
        d = y[i] - target[i]
        value += d * d
        g[i] = 2.0 * scale * d
    g1, g2 = 0.0, 0.0
    for i in range(n - 1, 1, -1):
        g1, g2 = (g[i] - a1 * g2) - a0 * g1, g1
        g[i] = g1
    g[0] = g[1] = 0.0
    db0, db1, db2, da0, da1 = 0.0, 0.0, 0.0, 0.0, 0.0
    for k in range(n - 2):
        d = g[k + 2]
        db0 += d * x[k + 2]
        db1 += d * x[k + 1]
        db2 += d * x[k]
        da0 -= d * y[k + 1]
        da1 -= d * y[k]
    dx = np.empty(n)
    for i in range(n):
        dx[i] = b0 * g[i] + b1 * g[i + 1] + b2 * g[i + 2]
    # the first two inputs reach later outputs only, which their zero cotangents have settled
    return value * scale, (np.array([db0, db1, db2]), np.array([da0, da1]), dx)


def jax_biquad() -> Callable[..., Any]:
    import jax.numpy as jnp
    from jax import lax

    def function(b, a, x, target):
        def step(y, ahead):
            new = ahead - a[0] * y[0] - a[1] * y[1]
            return (new, y[0]), new

        ahead = b[0] * x[2:] + b[1] * x[1:-1] + b[2] * x[:-2]
        y = jnp.concatenate((jnp.zeros(2), lax.scan(step, (0.0, 0.0), ahead)[1]))
        return jnp.mean((y - target) ** 2)

    return function


def naive_biquad() -> Callable[..., Any]:
    import jax.numpy as jnp
    from jax.lax import fori_loop

    def function(b, a, x, target):
        def step(i, y):
            ahead = b[0] * x[i] + b[1] * x[i - 1] + b[2] * x[i - 2]
            return y.at[i].set(ahead - a[0] * y[i - 1] - a[1] * y[i - 2])

        y = fori_loop(2, x.shape[0], step, jnp.zeros_like(x))
        return jnp.mean((y - target) ** 2)

    return function


def markov(start, transition, emission, observed):
    """-log likelihood of a hidden Markov model, by the scaled forward pass."""
    alpha = start * emission[:, observed[0]]
    scale = np.sum(alpha)
    alpha = alpha / scale
    total = np.log(scale)
    for t in range(1, observed.shape[0]):
        alpha = (alpha @ transition) * emission[:, observed[t]]
        scale = np.sum(alpha)
        alpha = alpha / scale
        total = total + np.log(scale)
    return -total


def make_markov(rng: np.random.Generator, n: int) -> tuple[Any, ...]:
    states, symbols = 8, 6
    start, transition = rng.random(states), rng.random((states, states))
    emission = rng.random((states, symbols))
    start /= start.sum()
    transition /= transition.sum(axis=1, keepdims=True)
    emission /= emission.sum(axis=1, keepdims=True)
    return start, transition, emission, rng.integers(0, symbols, n)


def limit_markov(start, transition, emission, observed):
    """The gradient of the transitions is one product at the end."""
    n, k = observed.shape[0], start.shape[0]
    alphas, scales = np.empty((n, k)), np.empty(n)
    columns = emission.T.copy()
    value = 0.0
    for t in range(n):
        emitted, alpha = columns[observed[t]], alphas[t]
        if t == 0:
            alpha[:] = start
        else:
            before = alphas[t - 1]
            for j in range(k):
                alpha[j] = 0.0
            for i in range(k):
                a = before[i]
                for j in range(k):
                    alpha[j] += a * transition[i, j]
        s = 0.0
        for j in range(k):
            alpha[j] *= emitted[j]
            s += alpha[j]
        inverse = 1.0 / s
        for j in range(k):
            alpha[j] *= inverse
        scales[t] = inverse
        value += math.log(s)
    dcolumns, dproducts = np.zeros(columns.shape), np.empty((n, k))
    across = transition.T.copy()
    dalpha, dnormal = np.empty(k), np.zeros(k)
    for t in range(n - 1, -1, -1):
        emitted, alpha, inverse = columns[observed[t]], alphas[t], scales[t]
        s = 0.0
        for j in range(k):
            s += dnormal[j] * alpha[j]
        for j in range(k):
            dalpha[j] = (dnormal[j] - s - 1.0) * inverse
        # alpha * s is the product times the emission: the product itself is not kept
        dcolumn, dproduct = dcolumns[observed[t]], dproducts[t]
        for j in range(k):
            dcolumn[j] += dalpha[j] * alpha[j] / (inverse * emitted[j])
            dproduct[j] = dalpha[j] * emitted[j]
        for i in range(k):
            dnormal[i] = 0.0
        for j in range(k):
            d = dproduct[j]
            for i in range(k):
                dnormal[i] += d * across[j, i]
    dtransition = np.dot(alphas[: n - 1].T, dproducts[1:])
    return -value, (dproducts[0].copy(), dtransition, dcolumns.T.copy())


def jax_markov() -> Callable[..., Any]:
    import jax.numpy as jnp
    from jax import lax

    def function(start, transition, emission, observed):
        emitted = emission[:, observed].T

        def step(alpha, emitted):
            alpha = (alpha @ transition) * emitted
            scale = jnp.sum(alpha)
            return alpha / scale, scale

        alpha = start * emitted[0]
        scale = jnp.sum(alpha)
        scales = lax.scan(step, alpha / scale, emitted[1:])[1]
        return -jnp.log(scale) - jnp.sum(jnp.log(scales))

    return function


def naive_markov() -> Callable[..., Any]:
    import jax.numpy as jnp
    from jax.lax import fori_loop

    def function(start, transition, emission, observed):
        def step(t, carry):
            alpha, total = carry
            alpha = (alpha @ transition) * emission[:, observed[t]]
            scale = jnp.sum(alpha)
            return alpha / scale, total + jnp.log(scale)

        alpha = start * emission[:, observed[0]]
        scale = jnp.sum(alpha)
        begin = alpha / scale, jnp.log(scale)
        return -fori_loop(1, observed.shape[0], step, begin)[1]

    return function


SERIES = (
    Series(
        "biquad",
        biquad,
        make_biquad,
        (2000, 4000),
        7,
        limit_biquad,
        (0, 1, 2),
        jax=jax_biquad,
        jax_naive=naive_biquad,
        largest={"jax-naive": 2000},
    ),
    Series(
        "markov",
        markov,
        make_markov,
        (200, 400),
        5,
        limit_markov,
        (0, 1, 2),
        jax=jax_markov,
        jax_naive=naive_markov,
        autograd_as_written=True,
        largest={"autograd": 200},
    ),
)
