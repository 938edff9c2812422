"""Options with early exercise: on a tree that is folded in place, and by simulated paths."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
from problem import Series


def tree(p, steps):
    """An American put on the tree of Cox, Ross and Rubinstein."""
    spot, strike, rate, vol, years = p[0], p[1], p[2], p[3], p[4]
    dt = years / steps
    up = np.exp(vol * np.sqrt(dt))
    growth = np.exp(rate * dt)
    rise = (growth - 1.0 / up) / (up - 1.0 / up)
    price = spot * up ** (2.0 * np.arange(steps + 1) - steps)
    value = np.maximum(strike - price, 0.0)
    for i in range(steps - 1, -1, -1):
        price[: i + 1] = price[: i + 1] * up
        held = (rise * value[1 : i + 2] + (1.0 - rise) * value[: i + 1]) / growth
        value[: i + 1] = np.maximum(held, strike - price[: i + 1])
    return value[0]


def make_tree(rng: np.random.Generator, steps: int) -> tuple[Any, ...]:
    return np.array([100.0, 105.3, 0.05, 0.3, 1.0]), steps


def limit_tree(p, steps):
    """What exercise pays depends on how often the price rose more than it fell, so it stands in
    two tables, one for even and one for odd levels. The values of all levels are saved."""
    spot, strike, rate, vol, years = p[0], p[1], p[2], p[3], p[4]
    dt = years / steps
    root = math.sqrt(dt)
    up, growth = math.exp(vol * root), math.exp(rate * dt)
    disc, spread = 1.0 / growth, up - 1.0 / up
    rise = (growth - 1.0 / up) / spread
    high, low = disc * rise, disc * (1.0 - rise)
    pays, dpays = np.empty((2, steps + 1)), np.zeros((2, steps + 1))
    for k in range(2 * steps + 1):
        pays[k % 2, k // 2] = strike - spot * math.exp(vol * root * (k - steps))
    values = np.empty((steps + 1, steps + 1))
    for j in range(steps + 1):
        values[steps, j] = max(pays[0, j], 0.0)
    for i in range(steps - 1, -1, -1):
        new, old, pay = values[i], values[i + 1], pays[(steps - i) % 2]
        first = (steps - i) // 2
        for j in range(i + 1):
            new[j] = max(high * old[j + 1] + low * old[j], pay[first + j])
    d, held = np.zeros(steps + 2), np.zeros(steps + 2)
    d[0] = 1.0
    dhigh, dlow = 0.0, 0.0
    for i in range(steps):
        new, old = values[i], values[i + 1]
        pay, dpay = pays[(steps - i) % 2], dpays[(steps - i) % 2]
        first = (steps - i) // 2
        for j in range(i + 1):
            stays = high * old[j + 1] + low * old[j] >= pay[first + j]
            g = d[j] if stays else 0.0
            held[j + 1] = g
            dpay[first + j] += d[j] - g
            dhigh += g * old[j + 1]
            dlow += g * old[j]
        held[i + 2] = 0.0
        for j in range(i + 2):
            d[j] = high * held[j] + low * held[j + 1]
    for j in range(steps + 1):
        dpays[0, j] += d[j] if pays[0, j] > 0.0 else 0.0
    dspot, dstrike, dstep = 0.0, 0.0, 0.0  # dstep: of the logarithm of a rise
    for k in range(2 * steps + 1):
        g = dpays[k % 2, k // 2]
        dprice = g * (strike - pays[k % 2, k // 2])
        dstrike += g
        dspot -= dprice / spot
        dstep -= dprice * (k - steps)
    drise = disc * (dhigh - dlow)
    dlog = drise / spread * growth - (dhigh * high + dlow * low)  # of rate * dt
    dstep += drise / spread * (1.0 / up - rise * (up + 1.0 / up))
    dvol, ddt = dstep * root, dlog * rate + 0.5 * dstep * vol / root
    return values[0, 0], (np.array([dspot, dstrike, dlog * dt, dvol, ddt / steps]),)


def jax_tree() -> Callable[..., Any]:
    """All levels have the full length; what lies beyond the tree reaches no value."""
    import jax.numpy as jnp
    from jax import lax

    def function(p, steps):
        spot, strike, rate, vol, years = p
        dt = years / steps
        up = jnp.exp(vol * jnp.sqrt(dt))
        growth = jnp.exp(rate * dt)
        rise = (growth - 1.0 / up) / (up - 1.0 / up)

        def fold(carry, _):
            value, price = carry
            price = price * up
            held = (rise * jnp.roll(value, -1) + (1.0 - rise) * value) / growth
            return (jnp.maximum(held, strike - price), price), None

        price = spot * up ** (2.0 * jnp.arange(steps + 1) - steps)
        begin = jnp.maximum(strike - price, 0.0), price
        return lax.scan(fold, begin, None, length=steps)[0][0][0]

    return function


def naive_tree() -> Callable[..., Any]:
    import jax.numpy as jnp

    def function(p, steps):
        spot, strike, rate, vol, years = p
        dt = years / steps
        up = jnp.exp(vol * jnp.sqrt(dt))
        growth = jnp.exp(rate * dt)
        rise = (growth - 1.0 / up) / (up - 1.0 / up)
        price = spot * up ** (2.0 * jnp.arange(steps + 1) - steps)
        value = jnp.maximum(strike - price, 0.0)
        for i in range(steps - 1, -1, -1):
            price = price.at[: i + 1].multiply(up)
            held = (rise * value[1 : i + 2] + (1.0 - rise) * value[: i + 1]) / growth
            value = value.at[: i + 1].set(jnp.maximum(held, strike - price[: i + 1]))
        return value[0]

    return function


def stopping(p, z, barrier, dt):
    """A put on simulated paths, exercised where the price first meets a given barrier."""
    spot, strike, rate, vol = p[0], p[1], p[2], p[3]
    drift = (rate - 0.5 * vol**2) * dt
    width = vol * np.sqrt(dt)
    total = 0.0
    for k in range(z.shape[0]):
        price = spot
        for t in range(z.shape[1]):
            price = price * np.exp(drift + width * z[k, t])
            if price <= barrier[t]:
                total = total + (strike - price) * np.exp(-rate * dt * (t + 1))
                break
    return total / z.shape[0]


def make_stopping(rng: np.random.Generator, paths: int) -> tuple[Any, ...]:
    steps = 50 if paths > 10 else 8
    p, barrier = np.array([100.0, 100.0, 0.05, 0.3]), np.linspace(80.0, 99.0, steps)
    return p, rng.standard_normal((paths, steps)), barrier, 1.0 / steps


def limit_stopping(p, z, barrier, dt):
    """Nothing is saved: the cotangent of the logarithm of the price is the same along a path."""
    spot, strike, rate, vol = p[0], p[1], p[2], p[3]
    root = math.sqrt(dt)
    drift, width = (rate - 0.5 * vol * vol) * dt, vol * root
    paths, steps = z.shape
    value, dlog, dstrike, drate, ddrift, dwidth = 0.0, 0.0, 0.0, 0.0, 0.0, 0.0
    for k in range(paths):
        price, shocks = spot, 0.0
        for t in range(steps):
            price *= math.exp(drift + width * z[k, t])
            shocks += z[k, t]
            if price <= barrier[t]:
                disc = math.exp(-rate * dt * (t + 1))
                pays = (strike - price) * disc
                value += pays
                dstrike += disc
                drate -= pays * dt * (t + 1)
                g = -disc * price
                dlog += g
                ddrift += g * (t + 1)
                dwidth += g * shocks
                break
    dvol = -ddrift * vol * dt + dwidth * root
    gradient = np.array([dlog / spot, dstrike, drate + ddrift * dt, dvol])
    return value / paths, (gradient / paths,)


def jax_stopping() -> Callable[..., Any]:
    """All paths at once, to their ends; the first time at the barrier is looked up."""
    import jax.numpy as jnp

    def function(p, z, barrier, dt):
        spot, strike, rate, vol = p
        logs = jnp.cumsum((rate - 0.5 * vol**2) * dt + vol * jnp.sqrt(dt) * z, axis=1)
        price = spot * jnp.exp(logs)
        met = price <= barrier
        first = jnp.argmax(met, axis=1)
        at = jnp.take_along_axis(price, first[:, None], axis=1)[:, 0]
        pays = (strike - at) * jnp.exp(-rate * dt * (first + 1))
        return jnp.mean(jnp.where(jnp.any(met, axis=1), pays, 0.0))

    return function


def naive_stopping() -> Callable[..., Any]:
    import jax.numpy as jnp
    from jax import lax

    def function(p, z, barrier, dt):
        spot, strike, rate, vol = p
        drift, width = (rate - 0.5 * vol**2) * dt, vol * jnp.sqrt(dt)

        def path(k, total):
            def step(t, carry):
                price, stopped, total = carry
                price = price * jnp.exp(drift + width * z[k, t])
                meets = ~stopped & (price <= barrier[t])
                pays = (strike - price) * jnp.exp(-rate * dt * (t + 1))
                return price, stopped | meets, total + jnp.where(meets, pays, 0.0)

            return lax.fori_loop(0, z.shape[1], step, (spot, False, total))[2]

        return lax.fori_loop(0, z.shape[0], path, 0.0) / z.shape[0]

    return function


SERIES = (
    Series(
        "tree",
        tree,
        make_tree,
        (64, 128),
        5,
        limit_tree,
        order=2,
        jax=jax_tree,
        jax_naive=naive_tree,
        largest={"jax-naive": 64},
    ),
    Series(
        "stopping",
        stopping,
        make_stopping,
        (200, 400),
        6,
        limit_stopping,
        jax=jax_stopping,
        jax_naive=naive_stopping,
        autograd_as_written=True,
        largest={"autograd": 200},
    ),
)
