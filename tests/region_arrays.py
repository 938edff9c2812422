"""Graphs with control flow that carry arrays, most of them written to in place."""

from __future__ import annotations

from typing import Any

import numpy as np
from graph_examples import MATVEC
from region_scene import Example, Flow

from adjit.ir import Value, literal
from adjit.ir.indexing import At, Gather, Slice
from adjit.ir.primitives import elementwise as ew
from adjit.ir.primitives import structural as st
from adjit.ir.values import Operand

Rng = np.random.Generator
Args = tuple[Any, ...]
DOT = {"a_axes": (0,), "b_axes": (0,), "out_axes": ()}
VECMAT = {"a_axes": (0,), "b_axes": (0, 1), "out_axes": (1,)}


def well(rng: Rng, n: int) -> Any:
    """A matrix with a heavy diagonal."""
    return rng.normal(size=(n, n)) * 0.3 + np.eye(n) * 3


def gauss_seidel() -> Example:
    s = Flow("gauss_seidel")
    u0, f = s.array("u0", "n"), s.array("f", "n")
    n = u0.shape[0]
    _, sweeps = s.integer("sweeps")

    def point(t: Any, u: Operand) -> list[Operand]:
        b = s.at("u[i] = 0.5 * (u[i - 1] + u[i + 1] - f[i])")
        around = b.add(b.index(u, (At(t),)), b.index(u, (At(t + 2),)))
        new = b.mul(literal(0.5), b.sub(around, b.index(f, (At(t + 1),))))
        return [b.update(u, new, (At(t + 1),), name="u")]

    def sweep(t: Any, u: Operand) -> list[Operand]:
        return s.loop("for i in range(1, n - 1):", [u], "u", n - 2, point, symbol="i", start=1)

    (u,) = s.loop("for k in range(sweeps):", [u0], "u", sweeps, sweep, symbol="k")
    b = s.at("return np.sum(u * u)")
    out = b.reduce(b.mul(u, u), "sum", (0,))

    def plain(u0: Any, f: Any, sweeps: Any) -> Args:
        u = u0.copy()
        for _ in range(sweeps):
            for i in range(1, len(u) - 1):
                u[i] = 0.5 * (u[i - 1] + u[i + 1] - f[i])
        return (np.sum(u * u),)

    def inputs(rng: Rng, n: int, sweeps: int) -> Args:
        return rng.normal(size=n), rng.normal(size=n), np.int64(sweeps)

    sizes = ((2, 0), (2, 2), (3, 1), (7, 3))
    return Example("gauss_seidel", s.graph(out), inputs, plain, (0, 1), sizes)


def heat() -> Example:
    s = Flow("heat")
    u0, c = s.array("u0", "n", "m"), s.array("c")
    n, m = u0.shape
    _, steps = s.integer("steps")
    rows, columns = Slice(1, n - 2), Slice(1, m - 2)

    def step(t: Any, u: Operand) -> list[Operand]:
        b = s.at("u[1:-1, 1:-1] += c * (u[2:, 1:-1] + u[:-2, 1:-1] + ... - 4 * u[1:-1, 1:-1])")
        inner = b.index(u, (rows, columns))
        around: Operand = b.index(u, (Slice(2, n - 2), columns))
        for spec in ((Slice(0, n - 2), columns), (rows, Slice(2, m - 2)), (rows, Slice(0, m - 2))):
            around = b.add(around, b.index(u, spec))
        new = b.add(inner, b.mul(c, b.sub(around, b.mul(literal(4.0), inner))))
        return [b.update(u, new, (rows, columns), name="u")]

    (u,) = s.loop("for t in range(steps):", [u0], "u", steps, step, symbol="t")
    b = s.at("return np.sum(u ** 2)")
    out = b.reduce(b.mul(u, u), "sum", (0, 1))

    def plain(u0: Any, c: Any, steps: Any) -> Args:
        u = u0.copy()
        for _ in range(steps):
            inner = u[1:-1, 1:-1]
            around = u[2:, 1:-1] + u[:-2, 1:-1] + u[1:-1, 2:] + u[1:-1, :-2]
            u[1:-1, 1:-1] = inner + c * (around - 4 * inner)
        return (np.sum(u**2),)

    def inputs(rng: Rng, n: int, m: int, steps: int) -> Args:
        return rng.normal(size=(n, m)), np.float64(0.1), np.int64(steps)

    sizes = ((2, 2, 0), (2, 3, 1), (5, 4, 3))
    return Example("heat", s.graph(out), inputs, plain, (0, 1), sizes)


