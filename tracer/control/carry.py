"""A plan put to work: stand-ins before a turn, next values after it, results after the loop."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from adjit.ir.builder import GraphBuilder
from adjit.ir.dims import Size, Symbol, symbol_size
from adjit.ir.primitives import structural as st
from adjit.ir.substitution import substitute
from adjit.ir.values import Operand, Type, Value
from adjit.tracer.arrays import TracedArray
from adjit.tracer.control import lists
from adjit.tracer.control.aliases import NOTHING, Objects, changeable, freeze, unclear
from adjit.tracer.control.growth import Number, growing, watch
from adjit.tracer.control.journal import MISSING, CellSlot, NotRollable, Slot
from adjit.tracer.control.plan import Entry, Leaf, Plan, Unstable
from adjit.tracer.control.regions import Change, World
from adjit.tracer.control.results import VIEWED, stands_for
from adjit.tracer.control.state import Contents, Kind, Unavailable, flatten, is_nothing
from adjit.tracer.operators import is_traced
from adjit.tracer.symint import number_of, size_of
from adjit.tracer.views import Cell, Index, Step, Transpose, current

if TYPE_CHECKING:
    from adjit.tracer.trace import Trace


@dataclass(slots=True, eq=False)
class Carry:
    """The carried values of one tracing of a body. `rows` is the number of turns, which lists that
    are appended to need (None: not known beforehand). `inputs` are the stand-ins, `contents` what
    was put into the slots, `entered` into the memories, `split` the cells of which only the value
    is carried, `numbers` the stand-ins of Python's integers. `born` is the number of the region."""

    trace: Trace
    plan: Plan
    turn: Symbol
    rows: Size | None
    inputs: list[Value] = field(default_factory=list)
    contents: dict[tuple[Any, ...], Any] = field(default_factory=dict)
    entered: dict[Cell, Value] = field(default_factory=dict)
    split: dict[Cell, Leaf] = field(default_factory=dict)
    numbers: dict[Value, Leaf] = field(default_factory=dict)
    objects: Objects = field(default_factory=Objects)
    born: int = 0
    #: The lengths of growing arrays, by the slot of the list.
    capacities: dict[tuple[Any, ...], Symbol] = field(default_factory=dict)
    #: Integers that may grow without limit are checked in each turn: the loop can only be compiled.
    watched: bool = False

    def _input(self, type: Type, name: str) -> Value:
        value = Value(type, name.strip("._"), self.trace.builder.location)
        self.trace.stand_ins.append(value)
        self.inputs.append(value)
        return value

    def enter(self) -> None:
        """Put the stand-ins in place."""
        trace = self.trace
        for cell in self.plan.memories:
            slot = CellSlot(cell)
            trace.root.changes.note(slot)
            cell.value = self.entered[cell] = self._input(cell.value.type, cell.name)
        for entry in self.plan.entries.values():
            content = self._stand_in(entry)
            if content is not MISSING:
                trace.root.changes.note(entry.slot)
                entry.slot.put(content)
                self.contents[entry.slot.key] = content

    def _stand_in(self, entry: Entry) -> Any:
        if entry.appended is not None:
            return self._running_list(entry, entry.appended)
        leaves = [self._leaf(entry.slot, leaf) for leaf in entry.leaves]
        if is_nothing(entry.before):
            return MISSING
        made = self._made(self.objects, entry, entry.before, entry.after, leaves)
        if entry.frozen:
            freeze(self.trace, changeable(made))
        return made

    def _made(
        self, objects: Objects, entry: Entry, before: Any, after: Any, leaves: list[Any]
    ) -> Any:
        """What a slot holds: one object in all slots where it is one before and after a turn."""
        if len(leaves) == 1 and leaves[0] is not None and entry.leaves[0].way == "gone":
            return leaves[0]
        return objects.rebuild(before, after, iter(leaves))

    def _leaf(self, slot: Slot, leaf: Leaf) -> Any:
        if leaf.way == "count" and leaf.first is not MISSING:
            return number_of(self.trace, size_of(leaf.first) + symbol_size(self.turn) * leaf.step)
        if leaf.way in ("scalar", "split"):
            assert leaf.kind is not None
            kind = leaf.kind
            value = self._input(Type(kind.dtype, kind.shape), slot.label)
            cell = Cell(self.trace, value, _layout(leaf), value.name)
            if kind.form == "python" and kind.dtype.kind == "i":
                self.numbers[value] = leaf
            if leaf.way == "split":
                self.split[cell] = leaf
            return TracedArray(cell, kind.form)
        if leaf.way == "gone":
            return Unavailable(slot.label, leaf.reason)
        return leaf.first

    def check_split(self) -> None:
        """What is carried as a value only must not have been written to."""
        for cell in self.split:
            if not any(cell.value is value for value in self.inputs):
                raise Unstable(
                    f"{cell.name or 'an array'} is another array, or another view of one, in each "
                    "turn of the loop, and is written to",
                    remedy="copy it before it is written to: x = x.copy()",
                )

    def _running_list(self, entry: Entry, kind: Kind) -> Any:
        if self.rows is None and entry.slot.key not in self.capacities:
            self.capacities[entry.slot.key] = self.trace.fresh_symbol("capacity", lower=0)
        capacity = self.capacities.get(entry.slot.key)
        held = self._input(lists.room(entry, kind, self.rows, capacity), "rows")
        return lists.running(self.trace, entry, kind, held, self.turn)

    # First values.

    def first(self, cells: dict[Cell, Operand]) -> list[Operand]:
        """What the carried values are before the loop; `cells` holds the contents of memories."""
        trace = self.trace
        out: list[Operand] = [cells[cell] for cell in self.plan.memories]
        for entry in self.plan.entries.values():
            if entry.appended is not None:
                kind, capacity = entry.appended, self.capacities.get(entry.slot.key)
                type = lists.room(entry, kind, self.rows, capacity)
                out.append(lists.first(trace, entry, kind, type, capacity))
                continue
            for leaf in entry.leaves:
                if leaf.way not in ("scalar", "split"):
                    continue
                assert leaf.kind is not None
                if leaf.first is MISSING:
                    out.append(_undefined(trace, Type(leaf.kind.dtype, leaf.kind.shape)))
                else:
                    out.append(trace.builder.convert(trace.lift(leaf.first), leaf.kind.dtype))
        return out

    # Next values.

    def next(self, plan: Plan, changes: dict[tuple[Any, ...], Change]) -> list[Operand]:
        """What the carried values are after the turn that made these changes; `plan` is the plan
        found from them. Called while the region is open."""
        out: list[Operand] = [plan.memories[cell].value for cell in self.plan.memories]
        for key, entry in self.plan.entries.items():
            after = changes[key].after if key in changes else entry.slot.get()
            if entry.appended is not None:
                buffer, capacity = self.inputs[len(out)], self.capacities.get(key)
                kind = entry.appended
                out.append(
                    lists.appended(self.trace, entry, kind, buffer, after[-1], self.turn, capacity)
                )
                continue
            for leaf, final in zip(entry.leaves, flatten(after)[1], strict=True):
                if leaf.way in ("scalar", "split"):
                    assert leaf.kind is not None
                    operand = self.trace.lift(final)
                    out.append(self.trace.builder.convert(operand, leaf.kind.dtype))
        for value, operand in zip(self.inputs, out, strict=True):
            if self.trace.sizes.resolve_shape(operand.shape) != self.trace.sizes.resolve_shape(
                value.shape
            ) or (operand.type.dtype != value.dtype):
                raise Unstable(
                    f"{value.name or 'an array'} changes its type in a turn of the loop, from "
                    f"{value.type} to {operand.type}",
                    remedy="give it a value of the same dtype and shape before the loop",
                )
        self._check_growth(out)
        return out

    def _check_growth(self, nexts: list[Operand]) -> None:
        numbers = []
        for value, operand in zip(self.inputs, nexts, strict=True):
            if value in self.numbers:
                first = self.numbers[value].first
                known = abs(first) if isinstance(first, int) else None
                numbers.append(Number(value, operand, known))
        found = growing(self.trace.builder.equations, numbers)
        if found is not None and self.watched:
            for number in numbers:
                watch(self.trace, number)
        elif found is not None:
            raise NotRollable(
                f"the integer {found.now.name or 'of a turn'} may grow without limit, and a "
                "compiled loop has 64 bits for it",
                remedy="let it start as a float: 1.0",
            )

    # After the loop.

    def leave(
        self,
        outputs: list[Value],
        changes: dict[tuple[Any, ...], Change],
        turns: Ends,
        always: tuple[Any, ...],
        world: World,
    ) -> None:
        """Give every slot what it holds after the loop; the slot `always` also where the loop may
        not have run. `world` is the survey made before it."""
        trace, left = self.trace, iter(outputs)
        for cell in self.plan.memories:
            trace.root.changes.note(CellSlot(cell))
            cell.value = next(left)
        pairs = {key: entry.replaced() for key, entry in self.plan.entries.items()}
        shaky = unclear(trace, pairs, world, turned=turns.some)
        afters = {key: change.after for key, change in changes.items()}
        shared = Shared(world.references, self._finals(changes, afters))
        objects = Objects(world.objects if turns.some else {}, turned=turns.some, contents=afters)
        given = Objects(world.objects, turned=True, contents=afters)
        frozen: list[Any] = []
        for key, entry in self.plan.entries.items():
            trace.root.changes.note(entry.slot)
            if entry.appended is not None:
                buffer = next(left)
                entry.slot.put(lists.finished(trace, entry, entry.appended, buffer, turns.count()))
                continue
            after = changes[key].after if key in changes else entry.slot.get()
            finals = flatten(after, afters)[1]
            leaves = [
                self._result(entry.slot, leaf, final, left, shared, turns, key == always)
                for leaf, final in zip(entry.leaves, finals, strict=True)
            ]
            if is_nothing(entry.before):
                kept = given if key == always else objects
                made = self._made(kept, entry, after, NOTHING, leaves)
            else:
                made = self._made(objects, entry, entry.before, after, leaves)
            if key in shaky and key != always:
                frozen += [*changeable(made), *(x for pair in pairs[key] for x in pair)]
            if is_nothing(entry.before) and not turns.some and key != always:
                reason = "it gets a value in a loop that may not run at all"
                made = Unavailable(entry.slot.label, reason, "give it a value before the loop")
            entry.slot.put(made)
        freeze(trace, frozen)
        shared.settle(self.split)
        given.give(trace)

    def _finals(self, changes: dict[tuple[Any, ...], Change], afters: Contents) -> dict[Cell, Cell]:
        """What the stand-ins of which only the value is carried are after a turn."""
        stand_ins = {id(leaf): cell for cell, leaf in self.split.items()}
        found: dict[Cell, Cell] = {}
        for key, entry in self.plan.entries.items():
            if entry.appended is None and key in changes:
                finals = flatten(changes[key].after, afters)[1]
                for leaf, final in zip(entry.leaves, finals, strict=True):
                    if id(leaf) in stand_ins and is_traced(final):
                        found[stand_ins[id(leaf)]] = final.cell
        return found

    def _result(
        self,
        slot: Slot,
        leaf: Leaf,
        final: Any,
        left: Iterator[Value],
        shared: Shared,
        turns: Ends,
        returned: bool,
    ) -> Any:
        trace = self.trace
        if leaf.way == "scalar":
            assert leaf.kind is not None
            return TracedArray(Cell(trace, next(left)), leaf.kind.form)
        if leaf.way == "split":
            value = next(left)
            seen = self._last_view(leaf, final, turns)
            if seen is not None:
                return seen
            return self._split(leaf, final, value, shared, returned, turns.some)
        if leaf.way == "count":
            if leaf.first is MISSING:
                if not turns.some:
                    return 0
                last = {self.turn: turns.count() - 1}
                return number_of(trace, substitute(size_of(final), last))
            return number_of(trace, size_of(leaf.first) + turns.count() * leaf.step)
        if leaf.way == "gone":
            return Unavailable(slot.label, leaf.reason)
        return final if leaf.first is MISSING else leaf.first

    def _last_view(self, leaf: Leaf, final: Any, turns: Ends) -> Any:
        """The view that the last turn has made of an array from before the loop, where its place
        is known: `row` after `for row in A`."""
        source, sizes = final.cell, self.trace.sizes
        stays = source.born < self.born and self.plan.memories.get(source, source) is source
        if leaf.first is not MISSING or not turns.some or not final.steps or not stays:
            return None
        mark = sizes.rank(self.turn) + 1
        table = {self.turn: turns.count() - 1}
        steps: list[Step] = []
        for step in final.steps:
            if isinstance(step, Index):
                parts = [n for item in step.spec if hasattr(item, "sizes") for n in item.sizes()]
                if step.operands or any(sizes.newer(n, mark) for n in parts):
                    return None
                steps.append(Index(current(step.spec, table)))
            elif isinstance(step, Transpose):
                steps.append(step)
            else:
                return None
        return TracedArray(source, "array", tuple(steps), None, final.writable)

    def _split(
        self, leaf: Leaf, final: Any, value: Value, shared: Shared, returned: bool, some: bool
    ) -> Any:
        """What a name is after the loop of which only the value is carried."""
        assert leaf.kind is not None
        source = final.cell
        certain = some or leaf.first is MISSING
        stays = source.born < self.born and self.plan.memories.get(source, source) is source
        if certain and stays and not final.steps:
            return final  # in every turn the array that was there before
        before = None if certain else (leaf.first.cell, leaf.first.steps)
        cell = shared.cells.get((source, before)) if not final.steps else None
        if cell is None:
            cell = Cell(self.trace, value, _layout(leaf), value.name)
            if source.refusal:
                cell.refuse_writes(source.refusal, source.remedy)
            if not final.steps:
                shared.cells[source, before] = cell
        origins = {source, *shared.origins(self.split, self.trace.root.returned, source)}
        if not certain:
            origins.add(leaf.first.cell)
        stands_for(self.trace, cell, *origins)
        if final.steps and not returned:
            refuse_all(source, cell)
        elif not returned:
            shared.look(cell, origins)
        return TracedArray(cell, "array")


