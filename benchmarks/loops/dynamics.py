"""Equations of motion with a fixed step: scalars by Runge-Kutta, bodies by leapfrog."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
from problem import Series


def neuron(p, y0, data, dt):
    """FitzHugh and Nagumo's model of a neuron, fitted to a series of voltages."""
    drive, rate, a, b = p[0], p[1], p[2], p[3]

    def slopes(v, w):
        return v - v * v * v / 3.0 - w + drive, rate * (v + a - b * w)

    v, w = y0[0], y0[1]
    loss = 0.0
    for t in range(data.shape[0]):
        v1, w1 = slopes(v, w)
        v2, w2 = slopes(v + 0.5 * dt * v1, w + 0.5 * dt * w1)
        v3, w3 = slopes(v + 0.5 * dt * v2, w + 0.5 * dt * w2)
        v4, w4 = slopes(v + dt * v3, w + dt * w3)
        v = v + dt / 6.0 * (v1 + 2.0 * v2 + 2.0 * v3 + v4)
        w = w + dt / 6.0 * (w1 + 2.0 * w2 + 2.0 * w3 + w4)
        loss = loss + (v - data[t]) ** 2
    return loss


def make_neuron(rng: np.random.Generator, steps: int) -> tuple[Any, ...]:
    p, y0 = np.array([0.5, 0.08, 0.7, 0.8]), np.array([-1.0, 1.0])
    return p, y0, rng.standard_normal(steps), 0.1


def limit_neuron(p, y0, data, dt):
    """The state of each step is saved, its stages are computed again."""
    drive, rate, a, b = p[0], p[1], p[2], p[3]
    steps = data.shape[0]
    states = np.empty((steps + 1, 2))
    v, w = y0[0], y0[1]
    half, sixth = 0.5 * dt, dt / 6.0
    for t in range(steps):
        states[t, 0], states[t, 1] = v, w
        v1, w1 = v - v * v * v / 3.0 - w + drive, rate * (v + a - b * w)
        x, y = v + half * v1, w + half * w1
        v2, w2 = x - x * x * x / 3.0 - y + drive, rate * (x + a - b * y)
        x, y = v + half * v2, w + half * w2
        v3, w3 = x - x * x * x / 3.0 - y + drive, rate * (x + a - b * y)
        x, y = v + dt * v3, w + dt * w3
        v4, w4 = x - x * x * x / 3.0 - y + drive, rate * (x + a - b * y)
        v += sixth * (v1 + 2.0 * v2 + 2.0 * v3 + v4)
        w += sixth * (w1 + 2.0 * w2 + 2.0 * w3 + w4)
    states[steps, 0], states[steps, 1] = v, w
    value, dv, dw = 0.0, 0.0, 0.0
    ddrive, drate, da, db = 0.0, 0.0, 0.0, 0.0
    for t in range(steps - 1, -1, -1):
        v, w = states[t, 0], states[t, 1]
        v1, w1 = v - v * v * v / 3.0 - w + drive, v + a - b * w
        x2, y2 = v + half * v1, w + half * rate * w1
        v2, w2 = x2 - x2 * x2 * x2 / 3.0 - y2 + drive, x2 + a - b * y2
        x3, y3 = v + half * v2, w + half * rate * w2
        v3, w3 = x3 - x3 * x3 * x3 / 3.0 - y3 + drive, x3 + a - b * y3
        x4, y4 = v + dt * v3, w + dt * rate * w3
        w4 = x4 + a - b * y4
        miss = states[t + 1, 0] - data[t]
        value += miss * miss
        dv += 2.0 * miss
        # g and h are the cotangents of a stage's slopes, x and y those of where it is evaluated
        g4, h4 = sixth * dv, sixth * dw
        x = g4 * (1.0 - x4 * x4) + h4 * rate
        y = -g4 - h4 * rate * b
        g3, h3 = 2.0 * sixth * dv + dt * x, 2.0 * sixth * dw + dt * y
        dv_before, dw_before, rated, bent = dv + x, dw + y, h4 * w4, h4 * y4
        x = g3 * (1.0 - x3 * x3) + h3 * rate
        y = -g3 - h3 * rate * b
        g2, h2 = 2.0 * sixth * dv + half * x, 2.0 * sixth * dw + half * y
        dv_before, dw_before, rated, bent = (
            dv_before + x,
            dw_before + y,
            rated + h3 * w3,
            bent + h3 * y3,
        )
        x = g2 * (1.0 - x2 * x2) + h2 * rate
        y = -g2 - h2 * rate * b
        g1, h1 = sixth * dv + half * x, sixth * dw + half * y
        dv = dv_before + x + g1 * (1.0 - v * v) + h1 * rate
        dw = dw_before + y - g1 - h1 * rate * b
        ddrive += g1 + g2 + g3 + g4
        drate += rated + h2 * w2 + h1 * w1
        da += rate * (h1 + h2 + h3 + h4)
        db -= rate * (bent + h2 * y2 + h1 * w)
    return value, (np.array([ddrive, drate, da, db]), np.array([dv, dw]))