def forward_substitution() -> Example:
    """A triangular nested loop that fills an array not initialised."""
    s = Flow("forward_substitution")
    lower, rhs = s.array("L", "n", "n"), s.array("b", "n")
    n = rhs.shape[0]
    y0 = s.at("y = np.empty(n)").emit(st.empty, shape=(n,), dtype=s.dtype, name="y")

    def body(i: Any, y: Operand) -> list[Operand]:
        def inner(j: Any, v: Operand) -> list[Operand]:
            b = s.at("s -= L[i, j] * y[j]")
            product = b.mul(b.index(lower, (At(i), At(j))), b.index(y, (At(j),)))
            return [b.emit(ew.sub, v, product, name="s")]

        v = s.at("s = b[i]").index(rhs, (At(i),))
        (v,) = s.loop("for j in range(i):", [v], "s", i, inner, symbol="j")
        b = s.at("y[i] = s / L[i, i]")
        return [b.update(y, b.div(v, b.index(lower, (At(i), At(i)))), (At(i),), name="y")]

    (y,) = s.loop("for i in range(n):", [y0], "y", n, body, symbol="i")
    b = s.at("return np.sum(y * y), y")
    out = b.reduce(b.mul(y, y), "sum", (0,))

    def plain(lower: Any, rhs: Any) -> Args:
        y = np.empty(len(rhs))
        for i in range(len(rhs)):
            v = rhs[i]
            for j in range(i):
                v -= lower[i, j] * y[j]
            y[i] = v / lower[i, i]
        return np.sum(y * y), y

    def inputs(rng: Rng, n: int) -> Args:
        return well(rng, n), rng.normal(size=n)

    name = "forward_substitution"
    return Example(name, s.graph(out, y), inputs, plain, (0, 1), ((2,), (5,)))


def triangular_slices() -> Example:
    """Slices whose length depends on the index, empty at first."""
    s = Flow("triangular_slices")
    lower, rhs = s.array("L", "n", "n"), s.array("b", "n")
    n = rhs.shape[0]
    y0 = s.at("y = np.zeros(n)").full(0.0, (n,), s.dtype)

    def body(i: Any, y: Operand) -> list[Operand]:
        b = s.at("y[i] = (b[i] - L[i, :i] @ y[:i]) / L[i, i]")
        row = b.index(lower, (At(i), Slice(0, i)))
        known = b.emit(st.contract, row, b.index(y, (Slice(0, i),)), **DOT)
        rest = b.sub(b.index(rhs, (At(i),)), known)
        return [b.update(y, b.div(rest, b.index(lower, (At(i), At(i)))), (At(i),), name="y")]

    (y,) = s.loop("for i in range(n):", [y0], "y", n, body, symbol="i")
    out = s.at("return y @ b").emit(st.contract, y, rhs, **DOT)

    def plain(lower: Any, rhs: Any) -> Args:
        y = np.zeros(len(rhs))
        for i in range(len(rhs)):
            y[i] = (rhs[i] - lower[i, :i] @ y[:i]) / lower[i, i]
        return (y @ rhs,)

    def inputs(rng: Rng, n: int) -> Args:
        return well(rng, n), rng.normal(size=n)

    return Example("triangular_slices", s.graph(out), inputs, plain, (0, 1), ((2,), (5,)))


