"""What a function returns on several ways: arrays that stand for one of several memories.

Nobody can write to them before the function has ended. Then it is known who else looks at these
memories: where somebody does, a write would be seen by some and not by others, and is refused.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from adjit.tracer.control.state import flatten
from adjit.tracer.operators import is_traced
from adjit.tracer.views import Cell

if TYPE_CHECKING:
    from adjit.tracer.trace import Trace

VIEWED = (
    "the array is, or may be, another name's array too after a loop or branch, and is written to",
    "copy it first: x = x.copy()",
)


def stands_for(trace: Trace, held: Cell, *sources: Cell) -> None:
    """A memory that holds what one of the others held."""
    behind = trace.root.returned
    found = behind.setdefault(held, {})
    for cell in sources:
        found.update({cell: None, **behind.get(cell, {})})


def settle_result(trace: Trace, value: Any) -> None:
    """The value is the user's from here on."""
    from adjit.tracer.control.regions import survey

    behind = trace.root.returned
    arrays = [x for x in flatten(value)[1] if is_traced(x) and x.kind == "array"]
    if not any(x.cell in behind for x in arrays):
        return
    looked_at = survey(trace).references
    for x in arrays:
        others = {
            c for y in arrays if y.cell is not x.cell for c in (y.cell, *behind.get(y.cell, ()))
        }
        for cell in behind.get(x.cell, ()):
            if cell in others or looked_at.get(cell):
                cell.refuse_writes(*VIEWED)
                x.cell.refuse_writes(*VIEWED)


def freeze_result(trace: Trace, signal: Any) -> None:
    """Code that runs in any case (`finally`) comes after a `return` on some ways: it must not
    write to what may be returned."""
    value = getattr(signal, "value", None)
    for x in flatten(value)[1]:
        if is_traced(x) and x.kind == "array":
            for cell in trace.root.returned.get(x.cell, ()):
                cell.refuse_writes(*VIEWED)
