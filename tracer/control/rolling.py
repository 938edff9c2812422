"""Loops as regions: the body is traced until it is known what is carried from turn to turn."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING, Any

from adjit.ir.dims import Size, Symbol, symbol_size
from adjit.ir.effects import any_acts
from adjit.ir.primitives import elementwise as ew
from adjit.ir.primitives import structural as st
from adjit.ir.regions import Block, emit_loop, emit_while
from adjit.ir.values import Operand
from adjit.tracer.control.carry import Carry, Ends
from adjit.tracer.control.exits import Exits, Signal, exits_of, simplified
from adjit.tracer.control.journal import (
    CHANGEABLE,
    MISSING,
    CellSlot,
    Journal,
    NameSlot,
    NotRollable,
    birth,
)
from adjit.tracer.control.logic import either, negation, truth_of
from adjit.tracer.control.plan import Plan, Scope, Unstable, compare
from adjit.tracer.control.regions import Recorded, World, record, survey

if TYPE_CHECKING:
    from adjit.tracer.trace import Trace

_ROUNDS = 12


@dataclass(slots=True, eq=False)
class Turns:
    """A loop of the user's.

    Attributes
    ----------
    body:
        Runs one turn; how control leaves it.
    turn:
        Stands for the number of the turn, from 0.
    count:
        How many turns there are, at most; None: as long as the condition holds.
    condition:
        The condition of a `while`.
    some:
        True where there is one turn at least.
    static:
        True where the condition is known: the loop is a region only if its body computes something.
    start, step, name:
        The user's index, for the reader.
    """

    body: Callable[[], Signal]
    turn: Symbol
    count: Size | None = None
    condition: Callable[[], Any] | None = None
    some: bool = False
    static: bool = False
    start: Size = 0
    step: int = 1
    name: str = "i"


@dataclass(slots=True, eq=False)
class _Roll:
    trace: Trace
    turns: Turns
    world: World
    scope: Scope
    born: int = field(default_factory=birth)
    #: How control has left the loop: carried like a variable of the user's.
    exits: dict[str, Any] = field(
        default_factory=lambda: {"broke": False, "returned": False, "value": MISSING}
    )

    def run(self) -> Signal:
        carry, body, nexts, changes = self._settle()
        plan = carry.plan
        leaves = any(key in plan.entries for key in self._exit_keys())
        trace, turns = self.trace, self.turns
        if not nexts and turns.count is not None and not leaves and not any_acts(body.equations):
            trace.release(body.equations)
            self._finish(carry, [], changes, Ends(turns.count, turns.some))
            return None
        firsts = carry.first({cell: cell.value for cell in plan.memories})
        block = Block(list(body.equations), nexts)
        ends = Ends(turns.count, turns.some)
        if turns.count is not None and not leaves:
            outputs = emit_loop(
                trace.builder,
                firsts,
                carry.inputs,
                block,
                count=trace.sizes.resolve(turns.count),
                symbol=turns.turn,
                start=trace.sizes.resolve(turns.start),
                step=turns.step,
                name=turns.name,
            )
        else:
            tested, condition = self._condition(carry, leaves)
            made = emit_while(
                trace.builder,
                firsts,
                carry.inputs,
                Block(list(condition.equations), [condition.result]),
                block,
                symbol=turns.turn,
                name=turns.name,
                condition_inputs=tested.inputs,
            )
            trace.release(condition.equations)
            outputs, trips = made[:-1], made[-1]
            ends = Ends(lambda: _bound(trace, trips), turns.some)
        trace.release(body.equations)
        self._finish(carry, list(outputs), changes, ends)
        return self._signal()

    def _settle(self) -> tuple[Carry, Recorded, list[Operand], Any]:
        """Trace the body until what it carries is known."""
        plan = Plan()
        for _ in range(_ROUNDS):
            carry = Carry(self.trace, plan, self.turns.turn, self._rows())
            carry.watched = self.turns.condition is not None and not self.turns.static
            turn = partial(self._turn, carry)
            body = record(self.trace, self.world, turn, facts=self._facts())
            carry.born = body.born
            if self.turns.static and not body.equations:
                raise NotRollable("a loop over Python's own numbers")
            found, nexts, changes = body.result
            if nexts is not None:
                carry.plan = plan
                return carry, body, nexts, changes
            self.trace.release(body.equations)
            plan = found
        raise Unstable("what the loop changes takes another form in each turn")

    def _body(self) -> Signal:
        try:
            return self.turns.body()
        except Exception as error:
            if error is not self.trace.root.raised:
                raise
            raise Unstable("a turn of the loop raises an exception in any case") from error

    def _rows(self) -> Size | None:
        return None if self.turns.count is None else self.trace.sizes.resolve(self.turns.count)

    def _facts(self) -> list[Size]:
        return [] if self.turns.count is None else [self.turns.count - 1]

    def _turn(self, carry: Carry, journal: Journal) -> Any:
        self.trace.check_length()
        carry.enter()
        self._note_exits(exits_of(self._body()))
        changes = self.world.changes(journal)
        found = compare(
            self.trace,
            carry.plan,
            changes,
            self.world,
            self.scope,
            carry.entered,
            carry.split,
        )
        carry.check_split()
        if not found.same_as(carry.plan):
            return found, None, changes
        return found, carry.next(found, changes), changes

    # How control leaves the loop.

    def _slots(self) -> dict[str, NameSlot]:
        return {
            name: NameSlot(self.exits, name, self.born) for name in ("broke", "returned", "value")
        }

    def _exit_keys(self) -> list[tuple[Any, ...]]:
        return [slot.key for slot in self._slots().values()][:2]

    def _note_exits(self, exits: Exits) -> None:
        if exits.broke is True or exits.returned is True:
            raise Unstable("the loop is left in its first turn in any case")
        for name, slot in self._slots().items():
            content = getattr(exits, name)
            if content is not self.exits.get(name, MISSING):
                self.trace.root.changes.note(slot)
                slot.put(content)

    def _condition(self, body: Carry, leaves: bool) -> tuple[Carry, Recorded]:
        carry = Carry(self.trace, body.plan, self.turns.turn, self._rows())
        carry.capacities = body.capacities

        def test(journal: Journal) -> Operand:
            trace = self.trace
            carry.enter()
            flag: Any = True
            if self.turns.condition is not None:
                flag = truth_of(trace, self.turns.condition())
            if self.turns.count is not None:
                left = trace.emit(
                    ew.lt,
                    trace.builder.dim(symbol_size(self.turns.turn)),
                    trace.builder.dim(trace.sizes.resolve(self.turns.count)),
                )
                flag = _both(trace, flag, trace.wrap(left, weak=True))
            if leaves:
                done = either(trace, self.exits["broke"], self.exits["returned"])
                flag = _both(trace, flag, negation(trace, done))
            self._refuse_changes(carry, journal)
            return trace.lift(flag)

        return carry, record(self.trace, self.world, test)

    def _refuse_changes(self, carry: Carry, journal: Journal) -> None:
        for change in self.world.changes(journal).values():
            entered = carry.contents.get(change.slot.key, MISSING)
            if isinstance(change.slot, CellSlot):
                entered = carry.entered.get(change.slot.cell, MISSING)
            if not _same(change.after, entered):
                raise NotRollable(
                    f"the condition of a while loop changes {change.slot.label}",
                    remedy="write `while True:` with the assignment and a `break` in the body",
                )

    def _finish(self, carry: Carry, outputs: list[Any], changes: Any, ends: Ends) -> None:
        # what a return statement gives is of account only where one was reached
        value = NameSlot(self.exits, "value", self.born).key
        carry.leave(outputs, changes, ends, value, self.world)

    def _signal(self) -> Signal:
        broke, returned = self.exits["broke"], self.exits["returned"]
        value = self.exits.get("value", MISSING)
        return simplified(Exits(broke=broke, returned=returned, value=value))


def _same(a: Any, b: Any) -> bool:
    """True for the same content; containers are snapshots, compared by their items."""
    if type(a) is not type(b) or not isinstance(a, CHANGEABLE):
        return a is b
    if isinstance(a, dict):
        return list(a) == list(b) and all(map(_same, a.values(), b.values()))
    return len(a) == len(b) and all(x is y for x, y in zip(a, b, strict=True))


def _both(trace: Trace, a: Any, b: Any) -> Any:
    if a is True:
        return b
    if b is True:
        return a
    return trace.wrap(trace.emit(ew.logical_and, trace.lift(a), trace.lift(b)), weak=True)


def _bound(trace: Trace, trips: Any) -> Size:
    """The number of turns of a loop that has run, as a size."""
    symbol = trace.found_symbol("trips", lower=0)
    trace.builder.bind(st.bind, trips, symbol=symbol)
    return symbol_size(symbol)


def roll(trace: Trace, turns: Turns) -> Signal:
    """Run a loop as a region. Raises `Unstable` where its turns differ in form, `NotRollable`
    where the body needs Python's own numbers; then nothing has happened."""
    scope = Scope(trace, turns.turn, trace.sizes.declared)
    return _Roll(trace, turns, survey(trace), scope).run()
