"""Sorting, order statistics and the places of extrema."""

from __future__ import annotations

from typing import Any

import numpy as np

from adjit.ir.bounds import minimum
from adjit.ir.dims import Size
from adjit.ir.errors import ShapeError, UnsupportedError
from adjit.ir.indexing import At, AtValue, Slice, Spec, full
from adjit.ir.primitives import elementwise as ew
from adjit.ir.primitives import structural as st
from adjit.ir.values import Operand, literal
from adjit.tracer.arrays import TracedArray
from adjit.tracer.surface import kit
from adjit.tracer.surface import reductions as red
from adjit.tracer.surface.table import lowers, methods
from adjit.tracer.trace import Trace

_KINDS = (None, "quicksort", "mergesort", "heapsort", "stable", "introselect")


def _sorted(t: Trace, a: Any, axis: Any) -> tuple[Operand, Operand]:
    """(sorted, the order) along an axis; of the flat array where axis is None."""
    x = t.lift(a) if axis is not None else kit.flat(t, t.lift(a))
    if not x.shape:
        raise t.error(ShapeError, "a scalar cannot be sorted", "leave it out")
    k = kit.axis_of(t, -1 if axis is None else axis, len(x.shape))
    made, order = t.builder.bind(st.sort, x, axis=k)
    return made, order


# The sort is stable, which every kind= and stable= allows.
@lowers(np.sort)
def sort(t: Trace, a: Any, axis: Any = -1, kind: Any = None, stable: Any = None) -> TracedArray:
    _check_kind(kind, stable)
    return t.wrap(_sorted(t, a, axis)[0])


@lowers(np.argsort, method="argsort")
def argsort(t: Trace, a: Any, axis: Any = -1, kind: Any = None, stable: Any = None) -> TracedArray:
    _check_kind(kind, stable)
    return t.wrap(_sorted(t, a, axis)[1])


def _check_kind(kind: Any, stable: Any) -> None:
    if kind not in _KINDS:
        raise ValueError(f"sort kind must be one of 'quick', 'heap', or 'stable' (got {kind!r})")
    if kind is not None and stable is not None:
        raise ValueError(
            "`kind` and keyword parameters can't be provided at the same time. Use "
            "only one of them."
        )


@methods("sort")
def sort_method(
    t: Trace, self: TracedArray, axis: Any = -1, kind: Any = None, stable: Any = None
) -> None:
    _check_kind(kind, stable)
    self.set(_sorted(t, self, axis)[0])


# A sorted array is a partition, too: where NumPy leaves the order open, it is the sorted one.
@lowers(np.partition)
def partition(t: Trace, a: Any, kth: Any, axis: Any = -1, kind: Any = "introselect") -> TracedArray:
    _check_kind(kind, None)
    _check_kth(t, a, kth, axis)
    return t.wrap(_sorted(t, a, axis)[0])


@lowers(np.argpartition, method="argpartition")
def argpartition(
    t: Trace, a: Any, kth: Any, axis: Any = -1, kind: Any = "introselect"
) -> TracedArray:
    _check_kind(kind, None)
    _check_kth(t, a, kth, axis)
    return t.wrap(_sorted(t, a, axis)[1])


def _check_kth(t: Trace, a: Any, kth: Any, axis: Any) -> None:
    x = t.lift(a)
    n = (
        kit.count(x, range(len(x.shape)))
        if axis is None
        else (x.shape[kit.axis_of(t, axis, len(x.shape))])
    )
    for k in kth if isinstance(kth, (tuple, list)) else (kth,):
        at = kit.as_size(t, k, "kth")
        at = at + n if t.sizes.decide(at, "<", 0) else at
        if t.sizes.decide(at, "<", 0) or t.sizes.decide(at, ">=", n):
            raise ValueError(f"kth(={k}) out of bounds ({t.sizes.show(n)})")


