"""Loops that end when the data say so: Newton's method, and steps chosen by their error."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
from problem import Series


def kepler(eccentricity, mean, observed):
    """Kepler's equation for many orbits, each solved by Newton's method, compared with a series."""
    total = 0.0
    for k in range(mean.shape[0]):
        e = eccentricity[k]
        x = mean[k]
        step = 1.0
        while np.abs(step) > 1e-8:
            step = (x - e * np.sin(x) - mean[k]) / (1.0 - e * np.cos(x))
            x = x - step
        total = total + (np.cos(x) - e - observed[k]) ** 2
    return total


def make_kepler(rng: np.random.Generator, n: int) -> tuple[Any, ...]:
    return rng.uniform(0.1, 0.7, n), rng.uniform(0.0, 6.0, n), rng.standard_normal(n)


def limit_kepler(eccentricity, mean, observed):
    """Of each iterate its step, sine, cosine and slope are saved. (The implicit function theorem
    needs those of the last one only, but no transformation of a program knows that it applies.)"""
    n = mean.shape[0]
    value = 0.0
    de, dmean = np.empty(n), np.empty(n)
    saved = np.empty((64, 4))
    for k in range(n):
        e, x, step = eccentricity[k], mean[k], 1.0
        trips = 0
        while abs(step) > 1e-8:
            s, c = math.sin(x), math.cos(x)
            over = 1.0 / (1.0 - e * c)
            step = (x - e * s - mean[k]) * over
            if trips == saved.shape[0]:
                saved = np.concatenate((saved, np.empty_like(saved)))
            saved[trips, 0], saved[trips, 1] = step, s
            saved[trips, 2], saved[trips, 3] = c, over
            trips += 1
            x -= step
        s, c = math.sin(x), math.cos(x)
        miss = c - e - observed[k]
        value += miss * miss
        de_k, dmean_k = -2.0 * miss, 0.0
        dx = -2.0 * miss * s
        for i in range(trips - 1, -1, -1):
            step, s, c, over = saved[i, 0], saved[i, 1], saved[i, 2], saved[i, 3]
            dbelow = dx * step * over
            dmean_k += dx * over
            de_k += dx * over * s - dbelow * c
            dx = dbelow * e * s
        de[k], dmean[k] = de_k, dmean_k + dx
    return value, (de, dmean)


def jax_kepler() -> Callable[..., Any]:
    """A `while_loop` has no reverse mode: all orbits at once, as often as the slowest needs."""
    import jax.numpy as jnp
    from jax import lax

    def function(eccentricity, mean, observed):
        def newton(x, _):
            above = x - eccentricity * jnp.sin(x) - mean
            return x - above / (1.0 - eccentricity * jnp.cos(x)), None

        x = lax.scan(newton, mean, None, length=10)[0]
        return jnp.sum((jnp.cos(x) - eccentricity - observed) ** 2)

    return function


def oscillator(p, y0, end, tolerance):
    """Van der Pol's oscillator by Heun's method, with steps as long as the error allows."""
    damping, stiffness = p[0], p[1]
    u, v = y0[0], y0[1]
    t, h = 0.0, 0.01
    while t < end:
        h = np.minimum(h, end - t)
        u1, v1 = v, damping * (1.0 - u * u) * v - stiffness * u
        x, y = u + h * u1, v + h * v1
        u2, v2 = y, damping * (1.0 - x * x) * y - stiffness * x
        error = 0.5 * h * np.sqrt((u2 - u1) ** 2 + (v2 - v1) ** 2) + 1e-12
        if error < tolerance:
            t = t + h
            u = u + 0.5 * h * (u1 + u2)
            v = v + 0.5 * h * (v1 + v2)
        h = h * np.minimum(2.0, np.maximum(0.2, 0.9 * np.sqrt(tolerance / error)))
    return (u - 1.0) ** 2 + v**2


def make_oscillator(rng: np.random.Generator, end: int) -> tuple[Any, ...]:
    return np.array([1.5, 1.2]), np.array([1.0, 0.5]), float(end), 1e-4


def limit_oscillator(p, y0, end, tolerance):
    """Of each attempt its state and the length of its step are saved."""
    damping, stiffness = p[0], p[1]
    u, v, t, h = y0[0], y0[1], 0.0, 0.01
    saved = np.empty((256, 4))
    trips = 0
    while t < end:
        if trips == saved.shape[0]:
            saved = np.concatenate((saved, np.empty_like(saved)))
        saved[trips, 0], saved[trips, 1], saved[trips, 2], saved[trips, 3] = u, v, t, h
        trips += 1
        h = min(h, end - t)
        v1 = damping * (1.0 - u * u) * v - stiffness * u
        x, y = u + h * v, v + h * v1
        v2 = damping * (1.0 - x * x) * y - stiffness * x
        error = 0.5 * h * math.sqrt((y - v) ** 2 + (v2 - v1) ** 2) + 1e-12
        if error < tolerance:
            t = t + h
            u, v = u + 0.5 * h * (v + y), v + 0.5 * h * (v1 + v2)
        h = h * min(2.0, max(0.2, 0.9 * math.sqrt(tolerance / error)))
    value = (u - 1.0) ** 2 + v * v
    du, dv, dt, dh = 2.0 * (u - 1.0), 2.0 * v, 0.0, 0.0
    ddamping, dstiffness = 0.0, 0.0
    for i in range(trips - 1, -1, -1):
        u, v, t, full = saved[i, 0], saved[i, 1], saved[i, 2], saved[i, 3]
        h = min(full, end - t)
        v1 = damping * (1.0 - u * u) * v - stiffness * u
        x, y = u + h * v, v + h * v1
        v2 = damping * (1.0 - x * x) * y - stiffness * x
        length = math.sqrt((y - v) ** 2 + (v2 - v1) ** 2)
        error = 0.5 * h * length + 1e-12
        ratio = 0.9 * math.sqrt(tolerance / error)
        factor = min(2.0, max(0.2, ratio))
        derror = -0.5 * dh * h * ratio / error if factor == ratio else 0.0
        dh = dh * factor + 0.5 * derror * length
        pull = 0.5 * derror * h / length
        dv1, dv2 = -pull * (v2 - v1), pull * (v2 - v1)
        dy, dold = pull * (y - v), -pull * (y - v)
        if error < tolerance:
            dh += dt + 0.5 * (du * (v + y) + dv * (v1 + v2))
            dy += 0.5 * h * du
            dold += 0.5 * h * du
            dv1 += 0.5 * h * dv
            dv2 += 0.5 * h * dv
        ddamping += dv2 * (1.0 - x * x) * y
        dstiffness -= dv2 * x
        dx = -dv2 * (2.0 * damping * x * y + stiffness)
        dy += dv2 * damping * (1.0 - x * x)
        dh += dx * v + dy * v1
        du += dx
        dv += dy + dold + dx * h
        dv1 += dy * h
        ddamping += dv1 * (1.0 - u * u) * v
        dstiffness -= dv1 * u
        du -= dv1 * (2.0 * damping * u * v + stiffness)
        dv += dv1 * damping * (1.0 - u * u)
        if full > end - t:
            dt -= dh
            dh = 0.0
    return value, (np.array([ddamping, dstiffness]), np.array([du, dv]))


def jax_oscillator() -> Callable[..., Any]:
    """A `while_loop` has no reverse mode: attempts beyond the last are computed and dropped."""
    import jax.numpy as jnp
    from jax import lax

    def function(p, y0, end, tolerance):
        damping, stiffness = p

        def slopes(z):
            return jnp.stack((z[1], damping * (1.0 - z[0] ** 2) * z[1] - stiffness * z[0]))

        def attempt(carry, _):
            z, t, h = carry
            running = t < end
            h = jnp.where(running, jnp.minimum(h, end - t), 1e-3)
            k1 = slopes(z)
            k2 = slopes(z + h * k1)
            error = 0.5 * h * jnp.sqrt(jnp.sum((k2 - k1) ** 2)) + 1e-12
            ok = running & (error < tolerance)
            z = jnp.where(ok, z + 0.5 * h * (k1 + k2), z)
            t = jnp.where(ok, t + h, t)
            longer = jnp.minimum(2.0, jnp.maximum(0.2, 0.9 * jnp.sqrt(tolerance / error)))
            return (z, t, h * longer), None

        z = lax.scan(attempt, (y0, 0.0, 0.01), None, length=int(100 * end))[0][0]
        return (z[0] - 1.0) ** 2 + z[1] ** 2

    return function


SERIES = (
    Series(
        "kepler",
        kepler,
        make_kepler,
        (200, 400),
        3,
        limit_kepler,
        (0, 1),
        jax=jax_kepler,
        autograd_as_written=True,
        largest={"autograd": 200},
    ),
    Series(
        "oscillator",
        oscillator,
        make_oscillator,
        (5, 10),
        1,
        limit_oscillator,
        (0, 1),
        jax=jax_oscillator,
        autograd_as_written=True,
        largest={"autograd": 5},
    ),
)
