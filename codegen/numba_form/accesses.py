"""What statements read and write, and which of them must keep their order for it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from adjit.codegen.numba_form.lower import Lowering
from adjit.codegen.numba_form.reads import Read
from adjit.codegen.numba_form.scopes import Scope
from adjit.codegen.numba_form.space import Index
from adjit.codegen.numba_form.statements import Memory, Statement
from adjit.ir.values import Value

#: An array or variable: its memory, or a value that has none (the outcome of a check).
Place = Memory | Value


@dataclass(frozen=True, slots=True, eq=False)
class Access:
    """One element that a statement reads or writes at every point; None: who knows which."""

    statement: Statement
    place: Place
    index: Index | None
    writes: bool


@dataclass(slots=True, eq=False)
class Pair:
    """A dependency: an element is accessed at one index and, later, at another."""

    writer: Statement
    written: Index | None
    used: Index | None
    commutes: bool


def place_of(low: Lowering, value: Value) -> Place:
    memory = low.memories.get(value)
    return value if memory is None else memory.owner


def accesses(low: Lowering, s: Statement, found: Mapping[int, list[Read]]) -> list[Access]:
    """All accesses of a statement, those of the scopes inside of it included."""
    out = [Access(s, place_of(low, value), index, False) for value, index in found[id(s)]]
    out.append(Access(s, place_of(low, s.value), s.write, True))
    out += [Access(s, memory.owner, None, True) for memory in written_variables(s)]
    inside: dict[tuple[Place, bool], None] = {}
    for scope in s.scopes:
        for inner in statements_in(scope):
            inside.update(((a.place, a.writes), None) for a in accesses(low, inner, found))
    out += [Access(s, place, None, writes) for place, writes in inside]
    return out


def written_variables(s: Statement) -> list[Memory]:
    """What a statement writes beside its value."""
    out: list[Memory] = list(s.params.get("targets", ()))
    for pair in s.params.get("moves", ()):
        out += pair
    if "trips" in s.params:
        out.append(s.params["trips"])
    return out


def statements_in(scope: Scope) -> list[Statement]:
    """The statements of a scope, that which ends it last."""
    return [*scope.statements, *([scope.end] if scope.end is not None else [])]


def pairs_of(
    low: Lowering, statements: Sequence[Statement], found: Mapping[int, list[Read]]
) -> dict[int, list[Pair]]:
    """For each statement (by identity) what it must come after: what it needs, and the last check
    of the user's own, which may be what allows it."""
    out: dict[int, list[Pair]] = {}
    before: dict[Place, list[Access]] = {}
    check: Statement | None = None
    for s in statements:
        pairs = out[id(s)] = [] if check is None else [Pair(check, None, None, False)]
        check = s if requires(s) else check
        mine = accesses(low, s, found)
        for access in mine:
            for other in before.get(access.place, ()):
                if access.writes or other.writes:
                    both = access.writes and other.writes
                    commutes = both and adds(s) and adds(other.statement)
                    pairs.append(Pair(other.statement, other.index, access.index, commutes))
        for access in mine:
            before.setdefault(access.place, []).append(access)
    return out


def requires(s: Statement) -> bool:
    """True for a check of the user's own, and for a statement with one in its scopes."""
    return s.kind == "require" or any(
        requires(inner) for scope in s.scopes for inner in statements_in(scope)
    )


def adds(s: Statement) -> bool:
    """True for a statement that adds to what is there: such statements may change places."""
    return s.kind == "add" or (s.kind == "fold" and s.op in ("sum", "dot"))