def _place(t: Trace, op: str, a: Any, axis: Any, keepdims: Any) -> TracedArray:
    x = t.lift(a)
    if x.type.dtype.kind == "b":
        x = kit.operand(t, x, np.int8)
    shape = x.shape
    if axis is None:
        x, k = kit.flat(t, x), 0
    else:
        k = kit.axis_of(t, axis, len(shape))
    if t.sizes.decide(x.shape[k], "==", 0):
        raise ValueError(f"attempt to get arg{op} of an empty sequence")
    out: Operand = t.emit(st.argreduce, x, op=op, axis=k)
    if keepdims:
        kept = tuple(1 if axis is None or i == k else n for i, n in enumerate(shape))
        out = t.builder.reshape(out, t.sizes.resolve_shape(kept))
    return t.wrap(out)


@lowers(np.argmax, method="argmax")
def argmax(t: Trace, a: Any, axis: Any = None, keepdims: Any = False) -> TracedArray:
    return _place(t, "max", a, axis, keepdims)


@lowers(np.argmin, method="argmin")
def argmin(t: Trace, a: Any, axis: Any = None, keepdims: Any = False) -> TracedArray:
    return _place(t, "min", a, axis, keepdims)


def last_axis(t: Trace, a: Any, axis: Any) -> tuple[Operand, tuple[int, ...]]:
    """The array with the axes named put together as one last axis; and which they are."""
    x = t.lift(a)
    axes = kit.axes_of(t, axis, len(x.shape))
    rest = [k for k in range(len(x.shape)) if k not in axes]
    x = t.builder.transpose(x, [*rest, *axes])
    n = len(rest)
    together = kit.count(x, range(n, len(x.shape)))
    return t.builder.reshape(x, (*x.shape[:n], together)), axes


def with_kept(t: Trace, out: Operand, ndim: int, axes: tuple[int, ...], keepdims: Any) -> Operand:
    """The result of a reduction, its axes put back with size 1 where keepdims asks for it."""
    if not keepdims:
        return out
    sizes = iter(out.shape)
    return t.builder.reshape(out, tuple(1 if k in axes else next(sizes) for k in range(ndim)))


def at_last(t: Trace, x: Operand, place: Size) -> Operand:
    """One element of the last axis."""
    return t.builder.index(x, (*map(full, x.shape[:-1]), At(place)))


