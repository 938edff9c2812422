"""Running sums and products, differences, integrals along an axis."""

from __future__ import annotations

from typing import Any

import numpy as np

from adjit.ir.dims import Size
from adjit.ir.errors import DTypeError, ShapeError, UnsupportedError
from adjit.ir.primitives import structural as st
from adjit.ir.values import Operand
from adjit.tracer.arrays import TracedArray
from adjit.tracer.surface import kit, shapes
from adjit.tracer.surface import reductions as red
from adjit.tracer.surface.repeating import piece
from adjit.tracer.surface.table import lowers
from adjit.tracer.trace import Trace


def running(t: Trace, op: str, a: Any, axis: Any, dtype: Any = None) -> TracedArray:
    """A running sum, product, maximum or minimum; of the flat array where axis is None."""
    x = t.lift(a) if axis is not None else kit.flat(t, t.lift(a))
    if op in ("sum", "prod"):
        x = kit.operand(t, x, red.accumulator(x.type.dtype) if dtype is None else dtype)
        if x.type.dtype.kind == "b":
            raise t.error(
                DTypeError, f"a running {op} with dtype=bool is not supported", "leave dtype= out"
            )
    k = 0 if axis is None else kit.axis_of(t, axis, len(x.shape))
    return t.wrap(t.emit(st.cumulative, x, op=op, axis=k, reverse=False))


@lowers(np.cumsum, method="cumsum")
def cumsum(t: Trace, a: Any, axis: Any = None, dtype: Any = None) -> TracedArray:
    return running(t, "sum", a, axis, dtype)


@lowers(np.cumprod, method="cumprod")
def cumprod(t: Trace, a: Any, axis: Any = None, dtype: Any = None) -> TracedArray:
    return running(t, "prod", a, axis, dtype)


def _array_api(
    t: Trace, op: str, x: Any, axis: Any, dtype: Any, include_initial: Any
) -> TracedArray:
    """The running functions of the array API: a vector needs no axis=, a start may be put first."""
    v = kit.array(t, x)
    if axis is None and v.ndim != 1:
        raise ValueError(
            "For arrays which have more than one dimension ``axis`` argument is required."
        )
    k = 0 if axis is None else kit.axis_of(t, axis, v.ndim)
    out = t.lift(running(t, op, v, k, dtype))
    if include_initial:
        start = t.builder.full(
            0 if op == "sum" else 1,
            tuple(1 if i == k else n for i, n in enumerate(out.shape)),
            out.type.dtype,
        )
        out = t.emit(st.concatenate, start, out, axis=k)
    return t.wrap(out)


if hasattr(np, "cumulative_sum"):  # NumPy 2.1

    @lowers(np.cumulative_sum)
    def cumulative_sum(
        t: Trace, x: Any, axis: Any = None, dtype: Any = None, include_initial: Any = False
    ) -> TracedArray:
        return _array_api(t, "sum", x, axis, dtype, include_initial)

    @lowers(np.cumulative_prod)
    def cumulative_prod(
        t: Trace, x: Any, axis: Any = None, dtype: Any = None, include_initial: Any = False
    ) -> TracedArray:
        return _array_api(t, "prod", x, axis, dtype, include_initial)


@lowers(np.nancumsum)
def nancumsum(t: Trace, a: Any, axis: Any = None, dtype: Any = None) -> TracedArray:
    return running(t, "sum", _without_nan(t, a, 0.0), axis, dtype)


@lowers(np.nancumprod)
def nancumprod(t: Trace, a: Any, axis: Any = None, dtype: Any = None) -> TracedArray:
    return running(t, "prod", _without_nan(t, a, 1.0), axis, dtype)


def _without_nan(t: Trace, a: Any, instead: float) -> Any:
    if kit.array(t, a).dtype.kind != "f":
        return a
    return t.lowered(np.where, t.lowered(np.isnan, a), instead, a)


@lowers(np.diff)
def diff(
    t: Trace, a: Any, n: Any = 1, axis: Any = -1, prepend: Any = None, append: Any = None
) -> TracedArray:
    x = kit.array(t, a)
    if int(n) < 0:
        raise ValueError(f"order must be non-negative but got {n!r}")
    if int(n) == 0:
        return x
    if not x.ndim:
        raise ValueError("diff requires input that is at least one dimensional")
    k = kit.axis_of(t, axis, x.ndim)
    ends: list[TracedArray | None] = []
    for given in (prepend, append):
        if given is None:
            ends.append(None)
            continue
        end = kit.array(t, given)
        ends.append(
            end
            if end.ndim
            else end.broadcast_view(tuple(1 if i == k else m for i, m in enumerate(x.dims)))
        )
    parts = [p for p in (ends[0], x, ends[1]) if p is not None]
    v = t.lift(t.lowered(np.concatenate, parts, axis=k) if len(parts) > 1 else x)
    for _ in range(int(n)):
        v = _difference(t, v, k)
    return t.wrap(v)


