"""Diagonals and triangles."""

from __future__ import annotations

from typing import Any

import numpy as np

from adjit.ir import bounds
from adjit.ir.dims import Size
from adjit.ir.errors import ShapeError
from adjit.ir.indexing import Gather, Spec, full
from adjit.ir.primitives import elementwise as ew
from adjit.ir.values import Operand, literal
from adjit.tracer.arrays import TracedArray
from adjit.tracer.surface import kit, shapes
from adjit.tracer.surface import reductions as red
from adjit.tracer.surface.ranges import steps
from adjit.tracer.surface.table import lowers
from adjit.tracer.trace import Trace


def _diagonal_places(t: Trace, rows: Size, columns: Size, offset: Size) -> tuple[Operand, Operand]:
    """Row and column numbers of a diagonal of a matrix of this size."""
    below = t.sizes.decide(offset, "<", 0)
    high, wide = (rows + offset, columns) if below else (rows, columns - offset)
    if t.sizes.decide(high, "<=", 0) or t.sizes.decide(wide, "<=", 0):
        size: Size = 0
    else:
        size = bounds.minimum(high, wide)
    line = steps(t, size)
    if isinstance(offset, int) and offset == 0:
        return line, line
    if below:
        return t.builder.add(line, t.builder.dim(offset * -1)), line
    return line, t.builder.add(line, t.builder.dim(offset))


@lowers(np.diagonal, method="diagonal")
def diagonal(t: Trace, a: Any, offset: Any = 0, axis1: Any = 0, axis2: Any = 1) -> TracedArray:
    x = kit.array(t, a)
    if x.ndim < 2:
        raise ValueError("diag requires an array of at least two dimensions")
    i, j = kit.axes_of(t, (axis1, axis2), x.ndim, "axis1 and axis2")
    rest = [k for k in range(x.ndim) if k not in (i, j)]
    x = x.transpose_view((*rest, i, j)) if [*rest, i, j] != list(range(x.ndim)) else x
    row, column = _diagonal_places(t, x.dims[-2], x.dims[-1], kit.as_size(t, offset, "offset"))
    spec: Spec = (*map(full, x.dims[:-2]), Gather(0, True), Gather(1, True))
    return x.index_view(spec, (row, column))


@lowers(np.linalg.diagonal)
def linalg_diagonal(t: Trace, x: Any, offset: Any = 0) -> TracedArray:
    return diagonal(t, x, offset, -2, -1)


@lowers(np.trace, method="trace")
def trace(
    t: Trace, a: Any, offset: Any = 0, axis1: Any = 0, axis2: Any = 1, dtype: Any = None
) -> TracedArray:
    return red.sum_(t, diagonal(t, a, offset, axis1, axis2), -1, dtype)


@lowers(np.linalg.trace)
def linalg_trace(t: Trace, x: Any, offset: Any = 0, dtype: Any = None) -> TracedArray:
    return trace(t, x, offset, -2, -1, dtype)


@lowers(np.diag)
def diag(t: Trace, v: Any, k: Any = 0) -> TracedArray:
    x = kit.array(t, v)
    if x.ndim == 2:
        return diagonal(t, x, k)
    if x.ndim != 1:
        raise t.error(ShapeError, "Input must be 1- or 2-d.", "give a vector or a matrix")
    offset = kit.as_size(t, k, "k")
    n = x.dims[0] + (offset if t.sizes.decide(offset, ">=", 0) else offset * -1)
    places = _diagonal_places(t, n, n, offset)
    zero = t.builder.full(0, (n, n), x.dtype)
    return t.wrap(t.builder.update(zero, t.lift(x), (Gather(0, True), Gather(1, True)), places))


@lowers(np.diagflat)
def diagflat(t: Trace, v: Any, k: Any = 0) -> TracedArray:
    return diag(t, shapes.ravel(t, v), k)


@lowers(np.fill_diagonal)
def fill_diagonal(t: Trace, a: Any, val: Any) -> None:
    if a.ndim != 2:
        raise t.error(ShapeError, "np.fill_diagonal of an array that is no matrix", "give a matrix")
    row, column = _diagonal_places(t, a.dims[0], a.dims[1], 0)
    value = kit.operand(t, val, a.dtype)
    kit.broadcasts_into(t, value.shape, row.shape, "np.fill_diagonal: val")
    a.update((Gather(0, True), Gather(1, True)), (row, column), value)


def _triangle(t: Trace, rows: Size, columns: Size, k: Any) -> Operand:
    """True on and below the k-th diagonal."""
    row = t.builder.reshape(steps(t, rows), (rows, 1))
    offset = kit.as_size(t, k, "k")
    if not (isinstance(offset, int) and offset == 0):
        row = t.builder.add(row, t.builder.dim(offset))
    return t.builder.emit(ew.ge, row, steps(t, columns))


@lowers(np.tri)
def tri(t: Trace, N: Any, M: Any = None, k: Any = 0, dtype: Any = float) -> TracedArray:
    rows, columns = kit.new_shape(t, (N, N if M is None else M))
    return t.wrap(kit.operand(t, _triangle(t, rows, columns, k), dtype))


def _keep_triangle(t: Trace, m: Any, k: Any, *, lower: bool) -> TracedArray:
    x = kit.array(t, m)
    if x.ndim == 1:
        x = x.broadcast_view((x.dims[0], x.dims[0]))
    value = t.lift(x)
    zero = literal(0, x.dtype)
    if lower:
        mask = _triangle(t, value.shape[-2], value.shape[-1], k)
        return t.wrap(t.builder.emit(ew.select, mask, value, zero))
    mask = _triangle(t, value.shape[-2], value.shape[-1], k - 1)
    return t.wrap(t.builder.emit(ew.select, mask, zero, value))


@lowers(np.tril)
def tril(t: Trace, m: Any, k: Any = 0) -> TracedArray:
    return _keep_triangle(t, m, k, lower=True)


@lowers(np.triu)
def triu(t: Trace, m: Any, k: Any = 0) -> TracedArray:
    return _keep_triangle(t, m, k, lower=False)


@lowers(np.eye)
def eye(t: Trace, N: Any, M: Any = None, k: Any = 0, dtype: Any = float) -> TracedArray:
    rows, columns = kit.new_shape(t, (N, N if M is None else M))
    row = t.builder.reshape(steps(t, rows), (rows, 1))
    offset = kit.as_size(t, k, "k")
    if not (isinstance(offset, int) and offset == 0):
        row = t.builder.add(row, t.builder.dim(offset))
    return t.wrap(kit.operand(t, t.builder.emit(ew.eq, row, steps(t, columns)), dtype or float))


@lowers(np.identity)
def identity(t: Trace, n: Any, dtype: Any = None) -> TracedArray:
    return eye(t, n, dtype=dtype or float)