def lu() -> Example:
    """Three loops that overwrite a matrix in place."""
    s = Flow("lu")
    a0 = s.array("A", "n", "n")
    n = a0.shape[0]

    def pivot(k: Any, a: Operand) -> list[Operand]:
        def row(t: Any, a: Operand) -> list[Operand]:
            i = k + 1 + t

            def entry(u: Any, a: Operand) -> list[Operand]:
                j = k + 1 + u
                b = s.at("A[i, j] -= A[i, k] * A[k, j]")
                product = b.mul(b.index(a, (At(i), At(k))), b.index(a, (At(k), At(j))))
                new = b.sub(b.index(a, (At(i), At(j))), product)
                return [b.update(a, new, (At(i), At(j)), name="A")]

            b = s.at("A[i, k] /= A[k, k]")
            new = b.div(b.index(a, (At(i), At(k))), b.index(a, (At(k), At(k))))
            a = b.update(a, new, (At(i), At(k)), name="A")
            text = "for j in range(k + 1, n):"
            return s.loop(text, [a], "A", n - 1 - k, entry, symbol="j", start=k + 1)

        text = "for i in range(k + 1, n):"
        return s.loop(text, [a], "A", n - 1 - k, row, symbol="i", start=k + 1)

    (a,) = s.loop("for k in range(n):", [a0], "A", n, pivot, symbol="k")
    b = s.at("return np.sum(np.log(np.abs(np.diag(A)))), A")
    here = b.emit(st.iota, size=n)
    diagonal = b.index(a, (Gather(0, True), Gather(1, True)), (here, here))
    out = b.reduce(b.emit(ew.log, b.emit(ew.abs, diagonal)), "sum", (0,))

    def plain(a: Any) -> Args:
        a = a.copy()
        n = len(a)
        for k in range(n):
            for i in range(k + 1, n):
                a[i, k] /= a[k, k]
                for j in range(k + 1, n):
                    a[i, j] -= a[i, k] * a[k, j]
        return np.sum(np.log(np.abs(np.diag(a)))), a

    def inputs(rng: Rng, n: int) -> Args:
        return (well(rng, n),)

    return Example("lu", s.graph(out, a), inputs, plain, (0,), ((2,), (4,)))


def rnn(name: str = "rnn", *, checkpointed: bool = False) -> Example:
    s = Flow(name)
    w, x, h0 = s.array("W", "d", "d"), s.array("x", "T", "d"), s.array("h0", "d")
    n, d = x.shape

    def body(t: Any, h: Operand, loss: Operand) -> list[Operand]:
        def step() -> list[Operand]:
            b = s.at("h = np.tanh(h @ W + x[t])")
            hw = b.emit(st.contract, h, w, **VECMAT)
            inner = b.add(hw, b.index(x, (At(t), Slice(0, d))))
            return [b.emit(ew.tanh, inner, name="h")]

        (new,) = s.checkpoint("h = step(h, x[t])", step) if checkpointed else step()
        b = s.at("loss = loss + np.sum(h ** 2)")
        squares = b.reduce(b.mul(new, new), "sum", (0,))
        return [new, b.emit(ew.add, loss, squares, name="loss")]

    first = [h0, literal(0.0)]
    h, loss = s.loop("for t in range(T):", first, "h loss", n, body, symbol="t")

    def plain(w: Any, x: Any, h: Any) -> Args:
        loss = np.float64(0.0)
        for t in range(len(x)):
            h = np.tanh(h @ w + x[t])
            loss = loss + np.sum(h**2)
        return loss, h

    def inputs(rng: Rng, n: int, d: int) -> Args:
        return rng.normal(size=(d, d)) / d, rng.normal(size=(n, d)), rng.normal(size=d)

    return Example(name, s.graph(loss, h), inputs, plain, (0, 1, 2), ((2, 2), (5, 3)))


def checkpointed() -> Example:
    return rnn("checkpointed", checkpointed=True)


