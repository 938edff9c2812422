"""Linear algebra of square matrices in plain loops: what small matrices are faster with, and what a
saved kernel brings along.

A matrix is n * n numbers, row after row. Functions whose names begin with `small_` take
one-dimensional windows; the others arrays and where in them something starts, as kernels call them.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any, TypeAlias

import numpy as np
from numba import njit

Function: TypeAlias = Callable[..., Any]
Decorator: TypeAlias = Callable[[Function], Function]

loops: Decorator = njit(error_model="numpy", fastmath={"reassoc", "nsz", "contract"})
strictly: Decorator = njit(error_model="numpy", fastmath=False)


@loops
def small_factor(m: Any, n: int, pivots: Any) -> None:
    """Replace the matrix A by its factors: A.T = P @ L @ U with L and U as columns in `m`, the unit
    diagonal of L left out. Row k changed places with row `pivots[k] - 1` (as LAPACK counts)."""
    for k in range(n):
        column = k * n
        best, most = k, abs(m[column + k])
        for i in range(k + 1, n):
            size = abs(m[column + i])
            if size > most:
                best, most = i, size
        pivots[k] = best + 1
        if best != k:
            for j in range(0, n * n, n):
                m[j + k], m[j + best] = m[j + best], m[j + k]
        pivot = m[column + k]
        if pivot != 0:
            for i in range(k + 1, n):
                m[column + i] /= pivot
        for j in range((k + 1) * n, n * n, n):
            factor = m[j + k]
            for i in range(k + 1, n):
                m[j + i] -= factor * m[column + i]


@loops
def small_substitute(turned: bool, m: Any, n: int, x: Any, columns: int) -> None:
    """Solve with the triangles of `small_factor` for `columns` right sides, the rows in order."""
    if turned:  # L, then U
        for k in range(n):
            for i in range(k + 1, n):
                _subtract(x, i, m[k * n + i], k, columns)
        for k in range(n - 1, -1, -1):
            _divide(x, k, m[k * n + k], columns)
            for i in range(k):
                _subtract(x, i, m[k * n + i], k, columns)
    else:  # U.T, then L.T
        for i in range(n):
            for k in range(i):
                _subtract(x, i, m[i * n + k], k, columns)
            _divide(x, i, m[i * n + i], columns)
        for i in range(n - 1, -1, -1):
            for k in range(i + 1, n):
                _subtract(x, i, m[i * n + k], k, columns)


@njit(error_model="numpy", fastmath={"nsz", "contract"}, forceinline=True)
def _subtract(x: Any, i: int, factor: Any, k: int, columns: int) -> None:
    """Row i of x loses row k times a factor."""
    for c in range(columns):
        x[i * columns + c] -= factor * x[k * columns + c]


@njit(error_model="numpy", fastmath=False, forceinline=True)
def _divide(x: Any, k: int, divisor: Any, columns: int) -> None:
    for c in range(columns):
        x[k * columns + c] /= divisor


@strictly
def swap_rows(turned: bool, pivots: Any, n: int, x: Any, columns: int) -> None:
    """The rows as the pivots say: before the triangles where `turned`, else after them, back."""
    for step in range(n):
        k = step if turned else n - 1 - step
        other = pivots[k] - 1
        if other != k:
            for c in range(columns):
                here, there = k * columns + c, other * columns + c
                x[here], x[there] = x[there], x[here]


@strictly
def has_zero(m: Any, n: int) -> bool:
    """True where U has a zero on its diagonal: the matrix is singular."""
    for k in range(n):
        if m[k * n + k] == 0:
            return True
    return False


@strictly
def fill_identity(x: Any, n: int) -> None:
    for k in range(n * n):
        x[k] = 0
    for k in range(n):
        x[k * n + k] = 1


@strictly
def sign_of(m: Any, n: int, pivots: Any) -> Any:
    """The sign of the determinant."""
    negative = False
    for k in range(n):
        if m[k * n + k] == 0:
            return m.dtype.type(0)
        if m[k * n + k] != m[k * n + k]:
            return m[k * n + k]
        negative ^= (m[k * n + k] < 0) ^ (pivots[k] != k + 1)
    return m.dtype.type(-1 if negative else 1)


@strictly
def product_of(m: Any, n: int, pivots: Any) -> Any:
    """The determinant."""
    out = m.dtype.type(1)
    for k in range(n):
        out *= m[k * n + k] if pivots[k] == k + 1 else -m[k * n + k]
    return out


@strictly
def logarithm_of(m: Any, n: int) -> Any:
    """The logarithm of the absolute value of the determinant."""
    out = m.dtype.type(0)
    for k in range(n):
        out += m.dtype.type(math.log(abs(m[k * n + k])))
    return out


@loops
def small_cholesky(m: Any, n: int) -> bool:
    """Replace the lower triangle by the factor; False where the matrix is not positive definite."""
    for j in range(n):
        row = m[j * n : j * n + j]
        square = m[j * n + j]
        for k in range(j):
            square -= row[k] * row[k]
        if not square > 0:
            return False
        root = math.sqrt(square)
        m[j * n + j] = root
        for i in range(j + 1, n):
            total = m[i * n + j]
            for k in range(j):
                total -= m[i * n + k] * row[k]
            m[i * n + j] = total / root
    return True


@strictly
def clear_above(m: Any, n: int) -> None:
    """Zeros above the diagonal."""
    for i in range(n):
        for j in range(i + 1, n):
            m[i * n + j] = 0


# As kernels call them.


@strictly
def window(array: Any, start: int, size: int) -> Any:
    """The elements of a contiguous array from `start` on, as a vector."""
    return array.reshape(array.size)[start : start + size]


@strictly
def lu_factor(m: Any, m0: int, n: int, pivots: Any, p0: int) -> None:
    """The factors in the place of the matrix."""
    small_factor(window(m, m0, n * n), n, window(pivots, p0, n))


@strictly
def lu_solve(
    turned: bool, m: Any, m0: int, pivots: Any, p0: int, x: Any, x0: int, n: int, columns: int
) -> bool:
    """Replace the right sides x by the solutions of A @ x (of A.T @ x where `turned`); False for a
    singular matrix."""
    factors, sides = window(m, m0, n * n), window(x, x0, n * columns)
    if has_zero(factors, n):
        return False
    order = window(pivots, p0, n)
    if turned:
        swap_rows(True, order, n, sides, columns)
    small_substitute(turned, factors, n, sides, columns)
    if not turned:
        swap_rows(False, order, n, sides, columns)
    return True


@strictly
def lu_inverse(
    turned: bool, m: Any, m0: int, pivots: Any, p0: int, x: Any, x0: int, n: int
) -> bool:
    """The inverse (of A.T where `turned`) into x; False for a singular matrix."""
    fill_identity(window(x, x0, n * n), n)
    return lu_solve(turned, m, m0, pivots, p0, x, x0, n, n)


@strictly
def lu_det(m: Any, m0: int, pivots: Any, p0: int, n: int) -> Any:
    return product_of(window(m, m0, n * n), n, window(pivots, p0, n))


@strictly
def lu_sign(m: Any, m0: int, pivots: Any, p0: int, n: int) -> Any:
    return sign_of(window(m, m0, n * n), n, window(pivots, p0, n))


@strictly
def lu_logarithm(m: Any, m0: int, pivots: Any, p0: int, n: int) -> Any:
    return logarithm_of(window(m, m0, n * n), n)


@strictly
def cholesky(m: Any, m0: int, n: int) -> bool:
    """The factor in the place of the matrix, zeros above it; False where there is none."""
    matrix = window(m, m0, n * n)
    clear_above(matrix, n)
    return small_cholesky(matrix, n)


__all__ = [
    "cholesky",
    "lu_det",
    "lu_factor",
    "lu_inverse",
    "lu_logarithm",
    "lu_sign",
    "lu_solve",
]
