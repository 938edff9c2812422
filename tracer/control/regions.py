"""Recording a block: its equations go into a builder of their own, its changes are undone."""

from __future__ import annotations

import dataclasses
import functools
import types
from collections.abc import Callable, Iterable, Iterator
from collections.abc import Sequence as Items
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from adjit.ir.builder import GraphBuilder
from adjit.ir.dims import Size
from adjit.ir.graph import Equation
from adjit.tracer.control.journal import (
    CHANGEABLE,
    AttributeSlot,
    CellSlot,
    ItemsSlot,
    Journal,
    NameSlot,
    Slot,
)
from adjit.tracer.control.sequences import Sequence
from adjit.tracer.control.state import Rows
from adjit.tracer.operators import is_traced
from adjit.tracer.origin import is_user_class
from adjit.tracer.symint import SymInt
from adjit.tracer.views import Cell

if TYPE_CHECKING:
    from adjit.tracer.arrays import TracedArray
    from adjit.tracer.trace import Trace


@dataclass(frozen=True, slots=True, eq=False)
class Change:
    """What a block does to a slot that was there before."""

    slot: Slot
    before: Any
    after: Any


@dataclass(slots=True, eq=False)
class Recorded:
    """A block that has been traced: its equations, what it returned, what it changes."""

    equations: list[Equation]
    result: Any
    changes: dict[tuple[Any, ...], Change]
    born: int


def record(
    trace: Trace, world: World, run: Callable[[Journal], Any], *, facts: Iterable[Size] = ()
) -> Recorded:
    """Trace `run` as a region: on return everything is as before, but for the equations in the
    result. `world` is the survey made before."""
    journal = Journal()
    iterators = trace.root.changes.iterators
    trace.root.changes.iterators = {**iterators, **world.iterators}
    outer, builder = trace.builder, GraphBuilder(role=trace.builder.role)
    builder.location, builder.source = outer.location, outer.source
    memos = trace.nonzeros, trace.interned
    trace.builder, trace.nonzeros, trace.interned = builder, dict(memos[0]), dict(memos[1])
    trace.blocks.append(builder.equations)
    trace.depths.append(journal.born)
    trace.root.changes.open.append(journal)
    ranges = trace.sizes.ranges
    count = len(ranges.facts)
    ranges.facts.extend(facts)
    try:
        result = run(journal)
        changes = world.changes(journal)
    except BaseException:
        trace.release(builder.equations)
        raise
    finally:
        del ranges.facts[count:]
        trace.root.changes.open.remove(journal)
        journal.undo(lambda slot: world.holds(slot, journal.born))
        trace.root.changes.iterators = iterators
        trace.depths.pop()
        trace.builder = outer
        trace.nonzeros, trace.interned = memos
    return Recorded(builder.equations, result, changes, journal.born)


@dataclass(frozen=True, slots=True)
class World:
    """The objects that can be reached from the running functions: changes of others are nobody's
    business once the block is over."""

    objects: dict[int, Any]
    #: How many names, items and attributes look at each cell.
    references: dict[Cell, int]
    #: The same for lists, dicts and objects.
    counts: dict[int, int]
    iterators: dict[int, Any]
    arrays: list[TracedArray]
    numbers: list[SymInt]

    def changes(self, journal: Journal) -> dict[tuple[Any, ...], Change]:
        """What a block has changed so far of the things that were there before it."""
        return {
            slot.key: Change(slot, before, slot.get())
            for slot, before in journal.slots()
            if self.holds(slot, journal.born)
        }

    def holds(self, slot: Slot, born: int) -> bool:
        """True where the slot was there before the block that began at `born`."""
        if isinstance(slot, NameSlot):
            return slot.born < born
        if isinstance(slot, CellSlot):
            return slot.cell.born < born
        assert isinstance(slot, (AttributeSlot, ItemsSlot))
        return id(slot.owner) in self.objects


