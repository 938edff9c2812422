"""Lists to which a compiled loop has appended: their items are the rows of one array."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from adjit.ir.dims import Size
from adjit.ir.errors import TraceError, UnsupportedError
from adjit.ir.primitives import structural as st
from adjit.ir.values import Operand
from adjit.tracer.control.journal import NotRollable
from adjit.tracer.control.state import Rows
from adjit.tracer.symint import number_of

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


def length(trace: Trace, items: Any) -> Any:
    """`len(items)`."""
    total: Size = sum(not isinstance(x, Rows) for x in items)
    for x in items:
        if isinstance(x, Rows):
            total = total + x.count
    return number_of(trace, trace.sizes.resolve(total))


def item(trace: Trace, items: Any, key: Any) -> Any:
    """`items[key]`."""
    places = [k for k, x in enumerate(items) if isinstance(x, Rows)]
    if type(key) is int and 0 <= key < places[0]:
        return items[key]
    behind = len(items) - 1 - places[-1]
    if type(key) is int and -behind <= key < 0:
        return items[key]
    if type(key) is int and key < 0:
        return _from_end(trace, items[places[-1]], key + behind)
    if isinstance(key, slice):
        raise _refused(trace, "a slice of a list", "write np.array(items)[...]")
    return trace.wrap(stacked(trace, items), array=True)[key]


def _from_end(trace: Trace, rows: Rows, key: int) -> Any:
    """Item -1, -2, ... of the rows."""
    if not rows.running:
        return rows.array[number_of(trace, trace.sizes.resolve(rows.count + key))]
    if key == -1 and rows.last is not None:
        return rows.last
    raise _refused(
        trace,
        "an item, other than the last one, of a list",
        "keep what you need of the last turns in variables",
    )


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
