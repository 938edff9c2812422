"""Functions that read and write by position."""

from __future__ import annotations

from typing import Any

import numpy as np

from adjit.ir.dims import Size, product
from adjit.ir.errors import IndexingError, UnsupportedError
from adjit.ir.indexing import Gather, Item
from adjit.ir.primitives import elementwise as ew
from adjit.ir.values import Operand, literal
from adjit.tracer import indexing as ix
from adjit.tracer import masks
from adjit.tracer.arrays import TracedArray
from adjit.tracer.surface import kit, shapes
from adjit.tracer.surface.ranges import steps
from adjit.tracer.surface.table import lowers, methods
from adjit.tracer.trace import Trace


@lowers(np.take, method="take")
def take(t: Trace, a: Any, indices: Any, axis: Any = None, mode: str = "raise") -> TracedArray:
    x = kit.array(t, a) if axis is not None else shapes.ravel(t, a)
    k = 0 if axis is None else kit.axis_of(t, axis, x.ndim)
    index = indices
    if mode != "raise":
        index = _into_range(t, kit.operand(t, indices, np.int64), x.dims[k], mode)
    made = x[(*[slice(None)] * k, index)]
    return t.wrap(t.lift(made))


def _into_range(t: Trace, index: Operand, n: Size, mode: str) -> TracedArray:
    """Positions brought into an axis of size n, as mode= says."""
    b, size = t.builder, t.builder.dim(n)
    if mode == "wrap":
        return t.wrap(b.emit(ew.mod, index, size), array=True)
    if mode == "clip":
        low = b.emit(ew.maximum, index, literal(0, np.int64))
        return t.wrap(b.emit(ew.minimum, low, b.sub(size, literal(1, np.int64))), array=True)
    raise ValueError(f"mode must be 'raise', 'wrap' or 'clip', not {mode!r}")


def _along(
    t: Trace, x: TracedArray, indices: Any, axis: Any
) -> tuple[tuple[Item, ...], tuple[Operand, ...]]:
    """The index of `take_along_axis`: every other axis takes its own place."""
    index = kit.array(t, indices)
    if index.dtype.kind not in "iu":
        raise IndexError("`indices` must be an integer array")
    if index.ndim != x.ndim:
        raise ValueError("`indices` and `arr` must have the same number of dimensions")
    place = kit.axis_of(t, axis, x.ndim)
    operands: list[Operand] = []
    for k, n in enumerate(x.dims):
        if k == place:
            operands.append(t.lift(index))
        else:
            line = tuple(n if i == k else 1 for i in range(x.ndim))
            operands.append(t.builder.reshape(steps(t, n), line))
    t.sizes.broadcast([o.shape for o in operands])
    return tuple(Gather(k, k != place) for k in range(x.ndim)), tuple(operands)


@lowers(np.take_along_axis)
def take_along_axis(t: Trace, arr: Any, indices: Any, axis: Any = -1) -> TracedArray:
    x = kit.array(t, arr)
    if axis is None:
        x, axis = shapes.ravel(t, x), 0
    spec, operands = _along(t, x, indices, axis)
    return t.wrap(t.builder.index(t.lift(x), spec, operands), array=True)


@lowers(np.put_along_axis)
def put_along_axis(t: Trace, arr: Any, indices: Any, values: Any, axis: Any) -> None:
    if axis is None:
        raise t.error(
            UnsupportedError,
            "np.put_along_axis with axis=None is not supported",
            "use arr.reshape(-1)[indices] = values",
        )
    spec, operands = _along(t, arr, indices, axis)
    value = ix.assigned(t, arr, values)
    place = t.sizes.broadcast([o.shape for o in operands])
    kit.broadcasts_into(t, value.shape, place, "np.put_along_axis: values")
    arr.update(spec, operands, value)


@lowers(np.put, method="put")
def put(t: Trace, a: Any, ind: Any, v: Any, mode: str = "raise") -> None:
    x = kit.array(t, a)
    index = kit.operand(t, shapes.ravel(t, ind), np.int64)
    if mode != "raise":
        index = t.lift(_into_range(t, index, product(x.dims), mode))
    value = ix.assigned(t, x, v)
    if value.shape and value.shape != (1,):
        t.sizes.equate(value.shape[0], index.shape[0], "np.put: numbers of places and values")
    flat = kit.flat(t, t.lift(x))
    made = t.builder.update(flat, value, (Gather(0),), (index,))
    x.set(t.builder.reshape(made, x.dims))


@lowers(np.putmask)
def putmask(t: Trace, a: Any, mask: Any, values: Any) -> None:
    value = kit.array(t, values)
    if value.ndim and value.dims != a.dims:
        raise t.error(
            UnsupportedError,
            "np.putmask repeats values of another shape, which is not supported",
            "use np.where",
        )
    a.set(t.lift(t.wrap(ix.assigned(t, a, t.lowered(np.where, mask, value, a)))))


@lowers(np.nonzero, method="nonzero")
def nonzero(t: Trace, a: Any) -> tuple[TracedArray, ...]:
    mask = kit.operand(t, kit.array(t, a), np.bool_)
    if not mask.shape:
        raise ValueError(
            "Calling nonzero on 0d arrays is not allowed. Use np.atleast_1d(scalar)."
            "nonzero() instead."
        )
    return tuple(t.wrap(x) for x in masks.nonzero(t, mask))


@lowers(np.flatnonzero)
def flatnonzero(t: Trace, a: Any) -> TracedArray:
    return nonzero(t, shapes.ravel(t, a))[0]


@lowers(np.argwhere)
def argwhere(t: Trace, a: Any) -> Any:
    return t.lowered(np.stack, nonzero(t, a), axis=1)


@lowers(np.compress)
def compress(t: Trace, condition: Any, a: Any, axis: Any = None) -> TracedArray:
    x = kit.array(t, a) if axis is not None else shapes.ravel(t, a)
    k = 0 if axis is None else kit.axis_of(t, axis, x.ndim)
    mask = t.wrap(kit.operand(t, condition, np.bool_), array=True)
    if mask.ndim != 1:
        raise ValueError("condition must be a 1-d array")
    n = mask.dims[0]
    if t.sizes.decide(n, ">", x.dims[k]):
        raise t.error(
            IndexingError,
            "np.compress: the condition is longer than the axis",
            "cut it to the size of the axis",
        )
    front = slice(None) if n == x.dims[k] else slice(0, mask.shape[0])
    return x[(*[slice(None)] * k, front)][(*[slice(None)] * k, mask)]


@methods("compress")
def compress_method(t: Trace, self: TracedArray, condition: Any, axis: Any = None) -> TracedArray:
    return compress(t, condition, self, axis)


@lowers(np.extract)
def extract(t: Trace, condition: Any, arr: Any) -> TracedArray:
    return compress(t, shapes.ravel(t, condition), shapes.ravel(t, arr))


@lowers(np.choose)
def choose(t: Trace, a: Any, choices: Any, mode: str = "raise") -> TracedArray:
    items = list(choices)
    stacked = t.lowered(np.stack, t.lowered(np.broadcast_arrays, a, *items)[1:])
    index = t.lowered(np.broadcast_to, a, stacked.shape[1:])
    if mode != "raise":
        index = _into_range(t, kit.operand(t, index, np.int64), stacked.dims[0], mode)
    picked = t.lowered(np.expand_dims, index, 0)
    return take_along_axis(t, stacked, picked, 0)[0]
