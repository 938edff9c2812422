"""A Kalman filter with small matrices, the inverse of two rows written out."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
from problem import Series


def kalman(f, q, r, h, ys):
    """-log likelihood of a track, of which the position is seen."""
    m, p = np.zeros(f.shape[0]), np.eye(f.shape[0])
    total = 0.0
    for t in range(ys.shape[0]):
        m = f @ m
        p = f @ p @ f.T + q
        miss = ys[t] - h @ m
        s = h @ p @ h.T + r
        det = s[0, 0] * s[1, 1] - s[0, 1] * s[1, 0]
        inverse = np.array([[s[1, 1], -s[0, 1]], [-s[1, 0], s[0, 0]]]) / det
        gain = p @ h.T @ inverse
        total = total + 0.5 * (miss @ inverse @ miss + np.log(det))
        m = m + gain @ miss
        p = p - gain @ (h @ p)
    return total


def make_kalman(rng: np.random.Generator, steps: int) -> tuple[Any, ...]:
    f = np.eye(4) + 0.1 * np.eye(4, k=2)
    q = 0.02 * np.eye(4) + 0.003 * rng.random((4, 4))
    r = np.array([[0.4, 0.05], [0.05, 0.3]])
    return f, q, r, np.eye(2, 4), 0.3 * np.cumsum(rng.standard_normal((steps, 2)), axis=0)


def limit_kalman(f, q, r, h, ys):
    """Four states and two observations, so that every inner loop unrolls. The predicted and the
    updated state, the gain and the inverse are saved."""
    steps = ys.shape[0]
    ms, ps = np.zeros((steps + 1, 4)), np.zeros((steps + 1, 4, 4))
    pps, hps, phs = np.empty((steps, 4, 4)), np.empty((steps, 2, 4)), np.empty((steps, 4, 2))
    inverses, gains, misses = np.empty((steps, 2, 2)), np.empty((steps, 4, 2)), np.empty((steps, 2))
    fp, s, mp = np.empty((4, 4)), np.empty((2, 2)), np.empty(4)
    for i in range(4):
        ps[0, i, i] = 1.0
    value = 0.0
    for t in range(steps):
        m, p, pp, hp, ph = ms[t], ps[t], pps[t], hps[t], phs[t]
        inv, gain, miss = inverses[t], gains[t], misses[t]
        for i in range(4):
            a = 0.0
            for k in range(4):
                a += f[i, k] * m[k]
            mp[i] = a
            for j in range(4):
                a = 0.0
                for k in range(4):
                    a += f[i, k] * p[k, j]
                fp[i, j] = a
        for i in range(4):
            for j in range(4):
                a = q[i, j]
                for k in range(4):
                    a += fp[i, k] * f[j, k]
                pp[i, j] = a
        for i in range(2):
            a = ys[t, i]
            for k in range(4):
                a -= h[i, k] * mp[k]
            miss[i] = a
            for j in range(4):
                a, c = 0.0, 0.0
                for k in range(4):
                    a += h[i, k] * pp[k, j]
                    c += pp[j, k] * h[i, k]
                hp[i, j], ph[j, i] = a, c
        for i in range(2):
            for j in range(2):
                a = r[i, j]
                for k in range(4):
                    a += hp[i, k] * h[j, k]
                s[i, j] = a
        det = s[0, 0] * s[1, 1] - s[0, 1] * s[1, 0]
        over = 1.0 / det
        inv[0, 0], inv[0, 1] = s[1, 1] * over, -s[0, 1] * over
        inv[1, 0], inv[1, 1] = -s[1, 0] * over, s[0, 0] * over
        v0, v1 = miss[0], miss[1]
        value += 0.5 * (v0 * v0 * inv[0, 0] + v0 * v1 * (inv[0, 1] + inv[1, 0]))
        value += 0.5 * (v1 * v1 * inv[1, 1] + math.log(det))
        for i in range(4):
            g0 = ph[i, 0] * inv[0, 0] + ph[i, 1] * inv[1, 0]
            g1 = ph[i, 0] * inv[0, 1] + ph[i, 1] * inv[1, 1]
            gain[i, 0], gain[i, 1] = g0, g1
            ms[t + 1, i] = mp[i] + g0 * v0 + g1 * v1
            for j in range(4):
                ps[t + 1, i, j] = pp[i, j] - g0 * hp[0, j] - g1 * hp[1, j]
    df, dq, dr = np.zeros((4, 4)), np.zeros((4, 4)), np.zeros((2, 2))
    dm, dp, dpp = np.zeros(4), np.zeros((4, 4)), np.empty((4, 4))
    dhp, dph, dv = np.empty((2, 4)), np.empty((4, 2)), np.empty(2)
    di, ds, half = np.empty((2, 2)), np.empty((2, 2)), np.empty((2, 2))
    for t in range(steps - 1, -1, -1):
        m, p, hp, ph = ms[t], ps[t], hps[t], phs[t]
        inv, gain, v = inverses[t], gains[t], misses[t]
        for i in range(2):
            a = 0.0
            for j in range(2):
                a += 0.5 * (inv[i, j] + inv[j, i]) * v[j]
                di[i, j] = 0.5 * v[i] * v[j]
            for k in range(4):
                a += gain[k, i] * dm[k]
            dv[i] = a
        for i in range(4):
            d0, d1 = dm[i] * v[0], dm[i] * v[1]  # of the gain
            for j in range(4):
                d0 -= dp[i, j] * hp[0, j]
                d1 -= dp[i, j] * hp[1, j]
            dph[i, 0] = d0 * inv[0, 0] + d1 * inv[0, 1]
            dph[i, 1] = d0 * inv[1, 0] + d1 * inv[1, 1]
            for k in range(2):
                di[k, 0] += ph[i, k] * d0
                di[k, 1] += ph[i, k] * d1
        for i in range(2):  # ds = inv.T (1/2 - di inv.T)
            for j in range(2):
                half[i, j] = (0.5 if i == j else 0.0) - di[i, 0] * inv[j, 0] - di[i, 1] * inv[j, 1]
        for i in range(2):
            for j in range(2):
                ds[i, j] = inv[0, i] * half[0, j] + inv[1, i] * half[1, j]
                dr[i, j] += ds[i, j]
        for i in range(2):
            for j in range(4):
                a = ds[i, 0] * h[0, j] + ds[i, 1] * h[1, j]
                for k in range(4):
                    a -= gain[k, i] * dp[k, j]
                dhp[i, j] = a
        for i in range(4):
            dm[i] -= h[0, i] * dv[0] + h[1, i] * dv[1]
            for j in range(4):
                a = dp[i, j] + h[0, i] * dhp[0, j] + h[1, i] * dhp[1, j]
                a += dph[i, 0] * h[0, j] + dph[i, 1] * h[1, j]
                dpp[i, j] = a
                dq[i, j] += a
        # fp = dpp f, then df += dpp f p' + dpp' f p + dm m', dp = f' dpp f, dm = f' dm
        for i in range(4):
            for j in range(4):
                a, c = 0.0, 0.0
                for k in range(4):
                    a += dpp[i, k] * f[k, j]
                    c += dpp[k, i] * f[k, j]
                fp[i, j] = a
                dp[i, j] = c
        for i in range(4):
            for j in range(4):
                a = dm[i] * m[j]
                for k in range(4):
                    a += fp[i, k] * p[j, k] + dp[i, k] * p[k, j]
                df[i, j] += a
        for i in range(4):
            a = 0.0
            for k in range(4):
                a += f[k, i] * dm[k]
            mp[i] = a
            for j in range(4):
                a = 0.0
                for k in range(4):
                    a += f[k, i] * fp[k, j]
                dp[i, j] = a
        for i in range(4):
            dm[i] = mp[i]
    return value, (df, dq, dr)


def jax_kalman() -> Callable[..., Any]:
    import jax.numpy as jnp
    from jax import lax

    def function(f, q, r, h, ys):
        def step(carry, y):
            m, p = carry
            m = f @ m
            p = f @ p @ f.T + q
            miss = y - h @ m
            s = h @ p @ h.T + r
            det = s[0, 0] * s[1, 1] - s[0, 1] * s[1, 0]
            inverse = jnp.array([[s[1, 1], -s[0, 1]], [-s[1, 0], s[0, 0]]]) / det
            gain = p @ h.T @ inverse
            part = 0.5 * (miss @ inverse @ miss + jnp.log(det))
            return (m + gain @ miss, p - gain @ (h @ p)), part

        n = f.shape[0]
        return jnp.sum(lax.scan(step, (jnp.zeros(n), jnp.eye(n)), ys)[1])

    return function


SERIES = (
    Series(
        "kalman",
        kalman,
        make_kalman,
        (100, 200),
        4,
        limit_kalman,
        (0, 1, 2),
        jax=jax_kalman,
        autograd_as_written=True,
        largest={"autograd": 100},
    ),
)
