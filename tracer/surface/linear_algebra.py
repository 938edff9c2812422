"""Linear algebra of square matrices: `np.linalg.solve`, `inv`, `det`, `slogdet`, `cholesky`."""

from __future__ import annotations

from typing import Any

import numpy as np

from adjit.ir.dims import Size
from adjit.ir.errors import DTypeError, MatrixError, ShapeError
from adjit.ir.primitives import linear_algebra as la
from adjit.ir.values import Operand
from adjit.tracer.arrays import TracedArray
from adjit.tracer.surface import kit
from adjit.tracer.surface.table import lowers
from adjit.tracer.trace import Trace

_SlogdetResult: Any = type(np.linalg.slogdet(np.eye(1)))
#: Determinants of matrices up to this size are compiled for the size: their derivatives have
#: formulas that hold for singular matrices too.
_SMALL = 3


def _dtype(t: Trace, *operands: Operand) -> np.dtype[Any]:
    """float32 where all operands are, else float64."""
    for x in operands:
        if x.type.dtype.name == "float16":
            raise t.error(
                DTypeError, "array type float16 is unsupported in linalg", "use float32 or float64"
            )
    single = all(x.type.dtype == np.float32 for x in operands)
    return np.dtype(np.float32 if single else np.float64)


def _matrices(t: Trace, name: str, a: Operand) -> None:
    """Check that the last two axes are there, and of one size."""
    if len(a.shape) < 2:
        raise t.error(
            MatrixError,
            f"{name}: {len(a.shape)}-dimensional array given. Array must be at least "
            "two-dimensional",
            "give a square matrix, or a stack of them",
        )
    try:
        t.sizes.equate(a.shape[-1], a.shape[-2], name)
    except ShapeError:
        raise t.error(
            MatrixError,
            f"{name}: last 2 dimensions of the array must be square, got {kit.show(t, a)}",
            "give a square matrix, or a stack of them",
        ) from None


def _square(t: Trace, name: str, a: Any) -> Operand:
    x = t.lift(a)
    _matrices(t, name, x)
    return kit.operand(t, x, _dtype(t, x))


@lowers(np.linalg.solve)
def solve(t: Trace, a: Any, b: Any) -> TracedArray:
    x, y = t.lift(a), t.lift(b)
    _matrices(t, "solve", x)
    if not y.shape:
        raise t.error(ShapeError, "solve: the right side is a scalar", "give a vector or a matrix")
    vector = len(y.shape) == 1
    try:
        t.sizes.equate(x.shape[-1], y.shape[0 if vector else -2], "solve")
    except ShapeError as error:
        raise t.error(
            ShapeError,
            f"solve: a matrix of shape {kit.show(t, x)} and right sides of shape {kit.show(t, y)}",
            error.remedy or "give as many right rows as the matrix has",
        ) from None
    dtype = _dtype(t, x, y)
    x, y = kit.operand(t, x, dtype), kit.operand(t, y, dtype)
    if vector and len(x.shape) == 2:
        return t.wrap(t.builder.emit(la.solve, x, y))
    if vector:
        y = t.builder.reshape(y, (*y.shape, 1))
    batch = t.sizes.broadcast([x.shape[:-2], y.shape[:-2]])
    x, y = (t.builder.broadcast(v, (*batch, *v.shape[-2:])) for v in (x, y))
    made: Operand = t.builder.emit(la.solve, x, y)
    return t.wrap(t.builder.reshape(made, made.shape[:-1]) if vector else made)


@lowers(np.linalg.inv)
def inv(t: Trace, a: Any) -> TracedArray:
    return t.wrap(t.builder.emit(la.inv, _square(t, "inv", a)))


@lowers(np.linalg.det)
def det(t: Trace, a: Any) -> TracedArray:
    x = _square(t, "det", a)
    if _is_small(t, x.shape[-1]):
        t.sizes.concrete(x.shape[-1])
    return t.wrap(t.builder.emit(la.det, x))


def _is_small(t: Trace, n: Size) -> bool:
    n = t.sizes.resolve(n)
    known = t.sizes.is_known(n) and not t.sizes.ranges.mentions(n)
    return known and kit.hint(n) <= _SMALL


@lowers(np.linalg.slogdet)
def slogdet(t: Trace, a: Any) -> Any:
    x = _square(t, "slogdet", a)
    return _SlogdetResult(*(t.wrap(t.builder.emit(p, x)) for p in (la.detsign, la.logabsdet)))


@lowers(np.linalg.cholesky)
def cholesky(t: Trace, a: Any, upper: Any = False) -> TracedArray:
    x = _square(t, "cholesky", a)
    if not upper:
        return t.wrap(t.builder.emit(la.cholesky, x))
    n = len(x.shape)
    turn = (*range(n - 2), n - 1, n - 2)
    made = t.builder.emit(la.cholesky, t.builder.transpose(x, turn))
    return t.wrap(t.builder.transpose(made, turn))
