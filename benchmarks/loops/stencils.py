"""Sweeps over a grid: point by point in place, and by slices in place."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from problem import Series


def seidel(u0, f, target, sweeps):
    """Gauss-Seidel sweeps of a Poisson equation."""
    u = u0.copy()
    n, m = u.shape
    for _ in range(sweeps):
        for i in range(1, n - 1):
            for j in range(1, m - 1):
                around = u[i - 1, j] + u[i + 1, j] + u[i, j - 1] + u[i, j + 1]
                u[i, j] = 0.25 * (around + f[i, j])
    return np.sum((u - target) ** 2)


def make_seidel(rng: np.random.Generator, sweeps: int) -> tuple[Any, ...]:
    n = 32 if sweeps > 2 else 6
    return rng.random((n, n)), 0.1 * rng.standard_normal((n, n)), rng.random((n, n)), sweeps


def limit_seidel(u0, f, target, sweeps):
    """No state is saved: the sweeps are linear. Of each row only the chain to the left neighbour
    is sequential; the rest of it vectorises."""
    n, m = u0.shape
    u, row = u0.copy(), np.zeros(m)
    for _ in range(sweeps):
        for i in range(1, n - 1):
            for j in range(1, m - 1):
                row[j] = 0.25 * (u[i - 1, j] + u[i + 1, j] + u[i, j + 1] + f[i, j])
            left = u[i, 0]
            for j in range(1, m - 1):
                left = row[j] + 0.25 * left
                u[i, j] = left
    value = 0.0
    du, df = np.empty((n, m)), np.zeros((n, m))
    for i in range(n):
        for j in range(m):
            d = u[i, j] - target[i, j]
            value += d * d
            du[i, j] = 2.0 * d
    for _ in range(sweeps):
        for i in range(n - 2, 0, -1):
            right = 0.0
            for j in range(m - 2, 0, -1):
                right = du[i, j] + 0.25 * right
                row[j] = right
            du[i, 0] += 0.25 * row[1]
            du[i, 1] = 0.0
            for j in range(1, m - 1):
                g = 0.25 * row[j]
                du[i - 1, j] += g
                du[i + 1, j] += g
                df[i, j] += g
            for j in range(2, m - 1):
                du[i, j] = 0.25 * row[j - 1]
            du[i, m - 1] += 0.25 * row[m - 2]
    return value, (du, df)


def jax_seidel() -> Callable[..., Any]:
    import jax.numpy as jnp
    from jax import lax

    def point(left, xs):
        new = 0.25 * (xs[0] + left)
        return new, new

    def row(above, xs):
        old, below, f = xs
        known = above[1:-1] + below[1:-1] + old[2:] + f[1:-1]
        inner = lax.scan(point, old[0], (known,))[1]
        new = jnp.concatenate((old[:1], inner, old[-1:]))
        return new, new

    def sweep(u, f):
        inner = lax.scan(row, u[0], (u[1:-1], u[2:], f[1:-1]))[1]
        return jnp.concatenate((u[:1], inner, u[-1:]))

    def function(u, f, target, sweeps):
        u = lax.scan(lambda u, _: (sweep(u, f), None), u, None, length=sweeps)[0]
        return jnp.sum((u - target) ** 2)

    return function


def naive_seidel() -> Callable[..., Any]:
    import jax.numpy as jnp
    from jax.lax import fori_loop

    def function(u, f, target, sweeps):
        n, m = u.shape

        def point(i, j, u):
            around = u[i - 1, j] + u[i + 1, j] + u[i, j - 1] + u[i, j + 1]
            return u.at[i, j].set(0.25 * (around + f[i, j]))

        def row(i, u):
            return fori_loop(1, m - 1, lambda j, u: point(i, j, u), u)

        u = fori_loop(0, sweeps, lambda _, u: fori_loop(1, n - 1, row, u), u)
        return jnp.sum((u - target) ** 2)

    return function


def heat(u0, k, dt, target, steps):
    """Explicit heat conduction with a conductivity that varies over the plate."""
    u = u0.copy()
    for _ in range(steps):
        inner = u[1:-1, 1:-1]
        flux = u[2:, 1:-1] + u[:-2, 1:-1] + u[1:-1, 2:] + u[1:-1, :-2] - 4.0 * inner
        u[1:-1, 1:-1] = inner + dt * k[1:-1, 1:-1] * flux
    return np.mean((u - target) ** 2)


def make_heat(rng: np.random.Generator, steps: int) -> tuple[Any, ...]:
    n = 48 if steps > 4 else 6
    return rng.random((n, n)), rng.uniform(0.5, 1.5, (n, n)), 0.15, rng.random((n, n)), steps


def limit_heat(u0, k, dt, target, steps):
    """The fluxes of all steps are saved; the transposed stencil gathers."""
    n, m = u0.shape
    u, new = u0.copy(), u0.copy()
    fluxes = np.empty((steps, n, m))
    for t in range(steps):
        flux = fluxes[t]
        for i in range(1, n - 1):
            for j in range(1, m - 1):
                a = u[i + 1, j] + u[i - 1, j] + u[i, j + 1] + u[i, j - 1] - 4.0 * u[i, j]
                flux[i, j] = a
                new[i, j] = u[i, j] + dt * k[i, j] * a
        u, new = new, u
    value, scale = 0.0, 1.0 / (n * m)
    du, dk = np.empty((n, m)), np.zeros((n, m))
    dflux, old = np.zeros((n + 2, m + 2)), np.empty((n, m))
    for i in range(n):
        for j in range(m):
            d = u[i, j] - target[i, j]
            value += d * d
            du[i, j] = 2.0 * scale * d
    for t in range(steps - 1, -1, -1):
        flux = fluxes[t]
        for i in range(1, n - 1):
            for j in range(1, m - 1):
                g = dt * du[i, j]
                dk[i, j] += g * flux[i, j]
                dflux[i + 1, j + 1] = g * k[i, j]
        for i in range(n):
            for j in range(m):
                a = dflux[i + 2, j + 1] + dflux[i, j + 1] + dflux[i + 1, j + 2] + dflux[i + 1, j]
                old[i, j] = du[i, j] + a - 4.0 * dflux[i + 1, j + 1]
        du, old = old, du
    return value * scale, (du, dk)


def jax_heat() -> Callable[..., Any]:
    import jax.numpy as jnp
    from jax import lax

    def function(u, k, dt, target, steps):
        def step(u, _):
            flux = u[2:, 1:-1] + u[:-2, 1:-1] + u[1:-1, 2:] + u[1:-1, :-2] - 4.0 * u[1:-1, 1:-1]
            return u.at[1:-1, 1:-1].add(dt * k[1:-1, 1:-1] * flux), None

        return jnp.mean((lax.scan(step, u, None, length=steps)[0] - target) ** 2)

    return function


def naive_heat() -> Callable[..., Any]:
    import jax.numpy as jnp

    def function(u, k, dt, target, steps):
        for _ in range(steps):
            inner = u[1:-1, 1:-1]
            flux = u[2:, 1:-1] + u[:-2, 1:-1] + u[1:-1, 2:] + u[1:-1, :-2] - 4.0 * inner
            u = u.at[1:-1, 1:-1].set(inner + dt * k[1:-1, 1:-1] * flux)
        return jnp.mean((u - target) ** 2)

    return function


def autograd_heat() -> Callable[..., Any]:
    import autograd.numpy as anp

    def function(u, k, dt, target, steps):
        for _ in range(steps):
            inner = u[1:-1, 1:-1]
            flux = u[2:, 1:-1] + u[:-2, 1:-1] + u[1:-1, 2:] + u[1:-1, :-2] - 4.0 * inner
            u = u + anp.pad(dt * k[1:-1, 1:-1] * flux, 1, mode="constant")
        return anp.mean((u - target) ** 2)

    return function


SERIES = (
    Series(
        "seidel",
        seidel,
        make_seidel,
        (10, 20),
        2,
        limit_seidel,
        (0, 1),
        jax=jax_seidel,
        jax_naive=naive_seidel,
        largest={"jax-naive": 10},
    ),
    Series(
        "heat",
        heat,
        make_heat,
        (50, 100),
        3,
        limit_heat,
        (0, 1),
        jax=jax_heat,
        jax_naive=naive_heat,
        autograd=autograd_heat,
        largest={"jax-naive": 50, "autograd": 50},
    ),
)
