"""What kernels import, as plain functions: `portable` copies those that a saved module needs.

They mean the same as the intrinsics of `intrinsics`, `division`, `memory` and `linalg`, to
rounding, and compile to plain loops. Each has its flags for floating point: numba would give it
those of the caller.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any, TypeAlias

import numpy as np
from numba import njit, types
from numba.extending import intrinsic, overload
from numba.np.numpy_support import as_dtype

Function: TypeAlias = Callable[..., Any]
Decorator: TypeAlias = Callable[[Function], Function]

EXACT: Any = {"error_model": "numpy", "fastmath": False, "forceinline": True}
exact: Decorator = njit(error_model="numpy", fastmath=False, forceinline=True)
reduction: Decorator = njit(
    error_model="numpy", fastmath={"reassoc", "nsz", "contract"}, forceinline=True
)


@exact
def select(condition: Any, then: Any, otherwise: Any) -> Any:
    return then if condition else otherwise


@reduction
def radd(accumulator: Any, x: Any) -> Any:
    """The step of a sum, in any order."""
    return accumulator + x


@reduction
def rmul(accumulator: Any, x: Any) -> Any:
    """The step of a product, in any order."""
    return accumulator * x


@intrinsic
def rmax(typingctx: Any, accumulator: Any, x: Any) -> Any:
    """The step of a maximum over numbers; what it makes of NaN does not matter."""
    return _extremum(typingctx, accumulator, x, ">")


@intrinsic
def rmin(typingctx: Any, accumulator: Any, x: Any) -> Any:
    """The step of a minimum over numbers; what it makes of NaN does not matter."""
    return _extremum(typingctx, accumulator, x, "<")


def _extremum(typingctx: Any, accumulator: Any, x: Any, symbol: str) -> Any:
    """LLVM vectorises comparisons that may assume that there is no NaN."""
    kind, flags = typingctx.unify_types(accumulator, x), ("nnan", "nsz")

    def codegen(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        return builder.select(builder.fcmp_ordered(symbol, *args, flags=flags), *args, flags=flags)

    return kind(kind, kind), codegen


@exact
def rnan(bad: Any, x: Any) -> Any:
    return bad | (x != x)


@exact
def rbeyond(flag: Any, x: Any, limit: Any) -> Any:
    return flag | (abs(x) > limit)


@exact
def finish(extremum: Any, bad: Any) -> Any:
    """The extremum, NaN where there was one."""
    return type(extremum)(np.nan) if bad else extremum


@exact
def maximum(a: Any, b: Any) -> Any:
    return a if (a > b) | (a != a) else b


@exact
def minimum(a: Any, b: Any) -> Any:
    return a if (a < b) | (a != a) else b


@exact
def fmaximum(a: Any, b: Any) -> Any:
    return a if (a > b) | (b != b) else b


@exact
def fminimum(a: Any, b: Any) -> Any:
    return a if (a < b) | (b != b) else b


@exact
def sign(x: Any) -> Any:
    """-1, 0 or 1; NaN of NaN."""
    if x > 0:
        return type(x)(1)
    if x < 0:
        return type(x)(-1)
    return type(x)(0) if x == 0 else x


@exact
def floor(x: Any) -> Any:
    return np.floor(x)


@exact
def ceil(x: Any) -> Any:
    return np.ceil(x)


@exact
def trunc(x: Any) -> Any:
    return np.trunc(x)


@exact
def rint(x: Any) -> Any:
    return np.rint(x)


@exact
def fabs(x: Any) -> Any:
    return np.fabs(x)


@exact
def sqrt(x: Any) -> Any:
    return np.sqrt(x)


@exact
def copysign(magnitude: Any, sign_of: Any) -> Any:
    return np.copysign(magnitude, sign_of)


@exact
def divide(a: Any, b: Any) -> Any:
    return a / b


def floor_divide(a: Any, b: Any) -> Any:
    """NumPy's, for numbers of one type."""


