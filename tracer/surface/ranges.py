"""Ranges and grids: arange, linspace and its kin, meshgrid, indices."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from adjit.ir.dims import Size
from adjit.ir.errors import DataDependentError, UnsupportedError
from adjit.ir.indexing import At, Spec, full
from adjit.ir.primitives import elementwise as ew
from adjit.ir.primitives import structural as st
from adjit.ir.values import Literal, Operand, literal
from adjit.tracer.arrays import TracedArray
from adjit.tracer.surface import kit, shapes
from adjit.tracer.surface.table import lowers
from adjit.tracer.symint import SymInt, is_integer
from adjit.tracer.trace import Trace


def steps(t: Trace, size: Size, dtype: Any = np.int64) -> Operand:
    """0, 1, ..., size - 1."""
    return t.builder.convert(t.builder.emit(st.iota, size=size), dtype)


@lowers(np.arange)
def arange(
    t: Trace, start_or_stop: Any, stop: Any = None, step: Any = 1, dtype: Any = None
) -> TracedArray:
    start, stop = (0, start_or_stop) if stop is None else (start_or_stop, stop)
    step = 1 if step is None else step
    given = [_plain(t, x) for x in (start, stop, step)]
    if all(map(is_integer, given)):
        return _integer_range(t, [kit.as_size(t, x) for x in given], dtype)
    return _float_range(t, given, dtype)


def _plain(t: Trace, x: Any) -> Any:
    """A number that is known, or a size."""
    if isinstance(x, TracedArray):
        value = t.lift(x)
        if isinstance(value, Literal):
            return value.value
        raise t.error(
            DataDependentError,
            "np.arange of a traced number: how many elements it has "
            "is known only when the compiled function runs",
            "use start + step * np.arange(n) with a fixed n",
        )
    return x.item() if isinstance(x, np.generic) else x


def _integer_range(t: Trace, given: list[Size], dtype: Any) -> TracedArray:
    start, stop, step = given
    target = kit.check_dtype(t, dtype or np.int64)
    if t.sizes.decide(step, "==", 0):
        raise ZeroDivisionError("division by zero")
    up = t.sizes.decide(step, ">", 0)
    span = stop - start if up else start - stop
    size: Size = 0
    if t.sizes.decide(span, ">", 0):
        stride = step if up else step * -1
        size = span if stride == 1 else (span + stride - 1) // stride
    out = steps(t, size, target)
    if step != 1:
        out = t.builder.mul(out, kit.size_operand(t, step, target))
    if start != 0:
        out = t.builder.add(out, kit.size_operand(t, start, target))
    return t.wrap(out)


def _float_range(t: Trace, given: list[Any], dtype: Any) -> TracedArray:
    # NumPy computes the first two elements and repeats their difference.
    start, stop, step = (float(int(x) if isinstance(x, SymInt) else x) for x in given)
    size = max(math.ceil((stop - start) / step), 0)
    target = kit.check_dtype(t, dtype or np.float64)
    if target.kind != "f":
        known: Any = (start, stop, step, target)
        return t.wrap(t.lift(t.outside.fresh(np.arange(*known))))
    first = target.type(start)
    delta = target.type(start + step) - first
    out = t.builder.mul(steps(t, size, target), literal(float(delta), target))
    return t.wrap(out if start == 0 else t.builder.add(out, literal(float(first), target)))


@lowers(np.linspace)
def linspace(
    t: Trace,
    start: Any,
    stop: Any,
    num: Any = 50,
    endpoint: Any = True,
    retstep: Any = False,
    dtype: Any = None,
    axis: Any = 0,
) -> Any:
    b = t.builder
    size = kit.as_size(t, num, "num")
    if t.sizes.decide(size, "<", 0):
        raise ValueError(f"Number of samples, {num}, must be non-negative.")
    low, high = _endpoints(t, start, stop)
    inner = low.type.dtype
    t.sizes.broadcast([low.shape, high.shape])
    size = t.sizes.resolve(size)
    delta = b.sub(high, low)
    intervals = size - 1 if endpoint else size
    step = (
        literal(math.nan, inner)
        if t.sizes.decide(intervals, "<=", 0)
        else b.div(delta, kit.size_operand(t, intervals, inner))
    )
    if t.sizes.decide(intervals, "<=", 0):
        step = b.broadcast(step, delta.shape)
    column = b.reshape(steps(t, size, inner), (size, *[1] * len(delta.shape)))
    out = b.mul(column, delta if t.sizes.decide(intervals, "<=", 0) else step)
    out = b.add(out, low)
    if endpoint and t.sizes.decide(size, ">", 1):
        last: Spec = (At(size - 1), *map(full, out.shape[1:]))
        out = b.update(out, b.broadcast(high, out.shape[1:]), last)
    target = kit.check_dtype(t, dtype or inner)
    if target.kind in "iu":
        out = b.emit(ew.floor, out)
    made = t.wrap(b.convert(out, target))
    made = shapes.moveaxis(t, made, 0, axis) if made.ndim > 1 else made
    return (made, t.wrap(step)) if retstep else made


def _endpoints(t: Trace, start: Any, stop: Any) -> tuple[Operand, Operand]:
    """Both ends in the dtype that NumPy interpolates in."""
    low, high = kit.array(t, start), kit.array(t, stop)
    dtype = np.result_type(
        *(
            1.0 if kit.weak_type(x) is not None else y.dtype
            for x, y in ((start, low), (stop, high))
        ),
        1.0,
    )
    return kit.operand(t, low, dtype), kit.operand(t, high, dtype)


@lowers(np.logspace)
def logspace(
    t: Trace,
    start: Any,
    stop: Any,
    num: Any = 50,
    endpoint: Any = True,
    base: Any = 10.0,
    dtype: Any = None,
    axis: Any = 0,
) -> TracedArray:
    exponents = linspace(t, start, stop, num, endpoint, axis=axis)
    if kit.array(t, base).ndim:
        raise t.error(
            UnsupportedError,
            "np.logspace with an array as base= is not supported",
            "use base ** np.linspace(...)",
        )
    made = t.lowered(np.power, base, exponents)
    return made if dtype is None else t.wrap(kit.operand(t, made, dtype))


@lowers(np.geomspace)
def geomspace(
    t: Trace,
    start: Any,
    stop: Any,
    num: Any = 50,
    endpoint: Any = True,
    dtype: Any = None,
    axis: Any = 0,
) -> TracedArray:
    low, high = _endpoints(t, start, stop)
    t.sizes.broadcast([low.shape, high.shape])
    b, inner = t.builder, low.type.dtype
    sign = b.emit(ew.sign, low)
    first, last = (t.wrap(b.emit(ew.log10, b.mul(x, sign))) for x in (low, high))
    made = logspace(t, first, last, num, endpoint)
    out = t.lift(made)
    size = out.shape[0]
    out = b.mul(out, sign)
    # The ends are exact.
    if t.sizes.decide(size, ">", 0):
        rest = tuple(map(full, out.shape[1:]))
        out = b.update(out, b.broadcast(low, out.shape[1:]), (At(0), *rest))
        if endpoint and t.sizes.decide(size, ">", 1):
            out = b.update(out, b.broadcast(high, out.shape[1:]), (At(size - 1), *rest))
    made = t.wrap(b.convert(out, kit.check_dtype(t, dtype or inner)))
    return shapes.moveaxis(t, made, 0, axis) if made.ndim > 1 else made


@lowers(np.meshgrid)
def meshgrid(
    t: Trace, *xi: Any, copy: Any = True, sparse: Any = False, indexing: str = "xy"
) -> tuple[TracedArray, ...]:
    if indexing not in ("xy", "ij"):
        raise ValueError("Valid values for `indexing` are 'xy' and 'ij'.")
    if not copy and not sparse:
        raise t.error(
            UnsupportedError, "np.meshgrid with copy=False is not supported", "leave copy= out"
        )
    n = len(xi)
    places = list(range(n))
    if indexing == "xy" and n > 1:
        places[:2] = [1, 0]
    lines = []
    for x, place in zip(xi, places, strict=True):
        flat = kit.flat(t, t.lift(x))
        lines.append(
            t.builder.reshape(flat, tuple(flat.shape[0] if k == place else 1 for k in range(n)))
        )
    if not sparse:
        whole = t.sizes.broadcast([x.shape for x in lines])
        lines = [t.builder.broadcast(x, whole) for x in lines]
    return tuple(t.wrap(x) for x in lines)


@lowers(np.indices)
def indices(t: Trace, dimensions: Any, dtype: Any = int, sparse: Any = False) -> Any:
    sizes = kit.new_shape(t, dimensions)
    n = len(sizes)
    lines = [
        t.builder.reshape(
            steps(t, size, kit.check_dtype(t, dtype)),
            tuple(size if k == place else 1 for k in range(n)),
        )
        for place, size in enumerate(sizes)
    ]
    if sparse:
        return tuple(t.wrap(x) for x in lines)
    if not lines:
        return t.wrap(t.builder.full(0, (0,), kit.check_dtype(t, dtype)))
    grids = [t.builder.broadcast(t.builder.broadcast(x, sizes), (1, *sizes)) for x in lines]
    return t.wrap(grids[0] if n == 1 else t.builder.emit(st.concatenate, *grids, axis=0))


@lowers(np.fromfunction)
def fromfunction(t: Trace, function: Any, shape: Any, dtype: Any = float, **kwargs: Any) -> Any:
    return function(*indices(t, shape, dtype), **kwargs)
