"""Linear algebra of small matrices, instruction by instruction: as `matrices` has it in Python.

Each function writes its instructions where it is called. A matrix is n * n numbers, row after row.
"""

from __future__ import annotations

from llvmlite import ir

from adjit.codegen.instructions import BIT, SIZE, Code, Number, Vector

INT = ir.IntType(32)


def factor(c: Code, m: Vector, n: Number, pivots: Vector) -> None:
    with c.loop(n) as k:
        column = k * n
        best = c.variable(k)
        most = c.variable(c.intrinsic("fabs", m[column + k]))
        with c.loop(n, k + 1) as i:
            size = c.intrinsic("fabs", m[column + i])
            with c.when(size > most.get()):
                best.set(i)
                most.set(size)
        other = best.get()
        pivots[k] = (other + 1).to(INT)
        with c.when(other.unequal(k)), c.loop(n) as j:
            m.swap(j * n + k, j * n + other)
        pivot = m[column + k]
        with c.when(pivot.unequal(0)), c.loop(n, k + 1) as i:
            m[column + i] = m[column + i] / pivot
        with c.loop(n, k + 1) as j:
            times = m[j * n + k]
            with c.loop(n, k + 1) as i:
                m[j * n + i] = m[j * n + i] - times * m[column + i]


def substitute(c: Code, turned: Number, m: Vector, n: Number, x: Vector, columns: Number) -> None:
    def subtract(i: Number, k: Number, times: Number) -> None:
        with c.loop(columns) as j:
            x[i * columns + j] = x[i * columns + j] - times * x[k * columns + j]

    def divide(k: Number) -> None:
        divisor = m[k * n + k]
        with c.loop(columns) as j:
            x[k * columns + j] = x[k * columns + j] / divisor

    with c.either(turned) as (lower_first, upper_first):
        with lower_first:
            with c.loop(n) as k, c.loop(n, k + 1) as i:
                subtract(i, k, m[k * n + i])
            with c.back(n) as k:
                divide(k)
                with c.loop(k) as i:
                    subtract(i, k, m[k * n + i])
        with upper_first:
            with c.loop(n) as i:
                with c.loop(i) as k:
                    subtract(i, k, m[i * n + k])
                divide(i)
            with c.back(n) as i, c.loop(n, i + 1) as k:
                subtract(i, k, m[i * n + k])


def swap_rows(
    c: Code, forward: bool, pivots: Vector, n: Number, x: Vector, columns: Number
) -> None:
    with c.loop(n) if forward else c.back(n) as k:
        other = pivots[k].to(SIZE) - 1
        with c.when(other.unequal(k)), c.loop(columns) as j:
            x.swap(k * columns + j, other * columns + j)


def has_zero(c: Code, m: Vector, n: Number) -> Number:
    found = c.variable(c.number(BIT, 0))
    with c.loop(n) as k, c.when(m[k * n + k].equal(0)):
        found.set(c.number(BIT, 1))
    return found.get()


def fill_identity(c: Code, x: Vector, n: Number) -> None:
    one, zero = c.number(x.kind, 1.0), c.number(x.kind, 0.0)
    with c.loop(n) as i, c.loop(n) as j:
        x[i * n + j] = i.equal(j).where(one, zero)


def clear_above(c: Code, x: Vector, n: Number) -> None:
    with c.loop(n) as i, c.loop(n, i + 1) as j:
        x[i * n + j] = c.number(x.kind, 0.0)


def product_of(c: Code, m: Vector, pivots: Vector, n: Number) -> Number:
    total = c.variable(c.number(m.kind, 1.0))
    with c.loop(n) as k:
        entry = m[k * n + k]
        total.set(total.get() * _stays(pivots, k).where(entry, -entry))
    return total.get()


def sign_of(c: Code, m: Vector, pivots: Vector, n: Number) -> Number:
    one, sign = c.number(m.kind, 1.0), c.variable(c.number(m.kind, 1.0))
    with c.loop(n) as k:
        entry = m[k * n + k]
        own = (entry < 0).where(-one, (entry > 0).where(one, entry))  # 0 and NaN stay
        sign.set(sign.get() * _stays(pivots, k).where(own, -own))
    return sign.get() + 0.0  # no -0.0


def logarithm_of(c: Code, m: Vector, pivots: Vector, n: Number) -> Number:
    total = c.variable(c.number(m.kind, 0.0))
    with c.loop(n) as k:
        size = c.intrinsic("fabs", m[k * n + k])
        total.set(total.get() + c.intrinsic("log", size))
    return total.get()


def _stays(pivots: Vector, k: Number) -> Number:
    return pivots[k].to(SIZE).equal(k + 1)


def cholesky(c: Code, m: Vector, n: Number) -> Number:
    good = c.variable(c.number(BIT, 1))
    with c.loop(n) as j:
        square = c.variable(m[j * n + j])
        with c.loop(j) as k:
            entry = m[j * n + k]
            square.set(square.get() - entry * entry)
        with c.when(square.get() <= 0):  # NaN stays NaN, as with LAPACK
            good.set(c.number(BIT, 0))
        root = c.intrinsic("sqrt", square.get())
        m[j * n + j] = root
        with c.loop(n, j + 1) as i:
            total = c.variable(m[i * n + j])
            with c.loop(j) as k:
                total.set(total.get() - m[i * n + k] * m[j * n + k])
            m[i * n + j] = total.get() / root
    return good.get()
