"""Linear algebra of square matrices in plain loops: what a saved kernel brings along for `lapack`.

A matrix is n * n numbers, row after row, and starts `m0` elements behind the first of its array;
so for the others. Arrays are contiguous.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any, TypeAlias

from numba import njit

Function: TypeAlias = Callable[..., Any]
Decorator: TypeAlias = Callable[[Function], Function]

loops: Decorator = njit(error_model="numpy", fastmath={"nsz", "contract"})


@loops
def lu_factor(m: Any, m0: int, n: int, pivots: Any, p0: int) -> None:
    """Replace the matrix A by its factors: A.T = P @ L @ U with L and U as columns in `m`, the unit
    diagonal of L left out. Row k changed places with row `pivots[k] - 1` (as LAPACK counts)."""
    a, order = m.reshape(m.size), pivots.reshape(pivots.size)
    for k in range(n):
        column = m0 + k * n
        best = k
        for i in range(k + 1, n):
            if abs(a[column + i]) > abs(a[column + best]):
                best = i
        order[p0 + k] = best + 1
        if best != k:
            for j in range(m0, m0 + n * n, n):
                a[j + k], a[j + best] = a[j + best], a[j + k]
        if a[column + k] != 0:
            for i in range(k + 1, n):
                a[column + i] /= a[column + k]
        for j in range(column + n, m0 + n * n, n):
            for i in range(k + 1, n):
                a[j + i] -= a[j + k] * a[column + i]


@loops
def lu_solve(
    turned: bool, m: Any, m0: int, pivots: Any, p0: int, x: Any, x0: int, n: int, columns: int
) -> bool:
    """Replace the right sides x, n rows, by the solutions of A @ x (of A.T @ x where `turned`);
    False for a singular matrix."""
    factors, order = m.reshape(m.size), pivots.reshape(pivots.size)
    good: bool = _substitute(turned, factors, m0, order, p0, x.reshape(x.size), x0, n, columns)
    return good


@loops
def _substitute(
    turned: bool, a: Any, m0: int, order: Any, p0: int, b: Any, x0: int, n: int, columns: int
) -> bool:
    """The same of vectors: compiled once for right sides of any number of axes."""
    for k in range(n):
        if a[m0 + k * n + k] == 0:
            return False
    step, stride = (n, 1) if turned else (1, n)
    for c in range(x0, x0 + columns):
        if turned:
            for k in range(n):
                other = order[p0 + k] - 1
                b[c + k * columns], b[c + other * columns] = (
                    b[c + other * columns],
                    b[c + k * columns],
                )
        for i in range(n):  # L; or U turned, which has its own diagonal
            total = b[c + i * columns]
            for k in range(i):
                total -= a[m0 + k * step + i * stride] * b[c + k * columns]
            b[c + i * columns] = total if turned else total / a[m0 + i * n + i]
        for i in range(n - 1, -1, -1):  # U; or L turned
            total = b[c + i * columns]
            for k in range(i + 1, n):
                total -= a[m0 + k * step + i * stride] * b[c + k * columns]
            b[c + i * columns] = total / a[m0 + i * n + i] if turned else total
        if not turned:
            for k in range(n - 1, -1, -1):
                other = order[p0 + k] - 1
                b[c + k * columns], b[c + other * columns] = (
                    b[c + other * columns],
                    b[c + k * columns],
                )
    return True


@loops
def lu_inverse(
    turned: bool, m: Any, m0: int, pivots: Any, p0: int, x: Any, x0: int, n: int
) -> bool:
    """The inverse (of A.T where `turned`) into x; False for a singular matrix."""
    b = x.reshape(x.size)
    for k in range(n * n):
        b[x0 + k] = 1 if k % (n + 1) == 0 else 0
    good: bool = lu_solve(turned, m, m0, pivots, p0, x, x0, n, n)
    return good


@loops
def lu_det(m: Any, m0: int, pivots: Any, p0: int, n: int) -> Any:
    """The determinant."""
    a, order, out = m.reshape(m.size), pivots.reshape(pivots.size), m.dtype.type(1)
    for k in range(n):
        out *= a[m0 + k * n + k] if order[p0 + k] == k + 1 else -a[m0 + k * n + k]
    return out


@loops
def lu_sign(m: Any, m0: int, pivots: Any, p0: int, n: int) -> Any:
    """The sign of the determinant; 0 of a singular matrix."""
    a, order, out = m.reshape(m.size), pivots.reshape(pivots.size), m.dtype.type(1)
    for k in range(n):
        entry = a[m0 + k * n + k]
        if entry == 0 or entry != entry:
            return abs(entry)
        if (entry < 0) != (order[p0 + k] != k + 1):
            out = -out
    return out


@loops
def lu_logarithm(m: Any, m0: int, pivots: Any, p0: int, n: int) -> Any:
    """The logarithm of the absolute value of the determinant."""
    a, out = m.reshape(m.size), m.dtype.type(0)
    for k in range(n):
        out += m.dtype.type(math.log(abs(a[m0 + k * n + k])))
    return out


@loops
def cholesky(m: Any, m0: int, n: int) -> bool:
    """The factor in the place of the lower triangle, zeros above it; False where there is none."""
    a = m.reshape(m.size)
    for j in range(n):
        for i in range(j):
            a[m0 + i * n + j] = 0
    for j in range(n):
        row = m0 + j * n
        for i in range(j, n):
            total = a[m0 + i * n + j]
            for k in range(j):
                total -= a[m0 + i * n + k] * a[row + k]
            if i > j:
                a[m0 + i * n + j] = total / a[row + j]
            elif total <= 0:
                return False
            else:
                a[row + j] = math.sqrt(total)
    return True


__all__ = [
    "cholesky",
    "lu_det",
    "lu_factor",
    "lu_inverse",
    "lu_logarithm",
    "lu_sign",
    "lu_solve",
]
