"""How a loop carries what it changes: decided by comparing the state before and after a turn.

The body is traced until the plan is stable: first with the state before the loop, then with
stand-ins for what was found to change. Each leaf of each changed slot gets a `Leaf` plan:

"same"      it is the same in every turn
"count"     an integer that grows by the same amount in every turn: `base + step * turn`
"scalar"    a number that is carried
"memory"    an array; its memory is carried, and all that look at it see it (`memories`)
"split"     an array of which only the value is carried: nothing is written to it
"gone"      it cannot be used after the loop
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from adjit.ir.dims import Size, Symbol, symbol_size, symbols_of
from adjit.ir.errors import TraceError
from adjit.ir.substitution import hint
from adjit.tracer.control.aliases import NOTHING, Pair, changeable, replaced, unclear
from adjit.tracer.control.journal import MISSING, CellSlot, ItemsSlot, Slot
from adjit.tracer.control.regions import Change, World
from adjit.tracer.control.state import (
    Contents,
    Kind,
    Rows,
    Tree,
    Unavailable,
    flatten,
    is_integer,
    is_nothing,
    is_plain,
    joined,
    kind_of,
    unchanged,
)
from adjit.tracer.operators import is_traced
from adjit.tracer.symint import size_of
from adjit.tracer.views import Cell

if TYPE_CHECKING:
    from adjit.tracer.trace import Trace


class Unstable(TraceError):
    """What a turn changes has not the same form in the next turn."""


@dataclass(frozen=True, slots=True)
class Leaf:
    """The plan for one leaf; `first` is what it is before the loop (MISSING: nothing)."""

    way: str
    first: Any
    kind: Kind | None = None
    step: Size = 0
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Entry:
    """The plan for one slot, with what it holds before and after a turn. `appended`: it is a list
    to which each turn appends this. `frozen`: which names are one object is not known."""

    slot: Slot
    tree: Tree
    leaves: tuple[Leaf, ...]
    before: Any
    appended: Kind | None = None
    after: Any = None
    frozen: bool = False

    def replaced(self) -> list[Pair]:
        """The objects in it that are others after a turn."""
        if self.appended is not None or any(leaf.way == "gone" for leaf in self.leaves[:1]):
            return []
        if is_nothing(self.before):
            return [(NOTHING, x) for x in changeable(self.after)]
        found = replaced(self.before, self.after)
        return [x for x in found if not isinstance(self.slot, ItemsSlot) or x[0] is not self.before]


@dataclass(slots=True)
class Plan:
    """The plans of all slots, and the memories: cells that are carried, with the cell that is
    looked at in their place after a turn (the same one, or another one after `u, v = v, u`)."""

    entries: dict[tuple[Any, ...], Entry] = field(default_factory=dict)
    memories: dict[Cell, Cell] = field(default_factory=dict)

    def same_as(self, other: Plan) -> bool:
        """True where nothing new is carried: the memories at the end of a turn may be new cells."""
        return (
            self.entries.keys() == other.entries.keys()
            and self.memories.keys() == other.memories.keys()
            and all(_form(e) == _form(other.entries[k]) for k, e in self.entries.items())
        )


@dataclass(frozen=True, slots=True)
class Scope:
    """Which symbols mean something inside the loop only: that of the turn, those declared there."""

    trace: Trace
    turn: Symbol
    mark: int

    def inner(self, size: Size) -> bool:
        """True for a size that only the inside of a turn knows."""
        return self.trace.sizes.newer(size, self.mark)

    def local(self, size: Size) -> bool:
        """True for a size that may change from turn to turn."""
        return self.inner(size) or self.turn in symbols_of(self.trace.sizes.resolve(size))


def _form(entry: Entry) -> Any:
    return (
        entry.appended,
        entry.frozen,
        tuple((leaf.way, leaf.kind, leaf.step) for leaf in entry.leaves),
    )


def compare(
    trace: Trace,
    previous: Plan,
    changes: dict[tuple[Any, ...], Change],
    world: World,
    scope: Scope,
    entered: dict[Cell, Any],
    split: Mapping[Cell, Leaf],
) -> Plan:
    """The plan after a turn that made these changes, entered with `previous`; `entered` holds the
    stand-ins of the memories, `split` those of arrays of which only the value is carried."""
    made = Plan()
    befores = {key: change.before for key, change in changes.items()}
    written: dict[Cell, None] = {}
    renamed: list[tuple[tuple[Any, ...], int, Any, Any]] = []
    for key, change in changes.items():
        if isinstance(change.slot, CellSlot):
            cell = change.slot.cell
            if change.after is not entered.get(cell, change.before):
                written[cell] = None
            continue
        entry = _entry(trace, previous.entries.get(key), change, scope, befores)
        if entry is None:
            continue
        made.entries[key] = entry
        for k, (leaf, final) in enumerate(
            zip(entry.leaves, _final_leaves(entry, change), strict=True)
        ):
            if leaf.way == "memory":
                renamed.append((key, k, leaf.first, final))
    behind = trace.root.returned
    loose = {b.cell for *_, b in renamed if any(c in split for c in behind.get(b.cell, ()))}
    _settle_memories(made, written, renamed, world.references, loose)
    pairs = {key: entry.replaced() for key, entry in made.entries.items()}
    for key in unclear(trace, pairs, world):
        made.entries[key] = replace(made.entries[key], frozen=True)
    for cell in previous.memories:
        made.memories.setdefault(cell, cell)
    return made


def _final_leaves(entry: Entry, change: Change) -> list[Any]:
    if entry.appended is not None:
        return []
    leaves = flatten(change.after)[1]
    return leaves if len(leaves) == len(entry.leaves) else [None] * len(entry.leaves)


def _entry(
    trace: Trace, known: Entry | None, change: Change, scope: Scope, befores: Contents
) -> Entry | None:
    slot, before, after = change.slot, change.before, change.after
    if known is None and before is after:
        return None
    if isinstance(slot, ItemsSlot):
        appended = _appended(trace, known, slot, before, after)
        if appended is not None:
            return appended
    if is_nothing(before):
        tree, finals = flatten(after)
        earlier = known.leaves if known and known.tree.key == tree.key else [None] * len(finals)
        leaves = tuple(_last(slot, old, x, scope) for old, x in zip(earlier, finals, strict=True))
        return Entry(slot, tree, leaves, before, after=after)
    if after is MISSING or isinstance(after, Unavailable):
        gone = Leaf("gone", before, reason="it is deleted, or not known, at the end of a turn")
        return Entry(slot, flatten(None)[0], (gone,), before)
    tree, firsts = flatten(before, befores)
    other, finals = flatten(after)
    if tree.key != other.key:
        raise Unstable(
            f"{slot.label} is one kind of object before a turn of the loop, another one after it",
            remedy="give it a value of the same structure before the loop",
        )
    old = known.leaves if known else [None] * len(firsts)
    leaves = tuple(
        _leaf(trace, slot, p, a, b, scope) for p, a, b in zip(old, firsts, finals, strict=True)
    )
    if known is None and all(leaf.way == "same" for leaf in leaves):
        return None
    return Entry(slot, tree, leaves, before, after=after)


def _leaf(trace: Trace, slot: Slot, known: Leaf | None, a: Any, b: Any, scope: Scope) -> Leaf:
    """The plan for a leaf that is `a` before the loop and `b` after a turn."""
    if known is None or known.way == "same":
        if unchanged(a, b):
            return Leaf("same", a)
        if is_integer(a) and is_integer(b):
            step = trace.sizes.resolve(size_of(b) - size_of(a))
            if known is None and not scope.local(step):
                return Leaf("count", a, kind_of(a), step)
    elif known.way == "gone":
        return known
    elif known.way == "count":
        expected = size_of(a) + (symbol_size(scope.turn) + 1) * known.step
        if is_integer(b) and trace.sizes.resolve(size_of(b) - expected) == 0:
            return known
    kinds = [k for k in (known.kind if known else None, kind_of(a), kind_of(b)) if k is not None]
    if kind_of(a) is None or kind_of(b) is None:
        if not is_traced(a) and not is_traced(b) and is_plain(a) and is_plain(b) and known:
            return Leaf("gone", a, reason="it changes in a loop that is compiled")
        raise Unstable(
            f"{slot.label} changes from {_show(a)} to {_show(b)} in a turn of the loop",
            remedy="give it a value of the same kind before the loop",
        )
    kind: Kind | None = kinds[0]
    for other in kinds[1:]:
        kind = None if kind is None else joined_here(trace, kind, other)
    if kind is None:
        raise Unstable(
            f"{slot.label} changes from {_show(a)} to {_show(b)} in a turn of the loop",
            remedy="give it a value of the same dtype and shape before the loop",
        )
    if any(map(scope.local, kind.shape)):
        raise Unstable(
            f"the shape of {slot.label} changes from turn to turn", remedy="fill one array"
        )
    if kind.form != "array":
        return Leaf("scalar", a, kind)
    return Leaf("split" if known and known.way == "split" else "memory", a, kind)


def joined_here(trace: Trace, a: Kind, b: Kind) -> Kind | None:
    """The type that holds both; sizes that are equal here are taken to be equal always (the trace
    guards it): `h = np.zeros(W.shape[0])`, then `h = h @ W`."""
    sizes = trace.sizes
    if a.form == b.form == "array" and a.dtype == b.dtype and len(a.shape) == len(b.shape):
        for n, m in zip(a.shape, b.shape, strict=True):
            difference = sizes.resolve(n - m)
            if difference != 0 and sizes.is_known(difference) and hint(difference) == 0:
                sizes.equate(n, m)
        shape = sizes.resolve_shape(a.shape)
        return Kind("array", a.dtype, shape) if shape == sizes.resolve_shape(b.shape) else None
    return joined(a, b)


def _last(slot: Slot, known: Leaf | None, x: Any, scope: Scope) -> Leaf:
    """The plan for a leaf of a slot that holds nothing before the loop: what is left of it."""
    kind = kind_of(x)
    if known is not None and known.way == "gone":
        return known
    if kind is None:
        if is_plain(x):
            return Leaf("same", MISSING)
        if isinstance(x, Unavailable):
            return Leaf("gone", MISSING, reason=x.reason)
        return Leaf("gone", MISSING, reason="it is made anew in each turn")
    if is_integer(x) and not scope.inner(size_of(x)) and (known is None or known.way == "count"):
        return Leaf("count", MISSING, kind)
    if known is not None and known.kind is not None:
        both = joined(known.kind, kind)
        if both is None:
            return Leaf("gone", MISSING, reason="its type changes from turn to turn")
        kind = both
    if any(map(scope.local, kind.shape)):
        return Leaf("gone", MISSING, reason="its shape changes from turn to turn")
    return Leaf("scalar" if kind.form != "array" else "split", MISSING, kind)


def _appended(
    trace: Trace, known: Entry | None, slot: ItemsSlot, before: Any, after: Any
) -> Entry | None:
    """The plan for a list to which each turn appends one item; None for anything else."""
    if type(before) is not list or type(slot.owner) is not list:
        return None
    started = known is not None and known.appended is not None
    earlier = after[:1] if started else after[: len(before)]
    kept = (
        len(earlier) == 1 and isinstance(earlier[0], Rows) and earlier[0].running
        if started
        else len(earlier) == len(before) and all(map(unchanged, before, earlier))
    )
    rest = after[len(earlier) :]
    kind = kind_of(rest[0]) if kept and len(rest) == 1 else None
    if kind is None:
        if started:
            raise Unstable(
                "a list grows by another number of items in one turn than in the next",
                remedy="append once in each turn, or write into an array",
            )
        return None
    kinds = [known.appended] if known is not None and known.appended is not None else []
    for other in (*kinds, *map(_item_kind, before)):
        both = None if other is None else joined_here(trace, kind, other)
        if both is None:
            raise Unstable(
                "the items of a list that a loop appends to have different types or shapes",
                remedy="append numbers, or arrays of one shape",
            )
        kind = both
    return Entry(slot, flatten(None)[0], (), before, kind)


def _item_kind(item: Any) -> Kind | None:
    """The type of an item, or of each of the items that stand as rows."""
    if not isinstance(item, Rows):
        return kind_of(item)
    shape = tuple(item.array.dims[1:])
    return Kind("array" if shape else item.form, np.dtype(item.array.dtype), shape)


def _show(x: Any) -> str:
    kind = kind_of(x)
    if kind is None:
        return "nothing" if x is MISSING else f"a {type(x).__name__}"
    if kind.form == "array":
        return f"a {kind.dtype} array of shape ({', '.join(map(str, kind.shape))})"
    return f"a {'Python ' if kind.form == 'python' else ''}{kind.dtype} number"


def _settle_memories(
    plan: Plan,
    written: dict[Cell, None],
    renamed: list[tuple[tuple[Any, ...], int, Any, Any]],
    references: dict[Cell, int],
    loose: set[Cell],
) -> None:
    """Which cells are carried, and which leaves only as values (those that may be one of the
    `loose` cells among them).

    A cell may become another one in a turn if all that look at it do so together, and in the same
    way; where that is not so, the leaf is carried as a value, and must not be written to.
    """
    becomes: dict[Cell, set[Cell]] = {}
    count: dict[Cell, int] = {}
    for _, _, a, b in renamed:
        becomes.setdefault(a.cell, set()).add(b.cell if a.steps == b.steps else a.cell)
        if a.steps != b.steps:
            becomes[a.cell].add(b.cell)
        if b.cell.refusal or b.cell in loose:  # it may be another name's array
            becomes[a.cell].add(a.cell)
        count[a.cell] = count.get(a.cell, 0) + 1
    for cell, targets in becomes.items():
        if references.get(cell, 0) > count[cell]:
            targets.add(cell)
    for cell in written:
        becomes.setdefault(cell, {cell})
    taken: dict[Cell, int] = {}
    for targets in becomes.values():
        for target in targets:
            if target not in taken:  # what is looked at and stays as it is, is taken
                stays = target not in becomes and references.get(target, 0) > 0
                taken[target] = 1 if stays else 0
            taken[target] += 1
    plan.memories = {
        cell: next(iter(targets))
        for cell, targets in becomes.items()
        if len(targets) == 1 and taken[next(iter(targets))] == 1
    }
    for cell in written:
        plan.memories.setdefault(cell, cell)
    for key, k, a, b in renamed:
        if plan.memories.get(a.cell) is b.cell and a.steps == b.steps:
            continue
        entry = plan.entries[key]
        leaves = list(entry.leaves)
        leaves[k] = Leaf("split", leaves[k].first, leaves[k].kind)
        plan.entries[key] = replace(entry, leaves=tuple(leaves))
        for cell in (a.cell, b.cell):
            if cell in written:
                raise Unstable(
                    f"{entry.slot.label} is another view of an array in each turn, and the array "
                    "is written to",
                    remedy="copy what is kept for the next turn: x.copy()",
                )
