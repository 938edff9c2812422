"""Repeating, rolling, inserting and deleting along axes."""

from __future__ import annotations

from typing import Any

import numpy as np

from adjit.ir.dims import Size, product
from adjit.ir.errors import IndexingError, UnsupportedError
from adjit.ir.indexing import Gather, Slice, full
from adjit.ir.primitives import structural as st
from adjit.ir.values import Operand
from adjit.tracer.arrays import TracedArray
from adjit.tracer.surface import kit, shapes
from adjit.tracer.surface.table import lowers
from adjit.tracer.trace import Trace


@lowers(np.tile)
def tile(t: Trace, A: Any, reps: Any) -> TracedArray:
    x = t.lift(A)
    times = kit.as_shape(t, reps)
    ndim = max(len(times), len(x.shape))
    times = (*[1] * (ndim - len(times)), *times)
    sizes = (*[1] * (ndim - len(x.shape)), *x.shape)
    apart = t.builder.reshape(x, tuple(n for size in sizes for n in (1, size)))
    spread = t.builder.broadcast(
        apart, tuple(n for pair in zip(times, sizes, strict=True) for n in pair)
    )
    result = tuple(n * m for n, m in zip(times, sizes, strict=True))
    return t.wrap(t.builder.reshape(spread, result))


@lowers(np.repeat, method="repeat")
def repeat(t: Trace, a: Any, repeats: Any, axis: Any = None) -> TracedArray:
    x = t.lift(a if axis is not None else shapes.ravel(t, a))
    k = 0 if axis is None else kit.axis_of(t, axis, len(x.shape))
    if isinstance(repeats, TracedArray):
        raise t.error(
            UnsupportedError,
            "np.repeat with traced repeats gives an array of unknown size",
            "give the repeats as plain integers",
        )
    if isinstance(repeats, (tuple, list, np.ndarray)) and len(repeats) > 1:
        places = np.arange(t.sizes.concrete(x.shape[k]))
        return t.wrap(gather(t, x, k, np.repeat(places, repeats)))
    if isinstance(repeats, (tuple, list, np.ndarray)):
        repeats = np.ravel(repeats)[0]
    times = kit.as_size(t, repeats, "repeats")
    before, after = x.shape[:k], x.shape[k + 1 :]
    n = x.shape[k]
    apart = t.builder.reshape(x, (*before, n, 1, *after))
    spread = t.builder.broadcast(apart, (*before, n, times, *after))
    return t.wrap(t.builder.reshape(spread, (*before, n * times, *after)))


def gather(t: Trace, x: Operand, axis: int, positions: Any) -> Operand:
    """`np.take` by positions that are known, and known to be in range."""
    index = t.lift(t.outside.fresh(np.asarray(positions, np.int64)))
    spec = tuple(Gather(0, True) if k == axis else full(n) for k, n in enumerate(x.shape))
    return t.builder.index(x, spec, (index,))


def piece(t: Trace, x: Operand, axis: int, start: Size, size: Size, step: int = 1) -> Operand:
    """Some elements of one axis."""
    return t.builder.index(
        x, tuple(Slice(start, size, step) if k == axis else full(n) for k, n in enumerate(x.shape))
    )


@lowers(np.roll)
def roll(t: Trace, a: Any, shift: Any, axis: Any = None) -> TracedArray:
    x = kit.array(t, a)
    if axis is None:
        flat = _rolled(t, t.lift(shapes.ravel(t, x)), kit.as_size(t, shift, "shift"), 0)
        return t.wrap(t.builder.reshape(flat, t.lift(x).shape))
    axes = axis if isinstance(axis, (tuple, list)) else (axis,)
    shifts = shift if isinstance(shift, (tuple, list)) else [shift] * len(axes)
    axes = list(axes) * len(shifts) if len(axes) == 1 else axes
    out = t.lift(x)
    for k, by in zip(axes, shifts, strict=True):
        out = _rolled(t, out, kit.as_size(t, by, "shift"), kit.axis_of(t, k, x.ndim))
    return t.wrap(out)


