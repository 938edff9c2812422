"""What a loop can go over without knowing how long it is: ranges, arrays, and pairs of them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from adjit.ir.bounds import maximum, minimum
from adjit.ir.dims import Size, symbol_size
from adjit.ir.indexing import At, full
from adjit.ir.primitives import structural as st
from adjit.ir.values import Literal
from adjit.tracer.control.rows import has_rows, stacked
from adjit.tracer.control.state import Rows
from adjit.tracer.operators import is_traced
from adjit.tracer.symint import SymInt, number_of, size_of
from adjit.tracer.symrange import SymRange

if TYPE_CHECKING:
    from adjit.tracer.trace import Trace


@dataclass(frozen=True, slots=True, eq=False)
class Sequence:
    """`count` items, each made from its number; `sources` are the arrays that they come from. Where
    the items are those of a range, `start` and `step` say which. Going through it as Python does
    specialises to the length met in tracing."""

    trace: Trace
    count: Size
    item: Callable[[Size], Any]
    start: Size = 0
    step: int = 1
    sources: tuple[Any, ...] = ()

    def __iter__(self) -> Iterator[Any]:
        return (self.item(k) for k in range(self.trace.sizes.concrete(self.count)))

    def __next__(self) -> Any:
        raise TypeError("next() of this object cannot be traced; use a for loop")


def sequence_of(trace: Trace, obj: Any) -> Sequence | None:
    """The object as a sequence with items by number; None where it has none."""
    if isinstance(obj, Sequence):
        return obj
    if isinstance(obj, range):
        return _range(trace, obj.start, obj.stop, obj.step)
    if isinstance(obj, SymRange):
        step = obj.step
        return _range(trace, obj.start, obj.stop, int(step) if isinstance(step, SymInt) else step)
    if is_traced(obj) and obj.kind == "array" and obj.ndim:
        rest = tuple(map(full, obj.dims[1:]))
        scalar = obj.ndim == 1

        def item(k: Size) -> Any:
            return obj[number_of(trace, k)] if scalar else obj.index_view((At(k), *rest))

        return Sequence(trace, obj.dims[0], item, sources=(obj,))
    if has_rows(obj) and not any(isinstance(x, Rows) and x.running for x in obj):
        return sequence_of(trace, trace.wrap(stacked(trace, obj), array=True))
    return None


def _range(trace: Trace, start: Any, stop: Any, step: int) -> Sequence:
    if step == 0:
        raise ValueError("range() arg 3 must not be zero")
    first, last = size_of(start), size_of(stop)
    distance = trace.sizes.resolve((last - first) if step > 0 else (first - last))
    count = (distance + (abs(step) - 1)) // abs(step)
    if isinstance(count, int):
        count = max(count, 0)
    elif not trace.sizes.at_least(distance):
        known = not trace.sizes.ranges.mentions(distance) and trace.sizes.is_known(distance)
        count = 0 if known and trace.sizes.decide(distance, "<=", 0) else maximum(count, 0)
    return Sequence(
        trace,
        trace.sizes.resolve(count),
        lambda k: number_of(trace, trace.sizes.resolve(first + k * step)),
        first,
        step,
    )


def bound_number(trace: Trace, n: Any) -> Any:
    """A bound of a range: a traced integer becomes a size that is known when it runs."""
    if not is_traced(n) or n.kind == "array" or n.dtype.kind not in "iu":
        return n
    operand = trace.lift(n)
    if isinstance(operand, Literal):
        return int(operand.value)
    symbol = trace.found_symbol("bound")
    trace.builder.bind(st.bind, trace.builder.convert(operand, np.int64), symbol=symbol)
    return number_of(trace, symbol_size(symbol))


def enumerated(trace: Trace, items: Sequence, start: Any) -> Sequence:
    """`enumerate(items, start)`."""
    first = size_of(start)
    return Sequence(
        trace,
        items.count,
        lambda k: (number_of(trace, first + k), items.item(k)),
        first,
        1,
        items.sources,
    )


def zipped(trace: Trace, items: list[Sequence]) -> Sequence:
    """`zip(*items)`."""
    count = items[0].count
    for other in items[1:]:
        count = _shorter(trace, count, other.count)
    sources = tuple(source for x in items for source in x.sources)
    return Sequence(trace, count, lambda k: tuple(x.item(k) for x in items), sources=sources)


def _shorter(trace: Trace, a: Size, b: Size) -> Size:
    if a == b:
        return a
    if trace.sizes.ranges.mentions(a - b) or not trace.sizes.is_known(a - b):
        return a if trace.sizes.at_least(b - a) else minimum(a, b)
    return a if trace.sizes.decide(a, "<=", b) else b


def backwards(trace: Trace, items: Sequence) -> Sequence:
    """`reversed(items)`."""
    last = items.count - 1
    return Sequence(
        trace,
        items.count,
        lambda k: items.item(trace.sizes.resolve(last - k)),
        items.start + last * items.step,
        -items.step,
        items.sources,
    )


@contextmanager
def going_over(trace: Trace, items: Any) -> Iterator[None]:
    """A loop goes over the items: until it ends, they stay what they are."""
    trace.root.held.append(items)
    try:
        yield
    finally:
        trace.root.held.pop()
