"""Lists that a loop appends to, once in each turn: their items become the rows of one array.

The array holds what was in the list before the loop, too, so that a turn may read any earlier item.
Where the number of turns is not known beforehand, the array grows.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from adjit.ir.dims import Size, Symbol, symbol_size
from adjit.ir.indexing import At, Slice, Spec, full
from adjit.ir.primitives import structural as st
from adjit.ir.values import Operand, Type, Value
from adjit.tracer.arrays import TracedArray
from adjit.tracer.control.plan import Entry
from adjit.tracer.control.rows import length_of
from adjit.tracer.control.state import Kind, Rows
from adjit.tracer.views import Cell

if TYPE_CHECKING:
    from adjit.tracer.trace import Trace


def room(entry: Entry, kind: Kind, rows: Size | None, capacity: Symbol | None) -> Type:
    """The type of the array: for so many turns, or growing."""
    if rows is not None:
        return Type(kind.dtype, (length_of(entry.before) + rows, *kind.shape))
    assert capacity is not None
    return Type(kind.dtype, (symbol_size(capacity), *kind.shape))


def running(trace: Trace, entry: Entry, kind: Kind, held: Value, turn: Symbol) -> list[Any]:
    """The list in the middle of the loop."""
    count = length_of(entry.before) + symbol_size(turn)
    return [Rows(TracedArray(Cell(trace, held), "array"), count, kind.form, running=True)]


def first(trace: Trace, entry: Entry, kind: Kind, type: Type, capacity: Symbol | None) -> Operand:
    """The array before the loop."""
    builder, rest = trace.builder, [full(n) for n in kind.shape]
    if capacity is None:
        made = builder.emit(st.empty, shape=type.shape, dtype=type.dtype)
    else:
        made = builder.emit(st.storage, symbol=capacity, shape=kind.shape, dtype=type.dtype)
        made = builder.emit(st.reserve, made, count=length_of(entry.before))
    place: Size = 0
    for item in entry.before:
        if isinstance(item, Rows):
            spec: Spec = (Slice(place, item.count), *rest)
            part = trace.lift(item.array)
            place = place + item.count
        else:
            spec, part = (At(place), *rest), trace.lift(item)
            place = place + 1
        made = builder.update(made, builder.convert(part, kind.dtype), spec)
    return made


def appended(
    trace: Trace,
    entry: Entry,
    kind: Kind,
    buffer: Operand,
    item: Any,
    turn: Symbol,
    capacity: Symbol | None,
) -> Operand:
    """The array after a turn."""
    builder = trace.builder
    place = length_of(entry.before) + symbol_size(turn)
    operand = builder.convert(trace.lift(item), kind.dtype)
    if capacity is not None:
        buffer = builder.emit(st.reserve, buffer, count=place + 1)
    return builder.update(buffer, operand, (At(place), *[full(n) for n in kind.shape]))


def finished(trace: Trace, entry: Entry, kind: Kind, buffer: Value, turns: Size) -> list[Any]:
    """The list after so many turns."""
    count = trace.sizes.resolve(length_of(entry.before) + turns)
    whole: Spec = (Slice(0, count), *[full(n) for n in kind.shape])
    array = trace.builder.index(buffer, whole)
    return [Rows(TracedArray(Cell(trace, array), "array"), count, kind.form)]