def jax_neuron() -> Callable[..., Any]:
    import jax.numpy as jnp
    from jax import lax

    def function(p, y0, data, dt):
        drive, rate, a, b = p

        def slopes(y):
            v, w = y
            return jnp.stack((v - v * v * v / 3.0 - w + drive, rate * (v + a - b * w)))

        def step(y, _):
            k1 = slopes(y)
            k2 = slopes(y + 0.5 * dt * k1)
            k3 = slopes(y + 0.5 * dt * k2)
            k4 = slopes(y + dt * k3)
            y = y + dt / 6.0 * (k1 + 2.0 * k2 + 2.0 * k3 + k4)
            return y, y[0]

        voltages = lax.scan(step, y0, None, length=data.shape[0])[1]
        return jnp.sum((voltages - data) ** 2)

    return function


def naive_neuron() -> Callable[..., Any]:
    """The text as it is, with its loop spelled as one of JAX."""
    from jax.lax import fori_loop

    def function(p, y0, data, dt):
        drive, rate, a, b = p[0], p[1], p[2], p[3]

        def slopes(v, w):
            return v - v * v * v / 3.0 - w + drive, rate * (v + a - b * w)

        def step(t, carry):
            v, w, loss = carry
            v1, w1 = slopes(v, w)
            v2, w2 = slopes(v + 0.5 * dt * v1, w + 0.5 * dt * w1)
            v3, w3 = slopes(v + 0.5 * dt * v2, w + 0.5 * dt * w2)
            v4, w4 = slopes(v + dt * v3, w + dt * w3)
            v = v + dt / 6.0 * (v1 + 2.0 * v2 + 2.0 * v3 + v4)
            w = w + dt / 6.0 * (w1 + 2.0 * w2 + 2.0 * w3 + w4)
            return v, w, loss + (v - data[t]) ** 2

        return fori_loop(0, data.shape[0], step, (y0[0], y0[1], 0.0))[2]

    return function


def pull(x, mass):
    """Accelerations of all bodies by all others, softened."""
    apart = x[None, :, :] - x[:, None, :]
    squared = np.sum(apart**2, axis=2) + 0.01
    return np.sum((mass / squared**1.5)[:, :, None] * apart, axis=1)


def bodies(x0, v0, mass, dt, steps):
    x, v = x0, v0
    a = pull(x, mass)
    for _ in range(steps):
        v = v + 0.5 * dt * a
        x = x + dt * v
        a = pull(x, mass)
        v = v + 0.5 * dt * a
    return 0.5 * np.sum(mass * np.sum(v**2, axis=1)) + np.sum((x - x0) ** 2)


def make_bodies(rng: np.random.Generator, steps: int) -> tuple[Any, ...]:
    n = 16 if steps > 4 else 3
    return (
        rng.standard_normal((n, 3)),
        0.3 * rng.standard_normal((n, 3)),
        rng.random(n),
        0.01,
        steps,
    )


