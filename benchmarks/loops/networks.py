"""A recurrent network: an LSTM with all four gates in one product."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from problem import Series


def lstm(wx, wh, b, wo, xs, ys):
    n = wh.shape[0]
    h, c = np.zeros(n), np.zeros(n)
    loss = 0.0
    for t in range(xs.shape[0]):
        z = xs[t] @ wx + h @ wh + b
        keep = 1.0 / (1.0 + np.exp(-z[:n]))
        enter = 1.0 / (1.0 + np.exp(-z[n : 2 * n]))
        leave = 1.0 / (1.0 + np.exp(-z[2 * n : 3 * n]))
        c = keep * c + enter * np.tanh(z[3 * n :])
        h = leave * np.tanh(c)
        loss = loss + np.sum((h @ wo - ys[t]) ** 2)
    return loss / xs.shape[0]


def make_lstm(rng: np.random.Generator, steps: int) -> tuple[Any, ...]:
    n, width, out = (32, 8, 2) if steps > 4 else (3, 2, 2)
    return (
        0.3 * rng.standard_normal((width, 4 * n)),
        rng.standard_normal((n, 4 * n)) / np.sqrt(n),
        0.1 * rng.standard_normal(4 * n),
        rng.standard_normal((n, out)) / np.sqrt(n),
        rng.standard_normal((steps, width)),
        rng.standard_normal((steps, out)),
    )


def limit_lstm(wx, wh, b, wo, xs, ys):
    """Products with all inputs and outputs, and those for the weights, stand outside the loops."""

    def exp(x):
        """Vectorises, unlike the library's; right to 1e-13 for arguments up to 40."""
        x = min(max(x, -40.0), 40.0) / 1024.0
        e = x / 7.0 + 1.0
        e = e * x / 6.0 + 1.0
        e = e * x / 5.0 + 1.0
        e = e * x / 4.0 + 1.0
        e = e * x / 3.0 + 1.0
        e = e * x / 2.0 + 1.0
        e = e * x + 1.0
        e = e * e
        e = e * e
        e = e * e
        e = e * e
        e = e * e
        e = e * e
        e = e * e
        e = e * e
        e = e * e
        return e * e

    steps, n, m = xs.shape[0], wh.shape[0], wh.shape[1]
    gates = np.dot(xs, wx)
    hs, cs, bent = np.zeros((steps + 1, n)), np.zeros((steps + 1, n)), np.empty((steps, n))
    for t in range(steps):
        z, h, c, new = gates[t], hs[t], cs[t], cs[t + 1]
        for j in range(m):
            z[j] += b[j]
        for i in range(0, n - 3, 4):
            h0, h1, h2, h3 = h[i], h[i + 1], h[i + 2], h[i + 3]
            for j in range(m):
                z[j] += h0 * wh[i, j] + h1 * wh[i + 1, j] + h2 * wh[i + 2, j] + h3 * wh[i + 3, j]
        for i in range(n - n % 4, n):
            for j in range(m):
                z[j] += h[i] * wh[i, j]
        for j in range(3 * n, m):
            z[j] *= 2.0
        for j in range(m):
            z[j] = 1.0 / (1.0 + exp(-z[j]))
        for j in range(n):
            z[3 * n + j] = 2.0 * z[3 * n + j] - 1.0
            new[j] = z[j] * c[j] + z[n + j] * z[3 * n + j]
            bent[t, j] = 2.0 / (1.0 + exp(-2.0 * new[j])) - 1.0
            hs[t + 1, j] = z[2 * n + j] * bent[t, j]
    out = np.dot(hs[1:], wo)
    value, scale = 0.0, 1.0 / steps
    for t in range(steps):
        for j in range(out.shape[1]):
            d = out[t, j] - ys[t, j]
            value += d * d
            out[t, j] = 2.0 * scale * d
    dhs, dwo = np.dot(out, wo.T), np.dot(hs[1:].T, out)
    dc, db = np.zeros(n), np.zeros(m)
    for t in range(steps - 1, -1, -1):
        z, dh = gates[t], dhs[t]
        for j in range(n):
            keep, enter, leave, g = z[j], z[n + j], z[2 * n + j], z[3 * n + j]
            d = dc[j] + dh[j] * leave * (1.0 - bent[t, j] * bent[t, j])
            z[j] = d * cs[t, j] * keep * (1.0 - keep)
            z[n + j] = d * g * enter * (1.0 - enter)
            z[2 * n + j] = dh[j] * bent[t, j] * leave * (1.0 - leave)
            z[3 * n + j] = d * enter * (1.0 - g * g)
            dc[j] = d * keep
        for j in range(m):
            db[j] += z[j]
        if t > 0:
            for i in range(n):
                s = 0.0
                for j in range(m):
                    s += wh[i, j] * z[j]
                dhs[t - 1, i] += s
    return value * scale, (np.dot(xs.T, gates), np.dot(hs[:steps].T, gates), db, dwo)


def jax_lstm() -> Callable[..., Any]:
    import jax.numpy as jnp
    from jax import lax, nn

    def function(wx, wh, b, wo, xs, ys):
        n = wh.shape[0]

        def step(carry, z):
            h, c = carry
            z = z + h @ wh
            keep, enter, leave = jnp.split(nn.sigmoid(z[: 3 * n]), 3)
            c = keep * c + enter * jnp.tanh(z[3 * n :])
            h = leave * jnp.tanh(c)
            return (h, c), h

        hs = lax.scan(step, (jnp.zeros(n), jnp.zeros(n)), xs @ wx + b)[1]
        return jnp.sum((hs @ wo - ys) ** 2) / xs.shape[0]

    return function


def naive_lstm() -> Callable[..., Any]:
    import jax.numpy as jnp

    def function(wx, wh, b, wo, xs, ys):
        n = wh.shape[0]
        h, c, loss = jnp.zeros(n), jnp.zeros(n), 0.0
        for t in range(xs.shape[0]):
            z = xs[t] @ wx + h @ wh + b
            keep = 1.0 / (1.0 + jnp.exp(-z[:n]))
            enter = 1.0 / (1.0 + jnp.exp(-z[n : 2 * n]))
            leave = 1.0 / (1.0 + jnp.exp(-z[2 * n : 3 * n]))
            c = keep * c + enter * jnp.tanh(z[3 * n :])
            h = leave * jnp.tanh(c)
            loss = loss + jnp.sum((h @ wo - ys[t]) ** 2)
        return loss / xs.shape[0]

    return function


SERIES = (
    Series(
        "lstm",
        lstm,
        make_lstm,
        (50, 100),
        3,
        limit_lstm,
        (0, 1, 2, 3),
        jax=jax_lstm,
        jax_naive=naive_lstm,
        autograd_as_written=True,
        largest={"jax-naive": 50, "autograd": 50},
    ),
)
