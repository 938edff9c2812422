"""Reductions: sum, prod, mean, extrema, any, all, and what is made of them."""

from __future__ import annotations

from typing import Any

import numpy as np

from adjit.ir.errors import DTypeError, ShapeError
from adjit.ir.primitives import elementwise as ew
from adjit.ir.primitives.structural import reduced_shape
from adjit.ir.values import Operand, literal
from adjit.tracer.arrays import TracedArray
from adjit.tracer.surface import kit
from adjit.tracer.surface.table import lowers
from adjit.tracer.trace import Trace


def accumulator(dtype: np.dtype[Any]) -> np.dtype[Any]:
    """The dtype that sums and products of this dtype are taken in."""
    if dtype.kind in "biu" and dtype.itemsize < 8:
        return np.dtype(np.uint64) if dtype.kind == "u" else kit.INT
    return dtype


def inexact(dtype: np.dtype[Any]) -> np.dtype[Any]:
    """The dtype of a mean."""
    return dtype if dtype.kind == "f" else kit.FLOAT


def masked(t: Trace, x: Operand, where: Any, instead: float) -> Operand:
    """x where the mask holds, elsewhere the value that the reduction ignores."""
    if where is True:
        return x
    mask = kit.operand(t, where, np.bool_)
    kit.broadcasts_into(t, mask.shape, x.shape, "where=")
    return t.builder.emit(ew.select, mask, x, literal(instead, x.type.dtype))


def _total(
    t: Trace, op: str, a: Any, axis: Any, dtype: Any, keepdims: Any, initial: Any, where: Any
) -> TracedArray:
    x = t.lift(a)
    x = kit.operand(t, x, accumulator(x.type.dtype) if dtype is None else dtype)
    if x.type.dtype.kind == "b":
        raise t.error(
            DTypeError, f"np.{op} with dtype=bool is not supported", "use np.any or np.all"
        )
    neutral = 0 if op == "sum" else 1
    axes = kit.axes_of(t, axis, len(x.shape))
    out = t.builder.reduce(masked(t, x, where, neutral), op, axes, keepdims=bool(keepdims))
    if initial is not None and not (type(initial) in (int, float) and initial == neutral):
        start = kit.operand(t, initial, x.type.dtype)
        out = t.builder.add(out, start) if op == "sum" else t.builder.mul(out, start)
    return t.wrap(out)


@lowers(np.sum, method="sum")
def sum_(
    t: Trace,
    a: Any,
    axis: Any = None,
    dtype: Any = None,
    keepdims: Any = False,
    initial: Any = None,
    where: Any = True,
) -> TracedArray:
    return _total(t, "sum", a, axis, dtype, keepdims, initial, where)


@lowers(np.prod, method="prod")
def prod(
    t: Trace,
    a: Any,
    axis: Any = None,
    dtype: Any = None,
    keepdims: Any = False,
    initial: Any = None,
    where: Any = True,
) -> TracedArray:
    return _total(t, "prod", a, axis, dtype, keepdims, initial, where)


@lowers(np.mean, method="mean")
def mean(
    t: Trace, a: Any, axis: Any = None, dtype: Any = None, keepdims: Any = False, where: Any = True
) -> TracedArray:
    x = t.lift(a)
    x = kit.operand(t, x, inexact(x.type.dtype) if dtype is None else dtype)
    if x.type.dtype.kind != "f":
        raise t.error(
            DTypeError,
            f"np.mean with dtype={x.type.dtype} is not supported",
            "leave dtype= out, and round the mean afterwards",
        )
    axes = kit.axes_of(t, axis, len(x.shape))
    if where is True:
        return t.wrap(t.builder.reduce(x, "mean", axes, keepdims=bool(keepdims)))
    total = t.builder.reduce(masked(t, x, where, 0.0), "sum", axes, keepdims=bool(keepdims))
    return t.wrap(t.builder.div(total, selected(t, x, axes, keepdims, where)))


