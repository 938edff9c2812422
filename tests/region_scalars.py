"""Graphs with control flow whose carried values are scalars mostly."""

from __future__ import annotations

from typing import Any

import numpy as np
from region_scene import INT, Example, Flow

from adjit.ir import literal
from adjit.ir.indexing import At, AtValue
from adjit.ir.primitives import elementwise as ew
from adjit.ir.values import Operand

Rng = np.random.Generator
Args = tuple[Any, ...]


def recurrence() -> Example:
    s = Flow("recurrence")
    x, a = s.array("x", "n"), s.array("a")

    def body(t: Any, v: Operand) -> list[Operand]:
        b = s.at("s = np.tanh(s * x[i]) + s")
        tanh = b.emit(ew.tanh, b.mul(v, b.index(x, (At(t),))))
        return [b.emit(ew.add, tanh, v, name="s")]

    (last,) = s.loop("for i in range(n):", [a], "s", x.shape[0], body, symbol="i")

    def plain(x: Any, a: Any) -> Args:
        v = a
        for i in range(len(x)):
            v = np.tanh(v * x[i]) + v
        return (v,)

    def inputs(rng: Rng, n: int) -> Args:
        return rng.normal(size=n), rng.normal()

    return Example("recurrence", s.graph(last), inputs, plain, (0, 1), ((2,), (7,)))


def horner() -> Example:
    """The index goes down."""
    s = Flow("horner")
    c, x = s.array("c", "n"), s.array("x")
    n = c.shape[0]

    def body(t: Any, p: Operand) -> list[Operand]:
        b = s.at("p = p * x + c[k]")
        return [b.emit(ew.add, b.mul(p, x), b.index(c, (At(n - 1 - t),)), name="p")]

    text = "for k in range(n - 1, -1, -1):"
    (p,) = s.loop(text, [literal(0.0)], "p", n, body, symbol="k", start=n - 1, step=-1)

    def plain(c: Any, x: Any) -> Args:
        p = np.float64(0.0)
        for k in range(len(c) - 1, -1, -1):
            p = p * x + c[k]
        return (p,)

    def inputs(rng: Rng, n: int) -> Args:
        return rng.normal(size=n), rng.normal()

    return Example("horner", s.graph(p), inputs, plain, (0, 1), ((2,), (6,)))


