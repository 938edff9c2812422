"""Branches on traced conditions: both arms are traced, what they change is merged."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING, Any

from adjit.ir.errors import AdjitError, DataDependentError, UnsupportedError
from adjit.ir.primitives import elementwise as ew
from adjit.ir.regions import Block, emit_branch
from adjit.ir.values import Operand, Type, literal
from adjit.tracer.arrays import TracedArray
from adjit.tracer.control.aliases import NOTHING, Objects, settle_objects
from adjit.tracer.control.checks import Raised, demand_other, refuse_others
from adjit.tracer.control.exits import Exits, Signal, exits_of, simplified
from adjit.tracer.control.journal import MISSING, CellSlot, ItemsSlot, Journal, Slot
from adjit.tracer.control.logic import facts_of, negation
from adjit.tracer.control.plan import joined_here
from adjit.tracer.control.regions import Recorded, record, reopened, survey
from adjit.tracer.control.results import VIEWED, settle_result, stands_for
from adjit.tracer.control.state import (
    Contents,
    Kind,
    Unavailable,
    assembled,
    children,
    is_changeable,
    kind_of,
    unchanged,
)
from adjit.tracer.operators import is_traced
from adjit.tracer.views import Cell, read

if TYPE_CHECKING:
    from adjit.tracer.trace import Trace


def run_branch(
    trace: Trace, flag: Any, then: Callable[[], Signal], otherwise: Callable[[], Signal]
) -> Signal:
    """Run one of two blocks, whichever a traced bool tells; how control leaves them. Where one
    ends in an exception, the other one is what goes on after a check."""
    world = survey(trace)
    arms: list[Recorded] = []
    for truth, run in ((True, then), (False, otherwise)):
        facts = facts_of(trace, flag, truth)
        arm = record(trace, world, partial(_safely, trace, run), facts=facts)
        if isinstance(arm.result, Raised):
            for other in arms:
                trace.release(other.equations)
            demand_other(trace, flag, truth, arm)
            return otherwise() if truth else then()
        arms.append(arm)
    merge = _Merge(trace, flag, arms[0], arms[1], world.references)
    return merge.finish()


def choose(trace: Trace, flag: Any, then: Callable[[], Any], otherwise: Callable[[], Any]) -> Any:
    """The value of one of two expressions."""
    from adjit.tracer.control.exits import Return

    signal = run_branch(trace, flag, lambda: Return(then()), lambda: Return(otherwise()))
    assert isinstance(signal, Return)
    if isinstance(signal.value, Unavailable):
        raise signal.value.error(trace)
    settle_result(trace, signal.value)
    settle_objects(trace, signal.value)
    return signal.value


def resume(trace: Trace, exits: Exits, rest: Callable[[], Signal]) -> Signal:
    """Go on with the rest of a block unless control has left it."""
    going = [negation(trace, flag) for flag in exits.flags() if flag is not False]
    flag = going[0]
    for other in going[1:]:
        flag = trace.wrap(
            trace.emit(ew.logical_and, trace.lift(flag), trace.lift(other)), weak=True
        )
    if len(going) == 1:  # where control has left, this is how
        broke, continued, returned = (f is not False for f in exits.flags())
        exits = Exits(broke, continued, returned, exits.value)
    return run_branch(trace, flag, rest, lambda: simplified(exits))


def _safely(trace: Trace, run: Callable[[], Signal], journal: Journal) -> Signal | Raised:
    try:
        return run()
    except AdjitError:
        raise
    except Exception as error:
        if error is trace.root.raised:
            refuse_others(trace, error)
            return Raised(error)
        refused = trace.error(
            UnsupportedError,
            f"{type(error).__name__} ({error}) is raised in a branch that depends on numbers which "
            "are known only when the compiled function runs",
            "check the arguments before the call, or return nan",
        )
        trace.root.located = refused  # the line that raises, not the condition
        raise refused from error


@dataclass(slots=True, eq=False)
class _Merge:
    """The two arms, and the outputs that the branch has so far."""

    trace: Trace
    flag: Any
    then: Recorded
    otherwise: Recorded
    references: dict[Cell, int]
    outputs: list[tuple[Operand, Operand]] = field(default_factory=list)
    places: list[Callable[[Operand], None]] = field(default_factory=list)
    cells: dict[tuple[Cell, Cell], Cell] = field(default_factory=dict)
    results: dict[tuple[Cell, Cell], Cell] = field(default_factory=dict)
    released: dict[Cell, int] = field(default_factory=dict)
    #: What lists, dicts and objects from before hold at the end of either arm.
    contents: list[Contents] = field(default_factory=list)
    objects: Objects = field(default_factory=Objects)
    given: Objects = field(default_factory=Objects)

    def finish(self) -> Signal:
        trace = self.trace
        for arm in (self.then, self.otherwise):
            self.contents.append({key: change.after for key, change in arm.changes.items()})
        contents = [(slot, self._slot(slot, before, a, b)) for slot, before, a, b in self._slots()]
        signal = self._signal(exits_of(self.then.result), exits_of(self.otherwise.result))
        self._refuse_aliases()
        blocks = [
            Block(list(arm.equations), [pair[k] for pair in self.outputs])
            for k, arm in enumerate((self.then, self.otherwise))
        ]
        if self.outputs:
            made = emit_branch(trace.builder, trace.lift(self.flag), *blocks)
            for place, value in zip(self.places, made, strict=True):
                place(value)
        for arm in (self.then, self.otherwise):
            trace.release(arm.equations)
        for slot, content in contents:
            if isinstance(content, Unavailable) and isinstance(slot, ItemsSlot):
                raise trace.error(
                    DataDependentError,
                    f"an `if` changes the items of {slot.label}: {content.reason}",
                    _SAME_ITEMS,
                )
            if content is not _PLACED:
                trace.root.changes.note(slot)
                slot.put(content)
        self.objects.settle(trace)
        self.given.give(trace)
        return signal

    def _slots(self) -> Iterable[tuple[Slot, Any, Any, Any]]:
        """Every slot that an arm changes: before, after either arm. Memories come first."""
        a, b = self.then.changes, self.otherwise.changes
        keys = list(dict.fromkeys((*a, *b)))
        for wanted in (True, False):
            for key in keys:
                change = a.get(key) or b[key]
                if isinstance(change.slot, CellSlot) is wanted:
                    before = change.before
                    yield (
                        change.slot,
                        before,
                        a[key].after if key in a else before,
                        b[key].after if key in b else before,
                    )

    def _slot(self, slot: Slot, before: Any, a: Any, b: Any) -> Any:
        if isinstance(slot, CellSlot):
            if a is not b:
                cell = slot.cell
                self.trace.root.changes.note(slot)
                self._output(a, b, lambda value: setattr(cell, "value", value))
            return _PLACED
        if a is MISSING or b is MISSING:
            if a is b:
                return MISSING
            return Unavailable(slot.label, "it gets a value in one branch of an `if` only")
        for one in (a, b):
            if isinstance(one, Unavailable):
                return one
        return self._tree(slot.label, before, a, b)

    def _tree(self, label: str, before: Any, a: Any, b: Any, *, returned: bool = False) -> Any:
        if a is b and (a is before or is_changeable(a)):
            return a  # what it holds is merged by itself
        parts, others = children(a, self._contents(0)), children(b, self._contents(1))
        if parts is None and others is None:
            return self._leaf(label, before, a, b, returned=returned)
        if parts is None or others is None or parts[0] != others[0]:
            return _different(self.trace, label, a, b)
        earlier = children(before)
        firsts = (
            earlier[1]
            if earlier is not None and earlier[0] == parts[0]
            else [MISSING] * len(parts[1])
        )
        triples = zip(firsts, parts[1], others[1], strict=True)
        items = [self._tree(label, *x, returned=returned) for x in triples]
        if is_changeable(a):
            return (self.given if returned else self.objects).made(a, b, items)
        return assembled(a, items)

    def _contents(self, arm: int) -> Contents:
        """What lists, dicts and objects from before hold at the end of an arm."""
        changes = (self.then, self.otherwise)[arm].changes
        return {key: change.after for key, change in changes.items()}

    def _leaf(self, label: str, before: Any, a: Any, b: Any, *, returned: bool = False) -> Any:
        if unchanged(a, b):
            return a
        kinds = kind_of(a), kind_of(b)
        if kinds[0] is None or kinds[1] is None:
            return _different(self.trace, label, a, b)
        kind = joined_here(self.trace, kinds[0], kinds[1])
        if kind is None:
            return _different(self.trace, label, a, b)
        if kind.form == "array":
            return self._array(kind, before, a, b, returned)
        holder = TracedArray(Cell(self.trace, literal(0, kind.dtype)), kind.form)
        self._output(
            self._operand(0, a, kind), self._operand(1, b, kind), _filler(holder.cell, label)
        )
        return holder

    def _operand(self, arm: int, x: Any, kind: Kind) -> Operand:
        """The leaf as an operand at the end of its arm."""
        trace = self.trace
        with reopened(trace, (self.then, self.otherwise)[arm]):
            if kind.form != "array":
                return trace.builder.convert(trace.lift(x), kind.dtype)
            content = self._content(arm, x.cell)
            return read(trace.builder, content, x.steps, trace.sizes.table)

    def _output(self, a: Operand, b: Operand, place: Callable[[Operand], None]) -> None:
        self.outputs.append((a, b))
        self.places.append(place)

    def _array(self, kind: Kind, before: Any, a: Any, b: Any, returned: bool) -> Any:
        """An array that is one of two: a memory of its own; those that stand for the same two
        share it. Where one of the two is still looked at by others, nobody may write. What is
        returned can be looked at only when the function has ended: `settle_result`."""
        alike = a.steps == b.steps and not any(getattr(s, "operands", ()) for s in a.steps)
        for cell in (a.cell, b.cell):
            if is_traced(before) and before.kind == "array" and before.cell is cell:
                self.released[cell] = self.released.get(cell, 0) + 1
                break
        pair = (a.cell, b.cell)
        known = self.cells.get(pair) or (self.results.get(pair) if returned else None)
        if alike and known is not None:
            return TracedArray(known, "array", a.steps, a.strides, a.writable)
        held = Cell(self.trace, _placeholder(kind), _layout(a, b), a.cell.name or b.cell.name)
        stands_for(self.trace, held, *pair)
        for cell in pair:
            if cell.refusal:
                held.refuse_writes(cell.refusal, cell.remedy)
        if not alike:
            for cell in (held, *pair) if not returned else ():
                cell.refuse_writes(*VIEWED)
            self._output(
                self._operand(0, a, kind), self._operand(1, b, kind), _filler(held, held.name)
            )
            return TracedArray(held, "array")
        (self.results if returned else self.cells)[pair] = held
        values = [self._content(k, cell) for k, cell in enumerate(pair)]
        held.value = values[0]
        self._output(values[0], values[1], _filler(held, held.name))
        return TracedArray(held, "array", a.steps, a.strides, a.writable)

    def _content(self, arm: int, cell: Cell) -> Operand:
        """What a memory holds at the end of an arm."""
        change = (self.then, self.otherwise)[arm].changes.get(CellSlot(cell).key)
        content: Operand = cell.value if change is None else change.after
        return content

    def _refuse_aliases(self) -> None:
        partners: dict[Cell, set[Cell]] = {}
        for a, b in self.cells:
            partners.setdefault(a, set()).add(b)
            partners.setdefault(b, set()).add(a)
        for (a, b), held in self.cells.items():
            for cell in (a, b):
                left = self.references.get(cell, 0) - self.released.get(cell, 0)
                if left > 0 or len(partners[cell]) > 1:
                    cell.refuse_writes(*VIEWED)
                    held.refuse_writes(*VIEWED)

    # How control leaves.

    def _signal(self, a: Exits, b: Exits) -> Signal:
        broke, continued, returned = map(self._flag, a.flags(), b.flags())
        return simplified(Exits(broke, continued, returned, self._value(a, b)))

    def _flag(self, a: Any, b: Any) -> Any:
        if not is_traced(a) and not is_traced(b):
            if a == b:
                return a
            return self.flag if a else negation(self.trace, self.flag)
        return self._leaf("a flag", MISSING, a, b)

    def _value(self, a: Exits, b: Exits) -> Any:
        """What is returned: of an arm that returns nothing the value is of no account."""
        if a.returned is False or b.returned is False:
            given = b if a.returned is False else a
            if given.returned is False or given.value is MISSING:
                return MISSING
            return self._alone(given.value, int(given is b))
        return self._tree("the result", MISSING, a.value, b.value, returned=True)

    def _alone(self, x: Any, arm: int) -> Any:
        """A result of one arm."""
        parts = children(x, self.contents[arm])
        if parts is None:
            stand_in = _stand_in(self.trace, x)
            pair = (stand_in, x) if arm else (x, stand_in)
            return self._leaf("the result", MISSING, *pair, returned=True)
        items = [self._alone(y, arm) for y in parts[1]]
        return self.given.made(x, NOTHING, items) if is_changeable(x) else assembled(x, items)


_PLACED: Any = object()
_SAME_ITEMS = "let both branches leave the same number of items of the same kinds in it"


def _filler(cell: Cell, label: str) -> Callable[[Operand], None]:
    def fill(value: Any) -> None:
        cell.value = value
        value.name = value.name or label.strip("._ ")

    return fill


def _placeholder(kind: Kind) -> Any:
    from adjit.ir.values import Value

    return Value(Type(kind.dtype, kind.shape))


def _stand_in(trace: Trace, x: Any) -> Any:
    """Something of the type of a leaf, for the arm in which it means nothing."""
    kind = kind_of(x)
    if kind is None:
        return x
    if kind.form == "array":
        return trace.wrap(trace.builder.full(0, kind.shape, kind.dtype), array=True)
    return TracedArray(Cell(trace, literal(0, kind.dtype)), kind.form)


def _layout(a: Any, b: Any) -> str:
    layouts = {a.cell.layout, b.cell.layout}
    return layouts.pop() if len(layouts) == 1 else "?"


def _different(trace: Trace, label: str, a: Any, b: Any) -> Unavailable:
    def show(x: Any) -> str:
        kind = kind_of(x)
        if kind is None:
            sized = isinstance(x, (list, tuple, dict, set, deque))
            return f"a {type(x).__name__}" + (f" with {len(x)} items" if sized else "")
        if kind.form != "array":
            return f"a {kind.dtype} number"
        return f"a {kind.dtype} array of shape {trace.sizes.show_shape(kind.shape)}"

    return Unavailable(label, f"it is {show(a)} in one branch and {show(b)} in the other")