@overload(floor_divide, jit_options=EXACT)
def _floor_divide(a: Any, b: Any) -> Any:
    def floating(a: Any, b: Any) -> Any:
        rest, plain = np.fmod(a, b), a / b
        if b == 0:
            return plain
        quotient = (a - rest) / b
        if rest != 0 and (b < 0) != (rest < 0):
            quotient -= type(a)(1)
        if quotient == 0:
            return math.copysign(type(a)(0), plain)
        whole = np.floor(quotient)
        return whole + type(a)(1) if quotient - whole > type(a)(0.5) else whole

    def integer(a: Any, b: Any) -> Any:
        if b == 0:
            return type(a)(0)
        return type(a)(-a) if b == -1 else type(a)(a // b)

    return floating if isinstance(a, types.Float) else integer


def remainder(a: Any, b: Any) -> Any:
    """NumPy's, for numbers of one type: the sign of the divisor."""


@overload(remainder, jit_options=EXACT)
def _remainder(a: Any, b: Any) -> Any:
    def floating(a: Any, b: Any) -> Any:
        rest = np.fmod(a, b)
        if rest == 0:
            return math.copysign(type(a)(0), b)
        return rest + b if (b < 0) != (rest < 0) else rest

    def integer(a: Any, b: Any) -> Any:
        return type(a)(0) if (b == 0) | (b == -1) else type(a)(a % b)

    return floating if isinstance(a, types.Float) else integer


def fmod(a: Any, b: Any) -> Any:
    """NumPy's, for numbers of one type: the sign of the dividend."""


@overload(fmod, jit_options=EXACT)
def _fmod(a: Any, b: Any) -> Any:
    def floating(a: Any, b: Any) -> Any:
        return np.fmod(a, b)

    def integer(a: Any, b: Any) -> Any:
        if (b == 0) | (b == -1):
            return type(a)(0)
        rest = a % b
        return type(a)(rest - b) if rest != 0 and (a < 0) != (b < 0) else type(a)(rest)

    return floating if isinstance(a, types.Float) else integer


def empty(like: Any, *sizes: Any) -> Any:
    """A new array of the dtype of a scalar."""


@overload(empty, jit_options=EXACT)
def _empty(like: Any, *sizes: Any) -> Any:
    dtype = as_dtype(types.unliteral(like))

    def implementation(like: Any, *sizes: Any) -> Any:
        return np.empty(sizes, dtype)

    return implementation


@exact
def release(*arrays: Any) -> None:
    """Nothing to do: numba counts the references."""


@exact
def grow(array: Any, count: Any) -> Any:
    """The array with a longer first axis."""
    longer = np.empty((max(2 * array.shape[0], count), *array.shape[1:]), array.dtype)
    longer[: array.shape[0]] = array
    return longer


@exact
def clear(array: Any) -> None:
    array[...] = 0


@exact
def reshaped(array: Any, *sizes: Any) -> Any:
    return array.reshape(sizes)


@exact
def at(index: Any) -> Any:
    """An index that is not negative."""
    return np.uint64(index)


@exact
def extent(n: Any) -> Any:
    return n


def flat(array: Any) -> Any:
    """The elements of a contiguous array, as they lie in memory."""


@overload(flat, jit_options=EXACT)
def _flat(array: Any) -> Any:
    def by_rows(array: Any) -> Any:
        return array.reshape(array.size)

    def by_columns(array: Any) -> Any:
        return array.T.reshape(array.size)

    return {"C": by_rows, "F": by_columns}.get(array.layout)


@njit(error_model="numpy", fastmath={"reassoc", "nsz", "contract"})
def gemm(
    ta: Any,
    tb: Any,
    m: Any,
    n: Any,
    k: Any,
    a: Any,
    a0: Any,
    lda: Any,
    b: Any,
    b0: Any,
    ldb: Any,
    beta: Any,
    c: Any,
    c0: Any,
    ldc: Any,
) -> None:
    """C = op(A) @ op(B) + beta * C: m by n, from m by k and k by n, or transposed in memory.

    A starts `a0` elements behind the first of the array `a`, its rows are `lda` elements apart.
    """
    left, right, out = flat(a), flat(b), flat(c)
    step, stride = (lda, 1) if ta else (1, lda)
    packed = np.empty(k, left.dtype)
    for i in range(m):
        row = out[c0 + i * ldc : c0 + i * ldc + n]
        for p in range(k):
            packed[p] = left[a0 + i * stride + p * step]
        if beta == 0:
            row[:] = 0
        else:
            for j in range(n):
                row[j] *= beta
        if tb:
            for j in range(n):
                column = right[b0 + j * ldb : b0 + j * ldb + k]
                total = packed.dtype.type(0)
                for p in range(k):
                    total += packed[p] * column[p]
                row[j] += total
        else:
            for p in range(k):
                factor = packed[p]
                line = right[b0 + p * ldb : b0 + p * ldb + n]
                for j in range(n):
                    row[j] += factor * line[j]