def some_written() -> Example:
    """A branch in a loop: one arm updates the array, the other leaves it."""
    s = Flow("some_written")
    x = s.array("x", "n")

    def body(t: Any, y: Operand) -> list[Operand]:
        b = s.at("if x[i] > 0:")
        xi = b.index(x, (At(t),))

        def then() -> list[Operand]:
            b = s.at("y[i] = np.exp(x[i]) * y[i]")
            new = b.mul(b.emit(ew.exp, xi), b.index(y, (At(t),)))
            return [b.update(y, new, (At(t),), name="y")]

        return s.branch("if x[i] > 0:", b.emit(ew.gt, xi, literal(0.0)), then, lambda: [y])

    (y,) = s.loop("for i in range(n):", [x], "y", x.shape[0], body, symbol="i")
    b = s.at("return np.sum(y * x)")
    out = b.reduce(b.mul(y, x), "sum", (0,))

    def plain(x: Any) -> Args:
        y = x.copy()
        for i in range(len(x)):
            if x[i] > 0:
                y[i] = np.exp(x[i]) * y[i]
        return (np.sum(y * x),)

    def inputs(rng: Rng, n: int) -> Args:
        return (rng.normal(size=n),)

    return Example("some_written", s.graph(out), inputs, plain, (0,), ((2,), (7,)))


def swapped() -> Example:
    """Two carried arrays change places after each step."""
    s = Flow("swapped")
    u0, v0, c = s.array("u0", "n"), s.array("v0", "n"), s.array("c")
    n = u0.shape[0]
    _, steps = s.integer("steps")

    def step(t: Any, u: Operand, v: Operand) -> list[Operand]:
        b = s.at("v[1:] = v[1:] + c * np.sin(u[:-1])")
        late, early = (Slice(1, n - 1),), (Slice(0, n - 1),)
        change = b.mul(c, b.emit(ew.sin, b.index(u, early)))
        new = b.update(v, b.add(b.index(v, late), change), late, name="v")
        return [new, u]

    u, v = s.loop("for t in range(steps):", [u0, v0], "u v", steps, step, symbol="t")
    b = s.at("return np.sum(u * v), u, v")
    out = b.reduce(b.mul(u, v), "sum", (0,))

    def plain(u: Any, v: Any, c: Any, steps: Any) -> Args:
        u, v = u.copy(), v.copy()
        for _ in range(steps):
            v[1:] = v[1:] + c * np.sin(u[:-1])
            u, v = v, u
        return np.sum(u * v), u, v

    def inputs(rng: Rng, n: int, steps: int) -> Args:
        return rng.normal(size=n), rng.normal(size=n), np.float64(0.7), np.int64(steps)

    sizes = ((2, 0), (2, 1), (3, 2), (5, 3))
    return Example("swapped", s.graph(out, u, v), inputs, plain, (0, 1, 2), sizes)


def returned() -> Example:
    """Outputs: a carried array, the input that it began as, another captured input."""
    s = Flow("returned")
    x, c = s.array("x", "n"), s.array("c", "n")
    n = x.shape[0]

    def body(t: Any, u: Operand) -> list[Operand]:
        b = s.at("u[i] += c[i] * x[n - 1 - i] * u[0]")
        change = b.mul(b.index(c, (At(t),)), b.index(x, (At(n - 1 - t),)))
        new = b.mul(change, b.index(u, (At(0),)))
        return [b.update(u, new, (At(t),), op="add", name="u")]

    (u,) = s.loop("for i in range(n):", [x], "u", n, body, symbol="i")
    b = s.at("return np.sum(u * c), u, x, c")
    out = b.reduce(b.mul(u, c), "sum", (0,))

    def plain(x: Any, c: Any) -> Args:
        u = x.copy()
        for i in range(len(x)):
            u[i] += c[i] * x[len(x) - 1 - i] * u[0]
        return np.sum(u * c), u, x, c

    def inputs(rng: Rng, n: int) -> Args:
        return rng.normal(size=n), rng.normal(size=n)

    return Example("returned", s.graph(out, u, x, c), inputs, plain, (0, 1), ((2,), (6,)))