def limit_bodies(x0, v0, mass, dt, steps):
    """Coordinates stand in rows, so that the sums over bodies vectorise; positions are saved, the
    inverse distances computed again. The acceleration of one step serves the next, as its
    cotangent does."""
    n = mass.shape[0]
    half = 0.5 * dt
    xs = np.empty((steps + 1, 3, n))
    v, a = v0.T.copy(), np.empty((3, n))
    xs[0] = x0.T
    for t in range(steps + 1):
        x = xs[t]
        for i in range(n):
            ax, ay, az = 0.0, 0.0, 0.0
            for j in range(n):
                dx, dy, dz = x[0, j] - x[0, i], x[1, j] - x[1, i], x[2, j] - x[2, i]
                r2 = dx * dx + dy * dy + dz * dz + 0.01
                f = mass[j] / (r2 * math.sqrt(r2))
                ax += f * dx
                ay += f * dy
                az += f * dz
            a[0, i], a[1, i], a[2, i] = ax, ay, az
        weight = half if t == 0 or t == steps else dt
        for k in range(3):
            for i in range(n):
                v[k, i] += weight * a[k, i]
        if t < steps:
            for k in range(3):
                for i in range(n):
                    xs[t + 1, k, i] = x[k, i] + dt * v[k, i]
    value = 0.0
    dmass, dv, dx0, gx = np.zeros(n), np.empty((3, n)), np.empty((3, n)), np.empty((3, n))
    for k in range(3):
        for i in range(n):
            d = xs[steps, k, i] - xs[0, k, i]
            value += 0.5 * mass[i] * v[k, i] * v[k, i] + d * d
            dmass[i] += 0.5 * v[k, i] * v[k, i]
            dv[k, i] = mass[i] * v[k, i]
            gx[k, i] = 2.0 * d
            dx0[k, i] = -2.0 * d
    for t in range(steps, -1, -1):
        x = xs[t]
        weight = half if t == 0 or t == steps else dt
        for i in range(n):
            gi0, gi1, gi2 = weight * dv[0, i], weight * dv[1, i], weight * dv[2, i]
            s0, s1, s2, m = 0.0, 0.0, 0.0, 0.0
            for j in range(n):
                dx, dy, dz = x[0, j] - x[0, i], x[1, j] - x[1, i], x[2, j] - x[2, i]
                r2 = dx * dx + dy * dy + dz * dz + 0.01
                inverse = 1.0 / (r2 * math.sqrt(r2))
                # the pair acts on i with the mass of j and on j with the mass of i
                h0 = mass[j] * gi0 - mass[i] * weight * dv[0, j]
                h1 = mass[j] * gi1 - mass[i] * weight * dv[1, j]
                h2 = mass[j] * gi2 - mass[i] * weight * dv[2, j]
                along = 3.0 * (h0 * dx + h1 * dy + h2 * dz) * inverse / r2
                s0 += h0 * inverse - along * dx
                s1 += h1 * inverse - along * dy
                s2 += h2 * inverse - along * dz
                m -= (dv[0, j] * dx + dv[1, j] * dy + dv[2, j] * dz) * inverse
            gx[0, i] -= s0
            gx[1, i] -= s1
            gx[2, i] -= s2
            dmass[i] += weight * m
        if t > 0:
            for k in range(3):
                for i in range(n):
                    dv[k, i] += dt * gx[k, i]
    return value, ((gx + dx0).T.copy(), dv.T.copy(), dmass)


def jax_bodies() -> Callable[..., Any]:
    import jax.numpy as jnp
    from jax import lax

    def pull(x, mass):
        apart = x[None, :, :] - x[:, None, :]
        squared = jnp.sum(apart**2, axis=2) + 0.01
        return jnp.einsum("ij,ijk->ik", mass / squared**1.5, apart)

    def function(x0, v0, mass, dt, steps):
        def step(carry, _):
            x, v, a = carry
            v = v + 0.5 * dt * a
            x = x + dt * v
            a = pull(x, mass)
            return (x, v + 0.5 * dt * a, a), None

        x, v, _ = lax.scan(step, (x0, v0, pull(x0, mass)), None, length=steps)[0]
        return 0.5 * jnp.sum(mass * jnp.sum(v**2, axis=1)) + jnp.sum((x - x0) ** 2)

    return function


SERIES = (
    Series(
        "neuron",
        neuron,
        make_neuron,
        (500, 1000),
        5,
        limit_neuron,
        (0, 1),
        jax=jax_neuron,
        jax_naive=naive_neuron,
        autograd_as_written=True,
        largest={"jax-naive": 500, "autograd": 500},
    ),
    Series(
        "bodies",
        bodies,
        make_bodies,
        (50, 100),
        3,
        limit_bodies,
        (0, 1, 2),
        jax=jax_bodies,
        autograd_as_written=True,
        largest={"autograd": 50},
    ),
)