@lowers(np.median)
def median(t: Trace, a: Any, axis: Any = None, keepdims: Any = False) -> TracedArray:
    b = t.builder
    x, axes = last_axis(t, a, axis)
    x = kit.operand(t, x, red.inexact(x.type.dtype))
    n = x.shape[-1]
    if t.sizes.decide(n, "==", 0):
        raise t.error(ShapeError, "np.median of no elements", "test the size first")
    ordered = b.bind(st.sort, x, axis=len(x.shape) - 1)[0]
    # Asked as an inequality: an equality would fix n, where a guard on its parity will do.
    if t.sizes.decide(n % 2, ">", 0):
        middle = at_last(t, ordered, (x.shape[-1] - 1) // 2)
    else:
        half = x.shape[-1] // 2
        pair = (*map(full, ordered.shape[:-1]), Slice(half - 1, 2))
        middle = b.reduce(b.index(ordered, pair), "mean", (len(x.shape) - 1,))
    # NaNs are sorted last: one there makes the median NaN.
    last = at_last(t, ordered, ordered.shape[-1] - 1)
    out = b.emit(ew.select, b.emit(ew.isnan, last), literal(np.nan, x.type.dtype), middle)
    return t.wrap(with_kept(t, out, len(t.lift(a).shape), axes, keepdims))


def _neighbours(t: Trace, ordered: Operand, fraction: float) -> tuple[Operand, Operand, Operand]:
    """The elements of the last axis on either side of the place `fraction * (n - 1)`, and how far
    it is from the left one to the right one."""
    b, dtype, end = t.builder, ordered.type.dtype, ordered.shape[-1] - 1
    if isinstance(end, int) or fraction in (0.0, 1.0):
        place = fraction * end if isinstance(end, int) else 0.0
        low = end if fraction == 1.0 else int(place)
        high = low if fraction in (0.0, 1.0) else minimum(low + 1, end)
        weight = 0.0 if fraction == 1.0 else place - int(place)
        return at_last(t, ordered, low), at_last(t, ordered, high), literal(weight, dtype)
    spec: Spec = (*map(full, ordered.shape[:-1]), AtValue(0))
    where = b.mul(literal(fraction, np.float64), b.convert(b.dim(end), np.float64))
    floor = b.emit(ew.floor, where)
    left = b.convert(floor, np.int64)
    right = b.emit(ew.minimum, b.add(left, literal(1, np.int64)), b.dim(end))
    return (
        b.index(ordered, spec, (left,)),
        b.index(ordered, spec, (right,)),
        b.convert(b.sub(where, floor), dtype),
    )


def _quantile(
    t: Trace, name: str, a: Any, q: Any, axis: Any, method: str, keepdims: Any, scale: float
) -> TracedArray:
    if method != "linear" or kit.is_traced(q):
        raise t.error(
            UnsupportedError,
            f"{name}: traced q= or method={method!r} is not supported",
            "give q as plain numbers, with method='linear'",
        )
    fractions = np.asarray(q, np.float64) / scale
    if np.any((fractions < 0) | (fractions > 1)):
        raise ValueError("Quantiles must be in the range [0, 1]")
    b = t.builder
    x, axes = last_axis(t, a, axis)
    x = kit.operand(t, x, red.inexact(x.type.dtype))
    if t.sizes.decide(x.shape[-1], "==", 0):
        raise t.error(ShapeError, f"{name} of no elements", "test the size first")
    ordered = b.bind(st.sort, x, axis=len(x.shape) - 1)[0]
    last = at_last(t, ordered, x.shape[-1] - 1)
    rows = []
    for fraction in fractions.ravel():
        left, right, weight = _neighbours(t, ordered, float(fraction))
        made = b.add(left, b.mul(b.sub(right, left), weight))
        made = b.emit(ew.select, b.emit(ew.isnan, last), literal(np.nan, x.type.dtype), made)
        rows.append(t.wrap(with_kept(t, made, len(t.lift(a).shape), axes, keepdims), array=True))
    if fractions.ndim == 0:
        return t.wrap(t.lift(rows[0]))
    stacked: TracedArray = t.lowered(np.stack, rows)
    return stacked.reshape_view((*fractions.shape, *stacked.shape[1:]))


@lowers(np.quantile)
def quantile(
    t: Trace, a: Any, q: Any, axis: Any = None, method: str = "linear", keepdims: Any = False
) -> TracedArray:
    return _quantile(t, "np.quantile", a, q, axis, method, keepdims, 1.0)


@lowers(np.percentile)
def percentile(
    t: Trace, a: Any, q: Any, axis: Any = None, method: str = "linear", keepdims: Any = False
) -> TracedArray:
    return _quantile(t, "np.percentile", a, q, axis, method, keepdims, 100.0)


@lowers(np.searchsorted)
def searchsorted(t: Trace, a: Any, v: Any, side: str = "left") -> TracedArray:
    edges, values = t.promote(kit.array(t, a), kit.array(t, v))
    below = {"left": ew.lt, "right": ew.le}.get(side)
    if below is None:
        raise ValueError(f"search side must be 'left' or 'right' (got {side!r})")
    if len(edges.shape) != 1:
        raise ValueError("object too deep for desired array")
    wide = t.builder.reshape(values, (*values.shape, 1))
    found = t.builder.convert(t.emit(below, edges, wide), np.int64)
    return t.wrap(t.builder.reduce(found, "sum", (len(values.shape),)))


@methods("searchsorted")
def searchsorted_method(t: Trace, self: TracedArray, v: Any, side: str = "left") -> TracedArray:
    return searchsorted(t, self, v, side)


@lowers(np.digitize)
def digitize(t: Trace, x: Any, bins: Any, right: Any = False) -> TracedArray:
    # Decreasing bins would be counted from the other end.
    if kit.is_traced(bins) or np.any(np.diff(bins) < 0):
        raise t.error(
            UnsupportedError,
            "np.digitize with traced or decreasing bins is not supported",
            "use np.searchsorted on increasing bins",
        )
    return searchsorted(t, bins, x, "left" if right else "right")


@methods("partition")
def partition_method(
    t: Trace, self: TracedArray, kth: Any, axis: Any = -1, kind: Any = "introselect"
) -> None:
    self.set(t.lift(partition(t, self, kth, axis, kind)))
