"""Slices with sizes that may be symbolic."""

from __future__ import annotations

import operator
from typing import TYPE_CHECKING, Any

import numpy as np

from adjit.ir.bounds import maximum, minimum
from adjit.ir.dims import Size, symbol_size
from adjit.ir.errors import DataDependentError
from adjit.ir.indexing import Slice
from adjit.ir.primitives import elementwise as ew
from adjit.ir.primitives import structural as st
from adjit.ir.values import literal
from adjit.tracer.control.sequences import bound_number
from adjit.tracer.symint import SymInt

if TYPE_CHECKING:
    from adjit.tracer.trace import Trace


def slice_item(t: Trace, key: slice, size: Size) -> Slice:
    """The elements that a slice takes from an axis (Python's `slice.indices`)."""
    step = 1 if key.step is None else int(operator.index(key.step))
    if step == 0:
        raise ValueError("slice step cannot be zero")
    if step > 0:
        start = _clipped(t, key.start, size, default=0, low=0, high=size)
        stop = _clipped(t, key.stop, size, default=size, low=0, high=size)
        count = _count(t, stop - start, step)
    else:
        start = _clipped(t, key.start, size, default=size - 1, low=-1, high=size - 1)
        stop = _clipped(t, key.stop, size, default=-1, low=-1, high=size - 1)
        count = _count(t, start - stop, -step)
    resolve = t.sizes.resolve
    count = resolve(count)
    return Slice(0 if count == 0 else resolve(start), count, step if count != 1 else 1)


def _number(bound: Any) -> Size:
    if isinstance(bound, SymInt):
        return bound.size
    return operator.index(bound)


def _clipped(t: Trace, bound: Any, size: Size, *, default: Size, low: Size, high: Size) -> Size:
    if bound is None:
        return default
    settle, ranges = t.sizes.settle, t.sizes.ranges
    value = _number(bound_number(t, bound))
    positive = settle(value, ">=", 0)
    if positive is None and not ranges.turns(value):
        return _when_it_runs(t, value, size, low, high)
    if positive is None:
        raise t.error(
            DataDependentError,
            f"the bound {t.sizes.show(value)} of a slice may be negative in some turns of a loop, "
            "and then counts from the end",
            "write max(bound, 0), or let the loop start later",
        )
    value = value if positive else value + size
    if not (t.sizes.is_known(size) or ranges.mentions(size)):
        return maximum(minimum(value, high), low)
    if not positive:
        inside = settle(value, ">=", low)
        return value if inside else low if inside is False else maximum(value, low)
    inside = settle(value, "<=", high)
    return value if inside else high if inside is False else minimum(value, high)


def _when_it_runs(t: Trace, value: Size, size: Size, low: Size, high: Size) -> Size:
    """A bound of either sign that is known when the code runs."""
    builder, zero = t.builder, literal(0, np.int64)
    operand = builder.dim(value)
    negative = builder.emit(ew.lt, operand, zero)
    from_end = builder.add(operand, builder.dim(size))
    start = builder.emit(ew.select, negative, from_end, operand)
    start = builder.emit(ew.maximum, start, builder.dim(low))
    start = builder.emit(ew.minimum, start, builder.dim(high))
    symbol = t.found_symbol("bound", lower=low if isinstance(low, int) else None)
    t.sizes.ranges.limits[symbol] = (low, high)
    builder.bind(st.bind, start, symbol=symbol)
    return symbol_size(symbol)


def _count(t: Trace, distance: Size, step: int) -> Size:
    if t.sizes.ranges.mentions(t.sizes.resolve(distance)):
        least = distance if t.sizes.at_least(distance) else maximum(distance, 0)
        return (least + (step - 1)) // step
    if not t.sizes.is_known(distance):
        return (maximum(distance, 0) + (step - 1)) // step
    if not t.sizes.decide(distance, ">", 0):
        return 0
    return (distance + (step - 1)) // step
