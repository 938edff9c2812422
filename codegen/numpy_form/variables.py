"""Which variable holds each value.

A user's name is bound again where the value that it held is not read any more; else the newer
value gets a numbered name. A carried value, its next value and the loop's result are one variable
where that is possible; else the body ends with an assignment.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from adjit.codegen.naming import Names, identifier
from adjit.codegen.numpy_form.memory import Memory
from adjit.codegen.numpy_form.relations import Plan
from adjit.codegen.numpy_form.tree import Pair, Statement
from adjit.ir.graph import Equation
from adjit.ir.values import Value


@dataclass(slots=True)
class _Allocator:
    """`holder` says which value each variable holds, dead or alive; `base` which name was wished
    for when the variable was made."""

    plan: Plan
    memory: Memory
    wishes: Mapping[Value, str]
    names: Names
    chosen: dict[Value, str]
    holder: dict[str, Value] = field(default_factory=dict)
    base: dict[str, str] = field(default_factory=dict)

    def block(self, block: Sequence[Statement]) -> None:
        for statement in block:
            if statement.pairs:
                self._assign(statement)
            elif statement.kind == "branch":
                self._branch(statement)
            elif statement.kind:
                self._loop(statement)
            else:
                self._plain(statement)

    def _plain(self, statement: Statement) -> None:
        eqn = statement.eqn
        if eqn is not None and eqn in self.memory.in_place:
            self._hold(self.chosen[self.memory.in_place[eqn]], eqn.output)
            return
        if eqn is not None and eqn.primitive.name == "update":
            self._copying_update(statement, eqn)
            return
        blocked = statement.reads if statement.several_lines else ()
        for k, target in enumerate(statement.targets):
            self._bind(target, statement.after, (*blocked, *statement.targets[:k]))

    def _copying_update(self, statement: Statement, eqn: Equation) -> None:
        x, made = eqn.inputs[0], eqn.output
        others = [y for y in statement.reads if y is not x]
        self._bind(made, statement.after, others if made.shape else ())

    def _hold(self, name: str, value: Value) -> None:
        self.chosen[value] = name
        self.holder[name] = value

    def _bind(self, value: Value, after: frozenset[Value], blocked: Sequence[Value]) -> None:
        """A variable for `value`: that of the value which it becomes, where it is free; one of the
        wished name, free or held by a value that nobody reads any more; else a new one."""
        target = self.plan.flows.get(value)
        name = "" if target is None else self.chosen.get(target, "")
        if name and self._is_free(name, after, blocked):
            self._hold(name, value)
            return
        only_becomes = bool(name) and not value.name and value not in self.wishes
        wish = "" if only_becomes else wish_of(self.plan, value, self.wishes)
        self._bind_wish(wish, value, after, blocked)

    def _bind_wish(
        self, wish: str, value: Value, after: frozenset[Value], blocked: Sequence[Value] = ()
    ) -> None:
        if not wish:
            name = self.names.numbered("t")
            self.base[name] = wish
        else:
            wish = identifier(wish)
            free = (
                name
                for name, base in self.base.items()
                if base == wish and self._is_free(name, after, blocked)
            )
            name = next(free, "") or self.names.fresh(wish)
            self.base[name] = wish
        self._hold(name, value)

    def _is_free(self, name: str, after: frozenset[Value], blocked: Sequence[Value]) -> bool:
        value = self.holder.get(name)
        return value is None or (value not in after and not any(value is b for b in blocked))

    # Assignments all at once, loops, branches.

    def _assign(self, statement: Statement) -> None:
        pairs = statement.live_pairs
        for pair in pairs:
            if pair[0] not in self.chosen and (name := self._same_variable(statement, pair)):
                self._hold(name, pair[0])
        for target, _ in pairs:
            if target not in self.chosen:
                others = [t for t, _ in pairs if t in self.chosen]
                self._bind(target, statement.after, others)
        for target, _ in pairs:
            self.holder[self.chosen[target]] = target

    def _same_variable(self, statement: Statement, pair: Pair) -> str:
        """The variable of a first value, where the carried value can stay in it."""
        target, x = pair
        if not isinstance(x, Value) or x in self.plan.inlined or x in statement.after:
            return ""
        name = self.chosen[x]
        if self.holder[name] is not x:
            return ""
        wish = wish_of(self.plan, target, self.wishes)
        return name if self.base[name] == (identifier(wish) if wish else "") else ""

    def _loop(self, statement: Statement) -> None:
        before = dict(self.holder)
        if statement.index_read:
            self._bind(statement.index, statement.entered, statement.reads)
        for inner in statement.blocks:
            self.block(inner)
        self._leave(statement, before)

    def _branch(self, statement: Statement) -> None:
        before = dict(self.holder)
        chosen: list[Value] = []
        for target in statement.targets:
            self._bind(target, statement.after, chosen)
            chosen.append(target)
        arms: dict[str, Value] = {}
        for inner in statement.blocks:
            self.holder = dict(before)
            self.block(inner)
            arms |= self.holder
        self.holder = arms
        self._leave(statement, before)
        for target in statement.targets:
            self.holder[self.chosen[target]] = target

    def _leave(self, statement: Statement, before: Mapping[str, Value]) -> None:
        """What is read after the blocks is where it was before them."""
        for name, value in before.items():
            if value in statement.after:
                self.holder[name] = value


def assign(
    plan: Plan,
    statements: Sequence[Statement],
    memory: Memory,
    wishes: Mapping[Value, str],
    inputs: Mapping[Value, str],
    names: Names,
) -> dict[Value, str]:
    """Choose variables for statements in order; `wishes` are names for values that have none,
    `inputs` the variables of the graph's inputs."""
    allocator = _Allocator(plan, memory, wishes, names, dict(inputs))
    for value, name in inputs.items():
        allocator.holder[name] = value
        allocator.base[name] = identifier(value.name or name)
    allocator.block(statements)
    return allocator.chosen


def wish_of(plan: Plan, value: Value, wishes: Mapping[Value, str]) -> str:
    """The value's name; else that of the array that it becomes by updates or in a loop; else as
    asked for."""
    seen: Value | None = value
    met: set[Value] = set()
    while seen is not None and not seen.name and seen not in wishes and seen not in met:
        met.add(seen)
        seen = next(
            (
                user.output
                for user in plan.users.get(seen, ())
                if user is not None
                and user.primitive.name in ("update", "reserve")
                and user.inputs[0] is seen
            ),
            plan.flows.get(seen),
        )
    if seen is None or seen in met:
        return ""
    return seen.name or wishes[seen]