def every_other() -> Example:
    """A step of two; the index itself is used as a number."""
    s = Flow("every_other")
    x = s.array("x", "n")
    n = x.shape[0]

    def body(t: Any, v: Operand) -> list[Operand]:
        b = s.at("s = s + x[i] * x[i] / (1 + i)")
        xi = b.index(x, (At(2 * t + 1),))
        weight = b.convert(b.add(literal(1), b.dim(2 * t + 1)), np.float64)
        return [b.emit(ew.add, v, b.div(b.mul(xi, xi), weight), name="s")]

    text = "for i in range(1, n, 2):"
    first = [literal(0.0)]
    (last,) = s.loop(text, first, "s", n // 2, body, symbol="i", start=1, step=2)

    def plain(x: Any) -> Args:
        v = np.float64(0.0)
        for i in range(1, len(x), 2):
            v = v + x[i] * x[i] / (1 + i)
        return (v,)

    def inputs(rng: Rng, n: int) -> Args:
        return (rng.normal(size=n),)

    return Example("every_other", s.graph(last), inputs, plain, (0,), ((2,), (3,), (8,)))


def single_precision() -> Example:
    s = Flow("single_precision", np.float32)
    x = s.array("x", "n")

    def body(t: Any, v: Operand) -> list[Operand]:
        b = s.at("s = s * 0.5 + np.sin(x[i])")
        half = b.mul(v, literal(0.5, np.float32))
        return [b.emit(ew.add, half, b.emit(ew.sin, b.index(x, (At(t),))), name="s")]

    first = [literal(0.0, np.float32)]
    (last,) = s.loop("for i in range(n):", first, "s", x.shape[0], body, symbol="i")

    def plain(x: Any) -> Args:
        v = np.float32(0.0)
        for i in range(len(x)):
            v = v * np.float32(0.5) + np.sin(x[i])
        return (v,)

    def inputs(rng: Rng, n: int) -> Args:
        return (rng.normal(size=n).astype(np.float32),)

    return Example("single_precision", s.graph(last), inputs, plain, (0,), ((2,), (9,)))


def scalar_branch() -> Example:
    s = Flow("scalar_branch")
    x = s.array("x")
    b = s.at("if x > 0:")
    positive = b.emit(ew.gt, x, literal(0.0))
    (y,) = s.branch(
        "if x > 0:",
        positive,
        lambda: [s.at("y = np.sqrt(x)").emit(ew.sqrt, x, name="y")],
        lambda: [s.at("y = -x").emit(ew.neg, x, name="y")],
    )
    out = s.at("return y * x").mul(y, x)

    def plain(x: Any) -> Args:
        y = np.sqrt(x) if x > 0 else -x
        return (y * x,)

    def inputs(rng: Rng, sign: int) -> Args:
        return (np.float64(rng.uniform(0.5, 2.0) * (1 if sign else -1)),)

    return Example("scalar_branch", s.graph(out), inputs, plain, (0,), ((0,), (1,)))


def running_max() -> Example:
    """A branch in a loop that may leave the carried value as it is; a loop of n - 1 trips."""
    s = Flow("running_max")
    x = s.array("x", "n")
    n = x.shape[0]
    m0 = s.at("m = x[0]").index(x, (At(0),))

    def body(t: Any, m: Operand, total: Operand) -> list[Operand]:
        xi = s.at("if x[i] > m:").index(x, (At(t + 1),))
        greater = s.builder.emit(ew.gt, xi, m)
        (m,) = s.branch("if x[i] > m:", greater, lambda: [xi], lambda: [m])
        b = s.at("s += m * m")
        return [m, b.emit(ew.add, total, b.mul(m, m), name="s")]

    text = "for i in range(1, n):"
    _, total = s.loop(text, [m0, literal(0.0)], "m s", n - 1, body, symbol="i", start=1)

    def plain(x: Any) -> Args:
        m, total = x[0], np.float64(0.0)
        for i in range(1, len(x)):
            if x[i] > m:
                m = x[i]
            total += m * m
        return (total,)

    def inputs(rng: Rng, n: int) -> Args:
        return (rng.permutation(n) + rng.uniform(0.1, 0.9, size=n),)

    return Example("running_max", s.graph(total), inputs, plain, (0,), ((2,), (8,)))


def newton() -> Example:
    """A while with a stop that depends on the numbers; the number of trips is an output."""
    s = Flow("newton")
    a = s.array("a")

    def condition(t: Any, x: Operand) -> Operand:
        b = s.at("while abs(x * x - a) > 1e-10 * a:")
        off = b.emit(ew.abs, b.sub(b.mul(x, x), a))
        return b.emit(ew.gt, off, b.mul(literal(1e-10), a))

    def body(t: Any, x: Operand) -> list[Operand]:
        b = s.at("x = 0.5 * (x + a / x)")
        return [b.emit(ew.mul, literal(0.5), b.add(x, b.div(a, x)), name="x")]

    text = "while abs(x * x - a) > 1e-10 * a:"
    x, trips = s.loop_while(text, [a], "x", condition, body, symbol="trip")

    def plain(a: Any) -> Args:
        x, trips = a, 0
        while abs(x * x - a) > 1e-10 * a:
            x = 0.5 * (x + a / x)
            trips += 1
        return x, np.int64(trips)

    def inputs(rng: Rng, large: int) -> Args:
        return (np.float64(rng.uniform(3.0, 9.0) if large else 1.0),)

    return Example("newton", s.graph(x, trips), inputs, plain, (0,), ((0,), (1,)))


def search() -> Example:
    """`for` with `break`: a while that carries whether it is done."""
    s = Flow("search")
    x, limit = s.array("x", "n"), s.array("limit")
    n = x.shape[0]

    def condition(t: Any, total: Operand, done: Operand) -> Operand:
        b = s.at("for i in range(n):")
        left = b.emit(ew.lt, b.dim(t), b.dim(n))
        return b.emit(ew.logical_and, left, b.emit(ew.logical_not, done))

    def body(t: Any, total: Operand, done: Operand) -> list[Operand]:
        b = s.at("s = s + x[i] ** 2")
        xi = b.index(x, (At(t),))
        total = b.emit(ew.add, total, b.mul(xi, xi), name="s")
        return [total, s.at("if s > limit: break").emit(ew.gt, total, limit)]

    first = [literal(0.0), literal(False)]
    total, _, trips = s.loop_while(
        "for i in range(n):", first, "s done", condition, body, symbol="i"
    )
    out = s.at("return np.sin(s) * limit").mul(s.builder.emit(ew.sin, total), limit)

    def plain(x: Any, limit: Any) -> Args:
        total, trips = np.float64(0.0), 0
        for i in range(len(x)):
            total = total + x[i] ** 2
            trips += 1
            if total > limit:
                break
        return np.sin(total) * limit, np.int64(trips)

    def inputs(rng: Rng, n: int) -> Args:
        return rng.uniform(0.5, 1.5, size=n), np.float64(4.3)

    return Example("search", s.graph(out, trips), inputs, plain, (0, 1), ((2,), (3,), (12,)))


def halving() -> Example:
    """A while in a loop, with another number of trips each time, sometimes none."""
    s = Flow("halving")
    x = s.array("x", "n")

    def condition(t: Any, y: Operand) -> Operand:
        return s.at("while y > 1:").emit(ew.gt, y, literal(1.0))

    def half(t: Any, y: Operand) -> list[Operand]:
        b = s.at("y = y * (0.5 + 0.2 * np.sin(y))")
        factor = b.add(literal(0.5), b.mul(literal(0.2), b.emit(ew.sin, y)))
        return [b.emit(ew.mul, y, factor, name="y")]

    def body(t: Any, total: Operand) -> list[Operand]:
        y = s.at("y = x[i]").index(x, (At(t),))
        y, _ = s.loop_while("while y > 1:", [y], "y", condition, half, symbol="trip")
        b = s.at("s += y * y")
        return [b.emit(ew.add, total, b.mul(y, y), name="s")]

    (total,) = s.loop("for i in range(n):", [literal(0.0)], "s", x.shape[0], body, symbol="i")

    def plain(x: Any) -> Args:
        total = np.float64(0.0)
        for i in range(len(x)):
            y = x[i]
            while y > 1:
                y = y * (0.5 + 0.2 * np.sin(y))
            total += y * y
        return (total,)

    def inputs(rng: Rng, n: int) -> Args:
        return (rng.uniform(0.2, 11.0, size=n),)

    return Example("halving", s.graph(total), inputs, plain, (0,), ((2,), (9,)))


def counted() -> Example:
    """A number of trips that is computed from the data."""
    s = Flow("counted")
    x = s.array("x", "n")
    b = s.at("k = np.count_nonzero(x > 0)")
    positive = b.convert(b.emit(ew.gt, x, literal(0.0)), INT)
    k = s.bind(b.reduce(positive, "sum", (0,)), "k")

    def body(t: Any, v: Operand) -> list[Operand]:
        b = s.at("s = s * x[i] + i")
        product = b.mul(v, b.index(x, (At(t),)))
        return [b.emit(ew.add, product, b.convert(b.dim(t), np.float64), name="s")]

    (last,) = s.loop("for i in range(k):", [literal(1.0)], "s", k, body, symbol="i")

    def plain(x: Any) -> Args:
        v = np.float64(1.0)
        for i in range(np.count_nonzero(x > 0)):
            v = v * x[i] + i
        return (v,)

    def inputs(rng: Rng, n: int) -> Args:
        return (rng.normal(size=n),)

    return Example("counted", s.graph(last), inputs, plain, (0,), ((2,), (8,)))


def ragged() -> Example:
    """The count of the inner loop is read from an array: a size bound in a body."""
    s = Flow("ragged")
    x, counts = s.array("x", "n"), s.array("counts", "m", dtype=INT)

    def inner(t: Any, total: Operand) -> list[Operand]:
        b = s.at("s = np.cos(s) + x[j]")
        return [b.emit(ew.add, b.emit(ew.cos, total), b.index(x, (At(t),)), name="s")]

    def body(t: Any, total: Operand) -> list[Operand]:
        k = s.bind(s.at("for j in range(counts[i]):").index(counts, (At(t),)), "counts[i]")
        return s.loop("for j in range(counts[i]):", [total], "s", k, inner, symbol="j")

    text = "for i in range(m):"
    (total,) = s.loop(text, [literal(0.0)], "s", counts.shape[0], body, symbol="i")

    def plain(x: Any, counts: Any) -> Args:
        total = np.float64(0.0)
        for i in range(len(counts)):
            for j in range(counts[i]):
                total = np.cos(total) + x[j]
        return (total,)

    def inputs(rng: Rng, n: int, m: int) -> Args:
        return rng.normal(size=n), rng.integers(0, n + 1, size=m)

    return Example("ragged", s.graph(total), inputs, plain, (0,), ((2, 2), (5, 4)))


def no_trips() -> Example:
    """Counts that are negative or zero for small arrays: the first values come out."""
    s = Flow("no_trips")
    x = s.array("x", "n")
    n = x.shape[0]

    def body(t: Any, v: Operand) -> list[Operand]:
        b = s.at("s = s * x[i]")
        return [b.emit(ew.mul, v, b.index(x, (At(t + 5),)), name="s")]

    first = s.at("s = x[0]").index(x, (At(0),))
    text = "for i in range(5, n):"
    (v,) = s.loop(text, [first], "s", n - 5, body, symbol="i", start=5)
    (w,) = s.loop("for k in range(0):", [v], "w", 0, lambda t, w: [literal(7.0)], symbol="k")
    out = s.at("return s + w").add(v, w)

    def plain(x: Any) -> Args:
        v = x[0]
        for i in range(5, len(x)):
            v = v * x[i]
        return (v + v,)

    def inputs(rng: Rng, n: int) -> Args:
        return (rng.normal(size=n),)

    return Example("no_trips", s.graph(out), inputs, plain, (0,), ((2,), (5,), (8,)))


def scattered() -> Example:
    """Indices that are read from an array: they may be out of range, or negative."""
    s = Flow("scattered")
    w, place = s.array("w", "n"), s.array("place", "n", dtype=INT)
    _, m = s.integer("m", 2)
    first = s.at("h = np.zeros(m)").full(0.0, (m,), s.dtype)

    def body(t: Any, h: Operand) -> list[Operand]:
        b = s.at("h[place[i]] += w[i] ** 2 + h[place[i]] * w[i]")
        k, wi = b.index(place, (At(t),)), b.index(w, (At(t),))
        old = b.index(h, (AtValue(0),), (k,))
        new = b.add(old, b.add(b.mul(wi, wi), b.mul(old, wi)))
        return [b.update(h, new, (AtValue(0),), (k,), name="h")]

    (h,) = s.loop("for i in range(n):", [first], "h", w.shape[0], body, symbol="i")
    b = s.at("return np.sum(h * h)")
    out = b.reduce(b.mul(h, h), "sum", (0,))

    def plain(w: Any, place: Any, m: Any) -> Args:
        h = np.zeros(m)
        for i in range(len(w)):
            h[place[i]] += w[i] ** 2 + h[place[i]] * w[i]
        return (np.sum(h * h),)

    def inputs(rng: Rng, n: int, m: int) -> Args:
        return rng.normal(size=n), rng.integers(-m, m, size=n), np.int64(m)

    return Example("scattered", s.graph(out), inputs, plain, (0,), ((2, 2), (9, 4)))


def power_mean() -> Example:
    """A scalar loop with two carried scalars, one of which is not used in the end; invariant
    work in the body."""
    s = Flow("power_mean")
    x, p = s.array("x", "n"), s.array("p")

    def body(t: Any, total: Operand, unused: Operand) -> list[Operand]:
        b = s.at("s += x[i] ** np.exp(p)")
        power = b.emit(ew.pow, b.index(x, (At(t),)), b.emit(ew.exp, p))
        total = b.emit(ew.add, total, power, name="s")
        return [total, s.at("d = d + s").emit(ew.add, unused, total, name="d")]

    first = [literal(0.0), literal(0.0)]
    total, _ = s.loop("for i in range(n):", first, "s d", x.shape[0], body, symbol="i")
    b = s.at("return np.log(s) / np.exp(p)")
    out = b.div(b.emit(ew.log, total), b.emit(ew.exp, p))

    def plain(x: Any, p: Any) -> Args:
        total = np.float64(0.0)
        for i in range(len(x)):
            total += x[i] ** np.exp(p)
        return (np.log(total) / np.exp(p),)

    def inputs(rng: Rng, n: int) -> Args:
        return rng.uniform(0.5, 2.0, size=n), np.float64(0.3)

    return Example("power_mean", s.graph(out), inputs, plain, (0, 1), ((2,), (6,)))


SCALARS = (
    recurrence,
    horner,
    every_other,
    single_precision,
    scalar_branch,
    running_max,
    newton,
    search,
    halving,
    counted,
    ragged,
    no_trips,
    scattered,
    power_mean,
)