def product() -> Example:
    """A matrix product by elements, two arrays carried that begin as the same filled one."""
    s = Flow("product")
    a, b2 = s.array("A", "n", "k"), s.array("B", "k", "m")
    (n, k), m = a.shape, b2.shape[1]
    c0 = s.at("C = np.zeros((n, m))").full(0.0, (n, m), s.dtype)
    d0 = s.at("D = np.zeros((n, m))").full(0.0, (n, m), s.dtype)
    assert isinstance(c0, Value)
    assert isinstance(d0, Value)
    c0.name, d0.name = "C", "D"

    def rows(i: Any, c: Operand, d: Operand) -> list[Operand]:
        def columns(j: Any, c: Operand, d: Operand) -> list[Operand]:
            def inner(r: Any, c: Operand) -> list[Operand]:
                b = s.at("C[i, j] += A[i, r] * B[r, j]")
                term = b.mul(b.index(a, (At(i), At(r))), b.index(b2, (At(r), At(j))))
                return [b.update(c, term, (At(i), At(j)), op="add", name="C")]

            (c,) = s.loop("for r in range(k):", [c], "C", k, inner, symbol="r")
            b = s.at("D[i, j] = np.tanh(C[i, j])")
            value = b.emit(ew.tanh, b.index(c, (At(i), At(j))))
            return [c, b.update(d, value, (At(i), At(j)), name="D")]

        return s.loop("for j in range(m):", [c, d], "C D", m, columns, symbol="j")

    c, d = s.loop("for i in range(n):", [c0, d0], "C D", n, rows, symbol="i")
    b = s.at("return np.sum(C * D)")
    out = b.reduce(b.mul(c, d), "sum", (0, 1))

    def plain(a: Any, b: Any) -> Args:
        c = np.zeros((a.shape[0], b.shape[1]))
        d = np.zeros((a.shape[0], b.shape[1]))
        for i in range(len(a)):
            for j in range(b.shape[1]):
                for r in range(len(b)):
                    c[i, j] += a[i, r] * b[r, j]
                d[i, j] = np.tanh(c[i, j])
        return (np.sum(c * d),)

    def inputs(rng: Rng, n: int, k: int, m: int) -> Args:
        return rng.normal(size=(n, k)), rng.normal(size=(k, m))

    return Example("product", s.graph(out), inputs, plain, (0, 1), ((2, 2, 2), (4, 3, 2)))


def scan() -> Example:
    """Each entry from the one before, written and read in place."""
    s = Flow("scan")
    x, a = s.array("x", "n"), s.array("a")
    n = x.shape[0]
    y = s.at("y = np.zeros_like(x)").full(0.0, (n,), s.dtype)
    y = s.at("y[0] = x[0]").update(y, s.builder.index(x, (At(0),)), (At(0),), name="y")

    def body(t: Any, y: Operand) -> list[Operand]:
        b = s.at("y[i] = a * y[i - 1] * x[i] + x[i]")
        xi, old = b.index(x, (At(t + 1),)), b.index(y, (At(t),))
        return [b.update(y, b.add(b.mul(b.mul(a, old), xi), xi), (At(t + 1),), name="y")]

    (y,) = s.loop("for i in range(1, n):", [y], "y", n - 1, body, symbol="i", start=1)
    b = s.at("return np.sum(np.sin(y))")
    out = b.reduce(b.emit(ew.sin, y), "sum", (0,))

    def plain(x: Any, a: Any) -> Args:
        y = np.zeros_like(x)
        y[0] = x[0]
        for i in range(1, len(x)):
            y[i] = a * y[i - 1] * x[i] + x[i]
        return (np.sum(np.sin(y)),)

    def inputs(rng: Rng, n: int) -> Args:
        return rng.normal(size=n), rng.normal()

    return Example("scan", s.graph(out), inputs, plain, (0, 1), ((2,), (7,)))