@dataclass(slots=True, eq=False)
class Shared:
    """The arrays after a loop of which only the values are carried, and the memories that they may
    be: where two names, or a name and a memory that is still looked at, may be the same array, a
    write would be seen by one of them only, and is refused."""

    references: dict[Cell, int]
    #: What each stand-in is after a turn.
    finals: dict[Cell, Cell]
    cells: dict[Any, Cell] = field(default_factory=dict)
    looking: dict[Cell, set[Cell]] = field(default_factory=dict)

    def origins(
        self, split: dict[Cell, Leaf], behind: dict[Cell, dict[Cell, None]], source: Cell
    ) -> set[Cell]:
        """The memories that one from inside of the loop may be. `behind` tells what those may be
        that branches have made."""
        found: set[Cell] = set()
        work = [source]
        while work:
            cell = work.pop()
            after = [*behind.get(cell, ())]
            if cell in split:
                first = split[cell].first
                after += [first.cell] if is_traced(first) else []
                after += [self.finals[cell]] if cell in self.finals else []
            work += [c for c in after if c not in found]
            found.update(after)
        return found

    def look(self, cell: Cell, origins: set[Cell]) -> None:
        for origin in origins:
            self.looking.setdefault(origin, set()).add(cell)

    def settle(self, split: dict[Cell, Leaf]) -> None:
        """Refuse writes to what may be looked at in two ways."""
        own: dict[Cell, int] = {}
        for leaf in split.values():
            if is_traced(leaf.first):
                own[leaf.first.cell] = own.get(leaf.first.cell, 0) + 1
        for origin, cells in self.looking.items():
            if len(cells) > 1 or self.references.get(origin, 0) > own.get(origin, 0):
                refuse_all(origin, *cells)


def refuse_all(*cells: Cell) -> None:
    """The cells may be one memory: nobody may write."""
    for cell in cells:
        cell.refuse_writes(*VIEWED)


class Ends:
    """How often a loop ran: `some`, if at least once in any case; `count()`, the number."""

    def __init__(self, count: Any, some: bool) -> None:
        self._count = count
        self.some = some

    def count(self) -> Size:
        found: Size = self._count() if callable(self._count) else self._count
        return found


def _layout(leaf: Leaf) -> str:
    first = leaf.first
    known = leaf.kind is not None and len(leaf.kind.shape) < 2
    return "C" if known or (is_traced(first) and first.c_contiguous) else "?"


def _undefined(trace: Trace, type: Type) -> Operand:
    """A first value that nobody reads."""
    builder: GraphBuilder = trace.builder
    if not type.shape:
        return builder.full(0, (), type.dtype)
    return builder.emit(st.empty, shape=type.shape, dtype=type.dtype)