def _difference(t: Trace, v: Operand, axis: int) -> Operand:
    size: Size = v.shape[axis] - 1
    if t.sizes.decide(size, "<=", 0):
        return piece(t, v, axis, 0, 0)
    return _less(t, piece(t, v, axis, 1, size), piece(t, v, axis, 0, size))


def _less(t: Trace, x: Operand, y: Operand) -> Operand:
    function = np.not_equal if x.type.dtype.kind == "b" else np.subtract
    return t.lift(t.lowered(function, t.wrap(x), t.wrap(y)))


@lowers(np.ediff1d)
def ediff1d(t: Trace, ary: Any, to_end: Any = None, to_begin: Any = None) -> TracedArray:
    x = shapes.ravel(t, ary)
    middle = t.wrap(_difference(t, t.lift(x), 0))
    parts = [
        None
        if given is None
        else shapes.ravel(t, t.wrap(kit.operand(t, given, x.dtype), array=True))
        for given in (to_begin, to_end)
    ]
    kept = [p for p in (parts[0], middle, parts[1]) if p is not None]
    return t.lowered(np.concatenate, kept) if len(kept) > 1 else middle


@lowers(np.trapezoid)
def trapezoid(t: Trace, y: Any, x: Any = None, dx: Any = 1.0, axis: Any = -1) -> TracedArray:
    values = kit.array(t, y)
    k = kit.axis_of(t, axis, values.ndim)
    step = dx
    if x is not None:
        grid = kit.array(t, x)
        step = diff(t, grid, axis=axis if grid.ndim > 1 else -1)
        if grid.ndim == 1:
            step = step.reshape_view([step.shape[0] if i == k else 1 for i in range(values.ndim)])
    v = t.lift(values)
    size = v.shape[k] - 1
    if t.sizes.decide(size, "<", 0):
        size = 0
    upper: Any = t.wrap(piece(t, v, k, 0 if size == 0 else 1, size), array=True)
    lower = t.wrap(piece(t, v, k, 0, size), array=True)
    return red.sum_(t, step * (upper + lower) / 2.0, k)


@lowers(np.gradient)
def gradient(t: Trace, f: Any, *varargs: Any, axis: Any = None, edge_order: Any = 1) -> Any:
    x = kit.array(t, f)
    x = x if x.dtype.kind == "f" else t.wrap(kit.operand(t, x, np.float64), array=True)
    axes = kit.axes_of(t, axis, x.ndim)
    spacings = list(varargs) or [1.0]
    spacings = spacings * len(axes) if len(spacings) == 1 else spacings
    if len(spacings) != len(axes):
        raise TypeError("invalid number of arguments")
    if edge_order not in (1, 2):
        raise ValueError("'edge_order' greater than 2 not supported")
    out = [_slope(t, x, k, h, edge_order) for k, h in zip(axes, spacings, strict=True)]
    return out[0] if len(out) == 1 else tuple(out)


def _slope(t: Trace, x: TracedArray, axis: int, h: Any, edge_order: int) -> Any:
    if not kit.is_scalar(h):
        raise t.error(
            UnsupportedError,
            "np.gradient with coordinates is not supported",
            "give one spacing for each axis",
        )
    if t.sizes.decide(x.dims[axis], "<", edge_order + 1):
        raise t.error(
            ShapeError,
            "Shape of array too small to calculate a numerical gradient, at "
            f"least {edge_order + 1} elements are required.",
            "give a larger array",
        )
    v = t.lift(x)
    n = v.shape[axis]

    def at(start: Size, size: Size = 1) -> Any:
        return t.wrap(piece(t, v, axis, start, size), array=True)

    if edge_order == 1:
        first, last = (at(1) - at(0)) / h, (at(n - 1) - at(n - 2)) / h
    else:
        first = at(0) * (-1.5 / h) + at(1) * (2.0 / h) + at(2) * (-0.5 / h)
        last = at(n - 3) * (0.5 / h) + at(n - 2) * (-2.0 / h) + at(n - 1) * (1.5 / h)
    parts = [first, last]
    if t.sizes.decide(n, ">", 2):
        parts.insert(1, (at(2, n - 2) - at(0, n - 2)) / (2.0 * h))
    return t.lowered(np.concatenate, parts, axis=axis)
