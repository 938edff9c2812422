"""Reductions that leave NaNs out."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from adjit.ir.primitives import elementwise as ew
from adjit.ir.values import literal
from adjit.tracer.arrays import TracedArray
from adjit.tracer.surface import kit
from adjit.tracer.surface import reductions as red
from adjit.tracer.surface import statistics as stats
from adjit.tracer.surface.table import lowers
from adjit.tracer.trace import Trace


def _present(t: Trace, a: Any, where: Any) -> Any:
    """The mask of what counts: not NaN, and selected; True when that is everything."""
    x = t.lift(a)
    if x.type.dtype.kind != "f":
        return where
    b = t.builder
    mask = b.emit(ew.logical_not, b.emit(ew.isnan, x))
    if where is not True:
        chosen = kit.operand(t, where, np.bool_)
        kit.broadcasts_into(t, chosen.shape, x.shape, "where=")
        mask = b.emit(ew.logical_and, mask, chosen)
    return t.wrap(mask)


@lowers(np.nansum)
def nansum(
    t: Trace,
    a: Any,
    axis: Any = None,
    dtype: Any = None,
    keepdims: Any = False,
    initial: Any = None,
    where: Any = True,
) -> TracedArray:
    return red.sum_(t, a, axis, dtype, keepdims, initial, _present(t, a, where))


@lowers(np.nanprod)
def nanprod(
    t: Trace,
    a: Any,
    axis: Any = None,
    dtype: Any = None,
    keepdims: Any = False,
    initial: Any = None,
    where: Any = True,
) -> TracedArray:
    return red.prod(t, a, axis, dtype, keepdims, initial, _present(t, a, where))


@lowers(np.nanmean)
def nanmean(
    t: Trace, a: Any, axis: Any = None, dtype: Any = None, keepdims: Any = False, where: Any = True
) -> TracedArray:
    return red.mean(t, a, axis, dtype, keepdims, _present(t, a, where))


@lowers(np.nanvar)
def nanvar(
    t: Trace,
    a: Any,
    axis: Any = None,
    dtype: Any = None,
    ddof: Any = 0,
    keepdims: Any = False,
    where: Any = True,
    mean: Any = None,
) -> TracedArray:
    present = _present(t, a, where)
    return stats.var(t, a, axis, dtype, ddof, keepdims, present, mean)


@lowers(np.nanstd)
def nanstd(
    t: Trace,
    a: Any,
    axis: Any = None,
    dtype: Any = None,
    ddof: Any = 0,
    keepdims: Any = False,
    where: Any = True,
    mean: Any = None,
) -> TracedArray:
    present = _present(t, a, where)
    return stats.std(t, a, axis, dtype, ddof, keepdims, present, mean)


def _nan_extremum(
    t: Trace,
    plain: Callable[..., TracedArray],
    a: Any,
    axis: Any,
    keepdims: Any,
    initial: Any,
    where: Any,
    worst: float,
) -> TracedArray:
    x = kit.array(t, a)
    if x.dtype.kind != "f":
        return plain(t, x, axis, keepdims, initial, where)
    b = t.builder
    missing = b.emit(ew.isnan, t.lift(x))
    filled = b.emit(ew.select, missing, literal(worst, x.dtype), t.lift(x))
    out = plain(t, t.wrap(filled), axis, keepdims, initial, where)
    if initial is not None:
        return out
    nothing = red.all_(t, t.wrap(missing), axis, keepdims)
    return t.wrap(b.emit(ew.select, t.lift(nothing), literal(np.nan, x.dtype), t.lift(out)))


@lowers(np.nanmax)
def nanmax(
    t: Trace,
    a: Any,
    axis: Any = None,
    keepdims: Any = False,
    initial: Any = None,
    where: Any = True,
) -> TracedArray:
    return _nan_extremum(t, red.max_, a, axis, keepdims, initial, where, -np.inf)


@lowers(np.nanmin)
def nanmin(
    t: Trace,
    a: Any,
    axis: Any = None,
    keepdims: Any = False,
    initial: Any = None,
    where: Any = True,
) -> TracedArray:
    return _nan_extremum(t, red.min_, a, axis, keepdims, initial, where, np.inf)
