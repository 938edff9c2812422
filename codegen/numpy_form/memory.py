"""Which updates write in place, and where arrays are copied so that they can.

An analysis of who shares memory with whom, forwards through the statements; at the head of a loop
until nothing changes. An update writes into its array only where this function made that array
and nothing that shares its memory is read afterwards; else it writes into a copy. In a loop that
copy would cost the whole array in every iteration, so:

- a carried array that is written to is copied once, before the loop, where its first value is an
  argument or is read later;
- a part of an array (`t = du[1:-1]`) that is read after the array was written to is copied when
  it is taken.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from adjit.codegen.numpy_form.relations import Plan
from adjit.codegen.numpy_form.sharing import State, base_of
from adjit.codegen.numpy_form.tree import Statement, walk_tree
from adjit.ir.graph import Equation, values_of
from adjit.ir.values import Operand, Value


@dataclass(slots=True)
class Memory:
    """The decisions: updates that are `in_place`, with the array that they write into; first values
    of carried arrays that are copied; views that are copied as soon as they are taken. `last` is
    the state at the end."""

    in_place: dict[Equation, Value] = field(default_factory=dict)
    first_copied: set[Value] = field(default_factory=set)
    views_copied: set[Value] = field(default_factory=set)
    last: State = field(default_factory=State)


def decide(plan: Plan, statements: Sequence[Statement]) -> Memory:
    """The decisions for statements of which is known what is read after them."""
    views: set[Value] = set()
    while True:
        try:
            hopeful = _Analysis(plan, views_copied=views)
            hopeful.run(statements)
            wanted = _wanted(plan, statements, hopeful.in_place)
            analysis = _Analysis(plan, wanted=wanted, views_copied=views)
            last = analysis.run(statements)
            return Memory(analysis.in_place, analysis.first_copied, views, last)
        except _CopyViews as found:
            views |= found.views


class _CopyViews(Exception):
    """Views that had better be copied."""

    def __init__(self, views: set[Value]) -> None:
        super().__init__()
        self.views = views


@dataclass(slots=True)
class _Analysis:
    """`wanted` are the carried arrays that are to be copied before their loop where need be; None
    for the hopeful run, which takes every one for copied. Decisions to copy are never taken
    back."""

    plan: Plan
    views_copied: set[Value]
    wanted: set[Value] | None = None
    in_place: dict[Equation, Value] = field(default_factory=dict)
    copied: set[Equation] = field(default_factory=set)
    first_copied: set[Value] = field(default_factory=set)
    depth: int = 0

    def run(self, statements: Sequence[Statement]) -> State:
        state = State()
        for value in self.plan.graph.inputs:
            state.bind(value, (), owned=False)
        return self._block(statements, state)

    def _block(self, block: Sequence[Statement], state: State) -> State:
        for statement in block:
            if statement.pairs:
                self._assign(statement, state)
            elif statement.kind == "branch":
                arms = [self._block(arm, state.copy()) for arm in statement.blocks]
                state = arms[0].joined(arms[1], statement.after)
            elif statement.kind:
                state = self._loop(statement, state)
            else:
                self._plain(statement, state)
        return state

    def _loop(self, statement: Statement, head: State) -> State:
        self.depth += 1
        *tests, body = statement.blocks
        head = head.joined(head, statement.entered)
        while True:
            tested = head.copy()
            for test in tests:
                tested = self._block(test, tested)
            end = self._block(body, tested.copy())
            joined = head.joined(end, statement.entered)
            if joined == head:
                break
            head = joined
        self.depth -= 1
        return tested

    def _plain(self, statement: Statement, state: State) -> None:
        eqn = statement.eqn
        if eqn is not None and eqn.primitive.name == "update":
            if eqn.output.shape:
                self._update(statement, eqn, state)
            return
        if eqn is not None and self.depth and self._is_sum_in_place(statement, eqn, state):
            state.bind(eqn.output, (), owned=True)
            return
        for target in statement.targets:
            base, writable = self.base(statement)
            if not target.shape:
                continue
            if base is None or target in self.views_copied:
                state.bind(target, (), owned=True)
            else:
                others = state.near(base) & statement.after
                state.bind(target, others - {target}, owned=writable and base in state.owned)

    def base(self, statement: Statement) -> tuple[Value | None, bool]:
        """The variable whose memory the statement's result may share; whether it may be written
        through the result (not through `np.broadcast_to`)."""
        if statement.alias is not None:
            return statement.alias, True
        assert statement.eqn is not None
        return base_of(self.plan, statement.eqn)

    def _update(self, statement: Statement, eqn: Equation, state: State) -> None:
        x, made = eqn.inputs[0], eqn.output
        assert isinstance(x, Value)
        near = state.near(x) & statement.after
        fit = x in state.owned and not statement.overlapping and eqn not in self.copied
        if fit and near and self.depth and (parts := self._parts(near, x)):
            raise _CopyViews(parts)
        self._write(eqn, x, fit and not near)
        state.bind(made, (), owned=True)

    def _write(self, eqn: Equation, x: Value, fit: bool) -> None:
        if fit:
            self.in_place[eqn] = x
        else:
            self.in_place.pop(eqn, None)
            self.copied.add(eqn)

    def _is_sum_in_place(self, statement: Statement, eqn: Equation, state: State) -> bool:
        """True for what an adjoint loop adds to a sum that it carries: `dW += ...`."""
        if self.wanted is None or eqn.primitive.name != "add" or eqn.role != "backward":
            return False
        if not eqn.output.shape or eqn in self.copied:
            return False
        becomes = self.plan.flows.get(eqn.output, eqn.output).name
        for x in sorted(values_of(eqn.inputs), key=lambda x: x.name != becomes):
            if (
                x in state.owned
                and x.shape == eqn.output.shape
                and self.in_place.get(eqn, x) is x
                and not state.near(x) & statement.after
            ):
                self._write(eqn, x, True)
                return True
        self._write(eqn, statement.targets[0], False)
        return False

    def _parts(self, near: frozenset[Value], x: Value) -> set[Value]:
        """The parts of arrays to copy so that nothing shares the memory of x any more; none where
        that is not to be had."""
        out: set[Value] = set()
        for y in near:
            part = self._part(y, x)
            if part is None:
                return set()
            out.add(part)
        return out

    def _part(self, y: Value, x: Value) -> Value | None:
        seen: Value | None = y
        while seen is not None and seen is not x:
            eqn = self.plan.made_by.get(seen)
            if eqn is None or eqn.regions or eqn.primitive.name == "update":
                return None
            if eqn.primitive.name == "index" and seen not in self.views_copied:
                return seen
            seen, _ = base_of(self.plan, eqn)
        return None

    def _assign(self, statement: Statement, state: State) -> None:
        """Values bound all at once."""
        before = state.copy()
        pairs = [(t, x) for t, x in statement.live_pairs if t.shape and isinstance(x, Value)]
        targets = {t for t, _ in pairs}
        shared: list[tuple[Value, Value]] = []
        for target, x in pairs:
            near = before.near(x)
            others = {y for y in near & statement.after if y not in targets}
            others |= {t for t, y in shared if y in near}
            if statement.entry and self._is_first_copied(target, x, others, before):
                state.bind(target, (), owned=True)
                continue
            state.bind(target, (), owned=x in before.owned)
            shared.append((target, x))
        for target, x in shared:
            near = before.near(x)
            others = {y for y in near & statement.after if y not in targets}
            others |= {t for t, y in shared if y in near and t is not target}
            state.bind(target, others, owned=x in before.owned)

    def _is_first_copied(self, target: Value, x: Value, others: set[Value], before: State) -> bool:
        if self.wanted is None:
            return True
        if target in self.wanted and (others or x not in before.owned):
            self.first_copied.add(target)
        return target in self.first_copied


def _wanted(
    plan: Plan, statements: Sequence[Statement], in_place: Mapping[Equation, Value]
) -> set[Value]:
    """The values into whose memory updates write."""
    sources: dict[Value, list[Operand]] = {}
    for statement in walk_tree(statements):
        for target, x in statement.pairs:
            sources.setdefault(target, []).append(x)
    waiting: list[Operand] = list(in_place.values())
    found: set[Value] = set()
    while waiting:
        x = waiting.pop()
        if not isinstance(x, Value) or x in found:
            continue
        found.add(x)
        waiting += sources.get(x, ())
        eqn = plan.made_by.get(x)
        if eqn is None or eqn.regions:
            continue
        base = eqn.inputs[0] if eqn in in_place else base_of(plan, eqn)[0]
        if base is not None:
            waiting.append(base)
    return found