def power_iteration() -> Example:
    """A while that carries an array; the invariant `A + A.T` is computed in the body."""
    s = Flow("power_iteration")
    a, v0 = s.array("A", "n", "n"), s.array("v0", "n")

    def condition(t: Any, v: Operand, change: Operand) -> Operand:
        return s.at("while change > 1e-3:").emit(ew.gt, change, literal(1e-3))

    def body(t: Any, v: Operand, change: Operand) -> list[Operand]:
        b = s.at("w = (A + A.T) @ v")
        both = b.add(a, b.transpose(a, (1, 0)))
        w = b.emit(st.contract, both, v, name="w", **MATVEC)
        b = s.at("w = w / np.sqrt(np.sum(w * w))")
        norm = b.emit(ew.sqrt, b.reduce(b.mul(w, w), "sum", (0,)))
        w = b.emit(ew.div, w, norm, name="w")
        b = s.at("change = np.max(np.abs(w - v))")
        change = b.reduce(b.emit(ew.abs, b.sub(w, v)), "max", (0,))
        return [w, change]

    first = [v0, literal(1.0)]
    text = "while change > 1e-3:"
    v, _, trips = s.loop_while(text, first, "v change", condition, body, symbol="trip")
    b = s.at("return v @ (A @ v), trips")
    out = b.emit(st.contract, v, b.emit(st.contract, a, v, **MATVEC), **DOT)

    def plain(a: Any, v: Any) -> Args:
        change, trips = 1.0, 0
        while change > 1e-3:
            w = (a + a.T) @ v
            w = w / np.sqrt(np.sum(w * w))
            change = np.max(np.abs(w - v))
            v, trips = w, trips + 1
        return v @ (a @ v), np.int64(trips)

    def inputs(rng: Rng, n: int) -> Args:
        return np.diag(np.arange(1.0, n + 1)) + rng.uniform(size=(n, n)), rng.uniform(0.5, 1, n)

    return Example("power_iteration", s.graph(out, trips), inputs, plain, (0, 1), ((2,), (4,)))


def rows_moved() -> Example:
    """Rows of a matrix: read whole, written whole, in a loop in a branch."""
    s = Flow("rows_moved")
    a0, x = s.array("A", "n", "m"), s.array("x", "m")
    n, m = a0.shape
    row = Slice(0, m)
    total = s.at("if np.sum(x) > 0:").reduce(x, "sum", (0,))
    predicate = s.builder.emit(ew.gt, total, literal(0.0))

    def then() -> list[Operand]:
        def body(t: Any, a: Operand) -> list[Operand]:
            b = s.at("A[i] = A[i - 1] * x + A[i]")
            before, here = b.index(a, (At(t), row)), b.index(a, (At(t + 1), row))
            return [b.update(a, b.add(b.mul(before, x), here), (At(t + 1), row), name="A")]

        return s.loop("for i in range(1, n):", [a0], "A", n - 1, body, symbol="i", start=1)

    def otherwise() -> list[Operand]:
        b = s.at("A[0] = x * x")
        return [b.update(a0, b.mul(x, x), (At(0), row), name="A")]

    (a,) = s.branch("if np.sum(x) > 0:", predicate, then, otherwise)
    b = s.at("return np.sum(A * A)")
    out = b.reduce(b.mul(a, a), "sum", (0, 1))

    def plain(a: Any, x: Any) -> Args:
        a = a.copy()
        if np.sum(x) > 0:
            for i in range(1, len(a)):
                a[i] = a[i - 1] * x + a[i]
        else:
            a[0] = x * x
        return (np.sum(a * a),)

    def inputs(rng: Rng, n: int, m: int, positive: int) -> Args:
        x = rng.uniform(0.5, 1.5, size=m)
        return rng.normal(size=(n, m)), x if positive else -x

    sizes = ((2, 2, 0), (2, 2, 1), (4, 3, 1))
    return Example("rows_moved", s.graph(out), inputs, plain, (0, 1), sizes)


ARRAYS = (
    gauss_seidel,
    heat,
    forward_substitution,
    triangular_slices,
    lu,
    rnn,
    checkpointed,
    some_written,
    swapped,
    returned,
    product,
    scan,
    power_iteration,
    rows_moved,
)
