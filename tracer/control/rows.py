"""Lists to which a compiled loop has appended: their items are the rows of one array."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from adjit.ir.dims import Size
from adjit.ir.errors import TraceError, UnsupportedError
from adjit.ir.primitives import structural as st
from adjit.ir.values import Operand
from adjit.tracer.control.journal import NotRollable
from adjit.tracer.control.state import Rows
from adjit.tracer.symint import SymInt, number_of, size_of

if TYPE_CHECKING:
    from adjit.tracer.trace import Trace

#: Methods of a list that do not look at its items.
BLIND = frozenset({"append", "extend", "copy", "clear"})


def has_rows(obj: Any) -> bool:
    """True for a list (or tuple) with items that a loop has appended."""
    return isinstance(obj, (list, tuple)) and Rows in map(type, obj)


def item_ndim(items: Any) -> int:
    """The number of axes of the items."""
    first = next(x for x in items if isinstance(x, Rows))
    return int(first.array.ndim) - 1


def length_of(items: Any) -> Size:
    """The number of items."""
    total: Size = sum(not isinstance(x, Rows) for x in items)
    for x in items:
        if isinstance(x, Rows):
            total = total + x.count
    return total


def length(trace: Trace, items: Any) -> Any:
    """`len(items)`."""
    return number_of(trace, trace.sizes.resolve(length_of(items)))


def item(trace: Trace, items: Any, key: Any) -> Any:
    """`items[key]`."""
    places = [k for k, x in enumerate(items) if isinstance(x, Rows)]
    behind = len(items) - 1 - places[-1]
    if type(key) is int and (0 <= key < places[0] or -behind <= key < 0):
        return items[key]
    if isinstance(key, slice):
        raise _refused(trace, "a slice of a list", "write np.array(items)[...]")
    last, sizes = items[places[-1]], trace.sizes
    if type(key) is int and key < 0:
        place = sizes.resolve(last.count + key + behind)
    elif isinstance(key, (int, SymInt)) and places == [0]:
        place = sizes.resolve(size_of(key))
    else:
        return trace.wrap(stacked(trace, items), array=True)[key]
    if not last.running:
        return _as_item(trace, last, last.array[number_of(trace, place)])
    # what has not been appended yet must not be read
    if not sizes.at_least(place) or not sizes.at_least(last.count - place, 1):
        raise _refused(trace, "whether there is such an item yet in a list", "use an array")
    return _as_item(trace, last, last.array[number_of(trace, place)])


def _as_item(trace: Trace, rows: Rows, found: Any) -> Any:
    return trace.wrap(trace.lift(found), weak=True) if rows.form == "python" else found


def stacked(trace: Trace, items: Any) -> Operand:
    """All items as one array."""
    parts: list[Operand] = []
    for x in items:
        if isinstance(x, Rows):
            if x.running:
                raise _refused(trace, "the whole of a list", "look at it after the loop")
            parts.append(trace.lift(x.array))
        else:
            operand = trace.lift(x)
            shaped = trace.builder.broadcast(operand, (1,)) if not operand.shape else operand
            parts.append(trace.builder.reshape(shaped, (1, *operand.shape)))
    dtype = parts[0].type.dtype
    for part in parts:
        dtype = max(dtype, part.type.dtype, key=lambda d: ("biuf".index(d.kind), d.itemsize))
    parts = [trace.builder.convert(part, dtype) for part in parts]
    for part in parts[1:]:
        for n, m in zip(parts[0].shape[1:], part.shape[1:], strict=True):
            trace.sizes.equate(n, m, "sizes of the items of a list")
    return parts[0] if len(parts) == 1 else trace.builder.emit(st.concatenate, *parts, axis=0)


def expanded(trace: Trace, items: Any) -> list[Any]:
    """The items one by one: holds for the number of turns met while tracing."""
    out: list[Any] = []
    for x in items:
        if not isinstance(x, Rows):
            out.append(x)
            continue
        if x.running:
            raise _refused(trace, "the whole of a list", "look at it after the loop")
        out += [x.array[k] for k in range(trace.sizes.concrete(x.count))]
    return out


def refuse(trace: Trace, name: str) -> TraceError:
    """The error for a method that cannot be followed."""
    return _refused(trace, f".{name}() of a list", "write into an array, or use np.array(items)")


def _refused(trace: Trace, what: str, remedy: str) -> TraceError:
    cls = NotRollable if trace.root.changes.open else UnsupportedError
    return trace.error(cls, f"{what} to which a compiled loop appends is not known here", remedy)
