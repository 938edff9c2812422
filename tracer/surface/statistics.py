"""Variance, standard deviation, weighted mean, norms."""

from __future__ import annotations

from typing import Any

import numpy as np

from adjit.ir import bounds
from adjit.ir.errors import ArgumentError, ShapeError, UnsupportedError
from adjit.ir.primitives import elementwise as ew
from adjit.ir.values import Operand, literal
from adjit.tracer.arrays import TracedArray
from adjit.tracer.surface import kit
from adjit.tracer.surface import reductions as red
from adjit.tracer.surface.table import lowers
from adjit.tracer.trace import Trace


def safe_sqrt(t: Trace, x: Operand) -> Operand:
    """The square root of a sum of squares, with derivative 0 where the sum is 0.

    sqrt has an infinite slope there; the select keeps it away from the argument 0.
    """
    b, dtype = t.builder, x.type.dtype
    zero = b.emit(ew.eq, x, literal(0.0, dtype))
    root = b.emit(ew.sqrt, b.emit(ew.select, zero, literal(1.0, dtype), x))
    return b.emit(ew.select, zero, literal(0.0, dtype), root)


@lowers(np.var, method="var")
def var(
    t: Trace,
    a: Any,
    axis: Any = None,
    dtype: Any = None,
    ddof: Any = 0,
    keepdims: Any = False,
    where: Any = True,
    mean: Any = None,
    correction: Any = None,
) -> TracedArray:
    if correction is not None:
        if ddof != 0:
            raise t.error(ArgumentError, "ddof= and correction= mean the same", "give one of them")
        ddof = correction
    b, x = t.builder, t.lift(a)
    x = kit.operand(t, x, red.inexact(x.type.dtype) if dtype is None else dtype)
    axes = kit.axes_of(t, axis, len(x.shape))
    if mean is None:
        center = t.lift(red.mean(t, t.wrap(x), axes, keepdims=True, where=where))
    else:
        center = kit.operand(t, mean, x.type.dtype)
        kit.broadcasts_into(t, center.shape, x.shape, "mean=")
    deviation = b.sub(x, center)
    squares = red.masked(t, b.mul(deviation, deviation), where, 0.0)
    if where is True and type(ddof) is int and ddof == 0:
        return t.wrap(b.reduce(squares, "mean", axes, keepdims=bool(keepdims)))
    total = b.reduce(squares, "sum", axes, keepdims=bool(keepdims))
    return t.wrap(b.div(total, _freedom(t, x, axes, keepdims, where, ddof)))


def _freedom(
    t: Trace, x: Operand, axes: tuple[int, ...], keepdims: Any, where: Any, ddof: Any
) -> Operand:
    """`max(number of elements - ddof, 0)` in the dtype of x."""
    if where is True and isinstance(ddof, int):
        return kit.size_operand(t, bounds.maximum(kit.count(x, axes) - ddof, 0), x.type.dtype)
    if where is True:
        number = kit.size_operand(t, kit.count(x, axes), x.type.dtype)
    else:
        number = red.selected(t, x, axes, keepdims, where)
    left = t.builder.sub(number, kit.operand(t, ddof, x.type.dtype))
    return t.builder.emit(ew.maximum, left, literal(0.0, x.type.dtype))


@lowers(np.std, method="std")
def std(
    t: Trace,
    a: Any,
    axis: Any = None,
    dtype: Any = None,
    ddof: Any = 0,
    keepdims: Any = False,
    where: Any = True,
    mean: Any = None,
    correction: Any = None,
) -> TracedArray:
    return t.wrap(
        safe_sqrt(t, t.lift(var(t, a, axis, dtype, ddof, keepdims, where, mean, correction)))
    )


@lowers(np.average)
def average(
    t: Trace,
    a: Any,
    axis: Any = None,
    weights: Any = None,
    returned: Any = False,
    keepdims: Any = False,
) -> Any:
    x = kit.array(t, a)
    axes = kit.axes_of(t, axis, x.ndim)
    if weights is None:
        result = red.mean(t, x, axes, keepdims=keepdims)
        if not returned:
            return result
        total = kit.size_operand(t, kit.count(t.lift(x), axes), result.dtype)
    else:
        w = kit.array(t, weights)
        floats = (np.float64,) if x.dtype.kind in "biu" else ()
        dtype = np.result_type(x.dtype, w.dtype, *floats)
        wide = _aligned_weights(t, kit.operand(t, w, dtype), t.lift(x).shape, axis, axes)
        full = t.builder.broadcast(wide, t.lift(x).shape)
        total = t.builder.reduce(full, "sum", axes, keepdims=bool(keepdims))
        product = t.builder.mul(kit.operand(t, x, dtype), wide)
        weighted = t.builder.reduce(product, "sum", axes, keepdims=bool(keepdims))
        result = t.wrap(t.builder.div(weighted, total))
    if returned:
        return result, t.wrap(t.builder.broadcast(total, t.lift(result).shape))
    return result