def survey(trace: Trace, roots: Items[Any] | None = None) -> World:
    """All objects that can be changed and reached from local variables of running functions; or
    from `roots`."""
    found: dict[int, Any] = {}
    references: dict[Cell, int] = {}
    counts: dict[int, int] = {}
    iterators: dict[int, Any] = {}
    arrays: list[TracedArray] = []
    numbers: list[SymInt] = []
    work: list[Any] = list(trace.root.held if roots is None else roots)
    seen_frames: set[int] = set()

    def enter(frame: Any) -> None:
        while frame is not None and id(frame) not in seen_frames:
            seen_frames.add(id(frame))
            work.extend(frame.locals.values())
            frame = frame.parent

    for frame in trace.root.frames if roots is None else ():
        enter(frame)
    while work:
        obj = work.pop()
        if is_traced(obj):
            if obj.kind == "array":
                references[obj.cell] = references.get(obj.cell, 0) + 1
            arrays.append(obj)
            continue
        if isinstance(obj, SymInt):
            numbers.append(obj)
        if isinstance(obj, Sequence):
            work.extend(obj.sources)
            continue
        if hasattr(type(obj), "__next__"):
            iterators[id(obj)] = obj
            work.extend(_iterated(obj))
        if _is_leaf(obj) or trace.outside.is_outside(obj):
            continue
        counts[id(obj)] = counts.get(id(obj), 0) + 1
        if id(obj) in found:
            continue
        found[id(obj)] = obj
        template = _template(obj)
        if template is not None:
            enter(template.parent)
            work.extend(template.defaults.values())
        elif isinstance(obj, dict):
            work.extend(obj.values())
        elif isinstance(obj, (*CHANGEABLE, tuple, frozenset)):
            work.extend(obj)
        elif isinstance(obj, types.MethodType):
            work.append(obj.__self__)
        elif isinstance(obj, functools.partial):
            work.extend((obj.func, obj.args, obj.keywords))
        elif isinstance(obj, Rows):
            work.append(obj.array)
        if not (is_user_class(type(obj)) or isinstance(obj, types.SimpleNamespace)):
            continue
        if hasattr(obj, "__dict__"):
            work.extend(vars(obj).values())
        for cls in type(obj).__mro__ if hasattr(type(obj), "__slots__") else ():
            names = getattr(cls, "__slots__", ())
            every = (names,) if isinstance(names, str) else names
            work.extend(getattr(obj, name, None) for name in every)
    return World(found, references, counts, iterators, arrays, numbers)


def _iterated(iterator: Any) -> tuple[Any, ...]:
    """What an iterator of Python's own goes over."""
    if type(iterator).__module__ != "builtins" or isinstance(iterator, types.GeneratorType):
        return ()
    parts: tuple[Any, ...] = iterator.__reduce__()[1]
    return parts


def _is_leaf(obj: Any) -> bool:
    return (
        obj is None
        or isinstance(obj, (bool, int, float, str, bytes, type, types.ModuleType, SymInt))
        or type(obj).__module__ == "numpy"
    )


def _template(obj: Any) -> Any:
    """What a function that was defined while tracing hangs on to."""
    if not isinstance(obj, types.FunctionType):
        return None
    for cell in obj.__closure__ or ():
        try:
            content = cell.cell_contents
        except ValueError:
            continue
        if dataclasses.is_dataclass(content) and hasattr(content, "parent"):
            return content
    return None


@contextmanager
def reopened(trace: Trace, recorded: Recorded) -> Iterator[None]:
    """What is emitted inside goes to the end of a recorded block."""
    outer = trace.builder
    builder = GraphBuilder(role=outer.role)
    builder.location, builder.source = outer.location, outer.source
    builder.equations = recorded.equations
    trace.builder = builder
    trace.depths.append(recorded.born)
    try:
        yield
    finally:
        trace.depths.pop()
        trace.builder = outer