def selected(t: Trace, x: Operand, axes: tuple[int, ...], keepdims: Any, where: Any) -> Operand:
    """How many elements of x the mask selects along the axes, in the dtype of x."""
    mask = t.builder.convert(kit.operand(t, where, np.bool_), x.type.dtype)
    return t.builder.reduce(
        t.builder.broadcast(mask, x.shape), "sum", axes, keepdims=bool(keepdims)
    )


def _extremum(
    t: Trace, op: str, a: Any, axis: Any, keepdims: Any, initial: Any, where: Any
) -> TracedArray:
    x = t.lift(a)
    axes = kit.axes_of(t, axis, len(x.shape))
    if initial is None and where is not True:
        raise t.error(
            ShapeError,
            f"np.{op} with where= needs initial=",
            "give initial=, the result where nothing is selected",
        )
    if any(t.sizes.decide(x.shape[k], "==", 0) for k in axes):
        if initial is None:
            raise t.error(
                ShapeError,
                f"np.{op} of an axis of size 0 has no value",
                "give initial=, or test the size first",
            )
        shape = reduced_shape(x.shape, axes, bool(keepdims))
        return t.wrap(t.builder.broadcast(kit.operand(t, initial, x.type.dtype), shape))
    x = masked(t, x, where, extreme(x.type.dtype, smallest=op == "max"))
    out = t.builder.reduce(x, op, axes, keepdims=bool(keepdims))
    if initial is not None:
        start = kit.operand(t, initial, x.type.dtype)
        out = t.builder.emit(ew.maximum if op == "max" else ew.minimum, out, start)
    return t.wrap(out)


def extreme(dtype: np.dtype[Any], *, smallest: bool) -> Any:
    """The smallest or largest number of a dtype."""
    if dtype.kind == "f":
        return -np.inf if smallest else np.inf
    if dtype.kind == "b":
        return not smallest
    return int(np.iinfo(dtype).min if smallest else np.iinfo(dtype).max)


@lowers(np.max, np.amax, method="max")
def max_(
    t: Trace,
    a: Any,
    axis: Any = None,
    keepdims: Any = False,
    initial: Any = None,
    where: Any = True,
) -> TracedArray:
    return _extremum(t, "max", a, axis, keepdims, initial, where)


@lowers(np.min, np.amin, method="min")
def min_(
    t: Trace,
    a: Any,
    axis: Any = None,
    keepdims: Any = False,
    initial: Any = None,
    where: Any = True,
) -> TracedArray:
    return _extremum(t, "min", a, axis, keepdims, initial, where)


def _truth(t: Trace, op: str, a: Any, axis: Any, keepdims: Any, where: Any) -> TracedArray:
    x = masked(t, kit.operand(t, a, np.bool_), where, op == "all")
    axes = kit.axes_of(t, axis, len(x.shape))
    return t.wrap(t.builder.reduce(x, op, axes, keepdims=bool(keepdims)))


@lowers(np.any, method="any")
def any_(
    t: Trace, a: Any, axis: Any = None, keepdims: Any = False, where: Any = True
) -> TracedArray:
    return _truth(t, "any", a, axis, keepdims, where)


@lowers(np.all, method="all")
def all_(
    t: Trace, a: Any, axis: Any = None, keepdims: Any = False, where: Any = True
) -> TracedArray:
    return _truth(t, "all", a, axis, keepdims, where)


@lowers(np.count_nonzero)
def count_nonzero(t: Trace, a: Any, axis: Any = None, keepdims: Any = False) -> TracedArray:
    return sum_(t, t.wrap(kit.operand(t, a, np.bool_)), axis, keepdims=keepdims)


@lowers(np.ptp)
def ptp(t: Trace, a: Any, axis: Any = None, keepdims: Any = False) -> TracedArray:
    high, low = max_(t, a, axis, keepdims), min_(t, a, axis, keepdims)
    return t.wrap(t.builder.sub(t.lift(high), t.lift(low)))