def _aligned_weights(t: Trace, w: Operand, shape: Any, axis: Any, axes: tuple[int, ...]) -> Operand:
    """Weights along the averaged axes only, laid out to broadcast against the array."""
    if len(w.shape) == len(shape) or (not w.shape and axis is None):
        for k, (n, m) in enumerate(zip(w.shape, shape, strict=False)):
            t.sizes.equate(n, m, f"axis {k} of weights= and the array")
        return w
    if axis is None or len(w.shape) != len(axes):
        raise t.error(
            ShapeError,
            f"weights= has {len(w.shape)} axes, the array {len(shape)}",
            "give weights of the array's shape, or one per element along axis=",
        )
    for n, k in zip(w.shape, axes, strict=True):
        t.sizes.equate(n, shape[k], f"weights= and axis {k} of the array")
    shape = t.sizes.resolve_shape(shape)
    w = t.builder.transpose(w, [int(k) for k in np.argsort(axes)])
    return t.builder.reshape(w, tuple(n if k in axes else 1 for k, n in enumerate(shape)))


@lowers(np.linalg.norm)
def norm(t: Trace, x: Any, ord: Any = None, axis: Any = None, keepdims: Any = False) -> TracedArray:
    a = t.lift(x)
    a = t.builder.convert(a, red.inexact(a.type.dtype))
    axes = kit.axes_of(t, axis, len(a.shape))
    if axis is not None and len(axes) > 2:
        raise ValueError("Improper number of dimensions to norm.")
    vector = len(axes) == 1
    if ord is None or (ord == 2 and vector) or (ord in ("fro", "f") and len(axes) == 2):
        return _euclidean(t, a, axes, keepdims)
    size = t.wrap(t.builder.emit(ew.abs, a))
    if vector and isinstance(ord, (int, float)):
        return _vector_norm(t, size, ord, axes, keepdims)
    if len(axes) == 2 and ord in (1, -1, np.inf, -np.inf):
        return _matrix_norm(t, size, ord, axes, keepdims)
    raise t.error(
        UnsupportedError,
        f"np.linalg.norm with ord={ord!r} over {len(axes)} axes is not supported",
        "use ord 'fro', 1, inf, or a vector norm of a number ord",
    )


def _euclidean(t: Trace, a: Operand, axes: tuple[int, ...], keepdims: Any) -> TracedArray:
    squares = t.builder.mul(a, a)
    return t.wrap(safe_sqrt(t, t.builder.reduce(squares, "sum", axes, keepdims=bool(keepdims))))


@lowers(np.linalg.vector_norm)
def vector_norm(
    t: Trace, x: Any, axis: Any = None, keepdims: Any = False, ord: Any = 2
) -> TracedArray:
    a = t.lift(x)
    a = kit.operand(t, a, red.inexact(a.type.dtype))
    axes = kit.axes_of(t, axis, len(a.shape))
    if ord == 2:
        return _euclidean(t, a, axes, keepdims)
    return _vector_norm(t, t.wrap(t.emit(ew.abs, a)), ord, axes, keepdims)


@lowers(np.linalg.matrix_norm)
def matrix_norm(t: Trace, x: Any, keepdims: Any = False, ord: Any = "fro") -> TracedArray:
    return norm(t, x, ord, (-2, -1), keepdims)


def _vector_norm(
    t: Trace, size: TracedArray, ord: float, axes: tuple[int, ...], keepdims: Any
) -> TracedArray:
    if ord == np.inf:
        return red.max_(t, size, axes, keepdims)
    if ord == -np.inf:
        return red.min_(t, size, axes, keepdims)
    if ord == 0:
        counted = red.count_nonzero(t, size, axes, keepdims)
        return t.wrap(kit.operand(t, counted, size.dtype))
    if ord == 1:
        return red.sum_(t, size, axes, keepdims=keepdims)
    b, x = t.builder, t.lift(size)
    total = b.reduce(
        b.emit(ew.pow, x, literal(ord, x.type.dtype)), "sum", axes, keepdims=bool(keepdims)
    )
    zero = b.emit(ew.eq, total, literal(0.0, x.type.dtype))
    one = literal(1.0, x.type.dtype)
    root = b.emit(ew.pow, b.emit(ew.select, zero, one, total), literal(1.0 / ord, x.type.dtype))
    return t.wrap(b.emit(ew.select, zero, literal(0.0, x.type.dtype), root))


def _matrix_norm(
    t: Trace, size: TracedArray, ord: float, axes: tuple[int, ...], keepdims: Any
) -> TracedArray:
    summed, other = axes if abs(ord) == 1 else axes[::-1]
    columns = red.sum_(t, size, summed, keepdims=True)
    out = (red.max_ if ord > 0 else red.min_)(t, columns, other, keepdims=True)
    if keepdims:
        return out
    kept = tuple(n for k, n in enumerate(t.lift(out).shape) if k not in axes)
    return t.wrap(t.builder.reshape(t.lift(out), kept))
