"""Which variable holds each value, and which updates write in place.

Both follow from liveness. A user's name is bound again where the value that it held is not read
any more; else the newer value gets a numbered name. An update writes into its array only where
this function made that array and nothing that shares its memory is read afterwards.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from adjit.codegen.naming import Names, identifier
from adjit.codegen.numpy_form.plan import END, Plan, viewed
from adjit.ir.graph import Equation
from adjit.ir.values import Literal, Operand, Value


@dataclass(slots=True)
class Statement:
    """A statement in the making.

    `eqn` is what it computes; None for a second name of `alias` (`db = dz`). `targets` are the
    values that get a variable, `reads` those whose variables occur in it. `overlapping` marks an
    update whose operands forbid writing in place.
    """

    eqn: Equation | None
    targets: tuple[Value, ...]
    alias: Value | None = None
    source: Value | None = None
    reads: tuple[Value, ...] = ()
    overlapping: bool = False
    several_lines: bool = False


@dataclass(slots=True)
class Variables:
    """The decisions: `names` of values, the updates that are `in_place`, memory `roots`."""

    plan: Plan
    names: dict[Value, str] = field(default_factory=dict)
    in_place: set[Equation] = field(default_factory=set)
    roots: dict[Value, tuple[Value, bool]] = field(default_factory=dict)
    sharing: dict[Value, list[Value]] = field(default_factory=dict)
    aliases: dict[Value, Value] = field(default_factory=dict)

    def root(self, x: Value) -> tuple[Value, bool]:
        """The value whose memory x is, or is a part of; and whether it may be written through x
        (not through `np.broadcast_to`)."""
        known = self.roots.get(x)
        if known is None:
            eqn = self.plan.made_by.get(x)
            source: Operand | None = self.aliases.get(x)
            if source is None and eqn is not None:
                source = viewed(eqn)
            if source is None or isinstance(source, Literal):
                known = x, True
            else:
                root, writable = self.root(source)
                spread = eqn is not None and eqn.primitive.name == "broadcast"
                known = root, writable and not spread
            self.roots[x] = known
        return known

    def owned(self, x: Value) -> bool:
        """True where the memory of x was made by this function and holds each element once."""
        root, writable = self.root(x)
        return writable and not any(root is v for v in self.plan.graph.inputs)


@dataclass(slots=True)
class _Allocator:
    names: Names
    last_read: Mapping[Value, int]
    holder: dict[str, Value] = field(default_factory=dict)
    base: dict[str, str] = field(default_factory=dict)

    def bind(self, wish: str, value: Value, now: int, blocked: Sequence[Value]) -> str:
        """A variable for `value`: the wished name, free or held by a value that nobody reads any
        more; else a new one."""
        if not wish:
            name = self.names.numbered("t")
        else:
            wish = identifier(wish)
            name = self._reusable(wish, now, blocked) or self.names.fresh(wish)
        self.holder[name], self.base[name] = value, wish
        return name

    def _reusable(self, wish: str, now: int, blocked: Sequence[Value]) -> str:
        for name, value in self.holder.items():
            if (
                self.base[name] == wish
                and self.last_read.get(value, -1) <= now
                and not any(value is b for b in blocked)
            ):
                return name
        return ""


def assign(
    plan: Plan,
    statements: Sequence[Statement],
    results: Sequence[Value],
    wishes: Mapping[Value, str],
    inputs: Mapping[Value, str],
    names: Names,
) -> Variables:
    """Decide on variables and in-place updates for statements in order.

    `results` are read at the end; `wishes` are names for values that have none; `inputs` are the
    variables of the graph's inputs.
    """
    last_read: dict[Value, int] = dict.fromkeys(results, END)
    for k, statement in reversed(list(enumerate(statements))):
        for x in statement.reads:
            last_read.setdefault(x, k)
    chosen = Variables(plan, dict(inputs))
    allocator = _Allocator(names, last_read)
    for value, name in inputs.items():
        allocator.holder[name], allocator.base[name] = value, identifier(value.name or name)
        chosen.sharing.setdefault(value, []).append(value)
    for now, statement in enumerate(statements):
        if statement.alias is not None:
            chosen.aliases[statement.targets[0]] = statement.alias
        if statement.eqn is not None and statement.eqn.primitive.name == "update":
            _bind_update(chosen, allocator, statement, statement.eqn, wishes, now)
            continue
        blocked = statement.reads if statement.several_lines else ()
        for k, target in enumerate(statement.targets):
            wish = wish_of(plan, target, wishes)
            chosen.names[target] = allocator.bind(
                wish, target, now, (*blocked, *statement.targets[:k])
            )
            chosen.sharing.setdefault(chosen.root(target)[0], []).append(target)
    return chosen


def _bind_update(
    chosen: Variables,
    allocator: _Allocator,
    statement: Statement,
    eqn: Equation,
    wishes: Mapping[Value, str],
    now: int,
) -> None:
    x, made = eqn.inputs[0], eqn.output
    assert isinstance(x, Value)
    root, _ = chosen.root(x)
    if made.shape and not statement.overlapping and _writable(chosen, allocator, x, now):
        chosen.in_place.add(eqn)
        name = chosen.names[x]
        chosen.names[made] = name
        allocator.holder[name] = made
        chosen.roots[made] = root, True
        chosen.sharing[root].append(made)
        return
    others = [y for y in statement.reads if y is not x]
    chosen.names[made] = allocator.bind(
        wish_of(chosen.plan, made, wishes), made, now, others if made.shape else ()
    )
    chosen.roots[made] = made, True
    chosen.sharing.setdefault(made, []).append(made)


def _writable(chosen: Variables, allocator: _Allocator, x: Value, now: int) -> bool:
    root, _ = chosen.root(x)
    return chosen.owned(x) and all(
        allocator.last_read.get(y, -1) <= now for y in chosen.sharing.get(root, ())
    )


def wish_of(plan: Plan, value: Value, wishes: Mapping[Value, str]) -> str:
    """The value's name; else that of the array that it becomes by updates; else as asked for."""
    seen: Value | None = value
    while seen is not None and not seen.name and seen not in wishes:
        seen = next(
            (
                user.output
                for user in plan.users.get(seen, ())
                if user is not None and user.primitive.name == "update" and user.inputs[0] is seen
            ),
            None,
        )
    if seen is None:
        return ""
    return seen.name or wishes[seen]