def _rolled(t: Trace, x: Operand, shift: Size, axis: int) -> Operand:
    n = x.shape[axis]
    if t.sizes.decide(n, "==", 0):
        return x
    by: Size = shift % n
    if t.sizes.decide(shift, ">=", 0) and t.sizes.decide(shift, "<", n):
        by = shift
    elif t.sizes.decide(shift, "<", 0) and t.sizes.decide(shift + n, ">", 0):
        by = shift + n
    if t.sizes.decide(by, "<=", 0):
        return x
    return t.builder.emit(
        st.concatenate, piece(t, x, axis, n - by, by), piece(t, x, axis, 0, n - by), axis=axis
    )


_VALUES = "np.insert: values"


@lowers(np.insert)
def insert(t: Trace, arr: Any, obj: Any, values: Any, axis: Any = None) -> TracedArray:
    x = kit.array(t, arr)
    if axis is None:
        x, axis = shapes.ravel(t, x), 0
    if isinstance(obj, (tuple, list, np.ndarray, slice, TracedArray)):
        raise t.error(
            UnsupportedError,
            "np.insert at several places is not supported",
            "insert one after the other, or use np.concatenate",
        )
    k = kit.axis_of(t, axis, x.ndim)
    at = _position(t, obj, x.dims[k], past_end=1)
    new = kit.operand(t, values, x.dtype)
    inner = (*x.dims[:k], *x.dims[k + 1 :])
    if len(new.shape) < x.ndim or (new.shape[k] == 1 and x.ndim > 1):
        new = _one_slice(t, new, inner, x.ndim, k)
    else:
        target = (*inner[:k], new.shape[k], *inner[k:])
        new = t.builder.broadcast(new, kit.broadcasts_into(t, new.shape, target, _VALUES))
    v = t.lift(x)
    n = v.shape[k]
    at = t.sizes.resolve(at)
    pieces = [piece(t, v, k, 0, at), new, piece(t, v, k, at, n - at)]
    return t.wrap(t.builder.emit(st.concatenate, *pieces, axis=k))


def _one_slice(t: Trace, new: Operand, inner: Any, ndim: int, axis: int) -> Operand:
    """Values that fill one place of the axis: they broadcast against the other axes."""
    if len(new.shape) == ndim:
        new = t.builder.reshape(new, (*new.shape[:axis], *new.shape[axis + 1 :]))
    elif ndim == 1 and len(new.shape) == 1:
        return new
    inner = kit.broadcasts_into(t, new.shape, inner, _VALUES)
    new = t.builder.broadcast(new, inner)
    return t.builder.reshape(new, (*inner[:axis], 1, *inner[axis:]))


def _position(t: Trace, obj: Any, n: Size, *, past_end: int) -> Size:
    """A place on an axis of size n, counted from its start."""
    at = kit.as_size(t, obj, "the position")
    if t.sizes.decide(at, "<", 0):
        at = at + n
    if t.sizes.decide(at, "<", 0) or t.sizes.decide(at, ">=", n + past_end):
        raise t.error(
            IndexingError,
            f"index {t.sizes.show(at)} is out of bounds for an axis of size {t.sizes.show(n)}",
            "give an index inside the axis",
        )
    return at


@lowers(np.delete)
def delete(t: Trace, arr: Any, obj: Any, axis: Any = None) -> TracedArray:
    x = kit.array(t, arr)
    if axis is None:
        x, axis = shapes.ravel(t, x), 0
    k = kit.axis_of(t, axis, x.ndim)
    v = t.lift(x)
    n = v.shape[k]
    if isinstance(obj, (tuple, list, np.ndarray, slice)) and not kit.is_traced(obj):
        return t.wrap(gather(t, v, k, np.delete(np.arange(t.sizes.concrete(n)), obj)))
    at = _position(t, obj, n, past_end=0)
    pieces = [piece(t, v, k, 0, at), piece(t, v, k, at + 1, n - at - 1)]
    return t.wrap(t.builder.emit(st.concatenate, *pieces, axis=k))


@lowers(np.resize)
def resize(t: Trace, a: Any, new_shape: Any) -> TracedArray:
    x = t.lift(shapes.ravel(t, a))
    shape = kit.as_shape(t, new_shape)
    wanted = t.sizes.concrete(product(shape))
    n = t.sizes.concrete(x.shape[0])
    if n == 0 or wanted == 0:
        return t.wrap(t.builder.full(0, shape, x.type.dtype))
    return t.wrap(t.builder.reshape(gather(t, x, 0, np.arange(wanted) % n), shape))
