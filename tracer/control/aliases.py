"""Lists, dicts and objects that a branch or loop replaces by others of the same structure.

What stands for one of two of them is made anew. Names that are the same object on both sides stay
one object; where it may be one that something else still looks at, a change of either would be seen
by one of them only: both are frozen, and a change is an error.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from adjit.tracer.control.regions import World, survey
from adjit.tracer.control.state import Contents, assembled, children, is_changeable

if TYPE_CHECKING:
    from adjit.tracer.trace import Trace


#: Stands for the other side where there is none.
NOTHING: Any = type("Nothing", (), {})()
#: What replaces an object on the way through a branch or loop: from, to.
Pair = tuple[Any, Any]


@dataclass(slots=True, eq=False)
class Objects:
    """Which pairs of objects have been replaced, and by what. `turned`: only the second of a pair
    matters, and `certain` ones stay what they are. `contents`: what they held in the end, where a
    block has been undone."""

    certain: Mapping[int, Any] = field(default_factory=dict)
    turned: bool = False
    contents: Contents = field(default_factory=dict)
    pairs: dict[tuple[int, int], tuple[Any, Any, Any]] = field(default_factory=dict)

    def rebuild(self, a: Any, b: Any, leaves: Iterator[Any]) -> Any:
        """Something of the structure that `a` and `b` have, with these leaves."""
        parts = children(a, self.contents if b is NOTHING else None)
        if parts is None:
            return next(leaves)
        found = None if b is NOTHING else children(b)
        alike = found is not None and len(found[1]) == len(parts[1])
        others = found[1] if found is not None and alike else [NOTHING] * len(parts[1])
        items = [self.rebuild(x, y, leaves) for x, y in zip(parts[1], others, strict=True)]
        if not is_changeable(a):
            return assembled(a, items)
        last = a if b is NOTHING else b
        if a is b or id(last) in self.certain:
            return last
        return self.made(a, b, items)

    def made(self, a: Any, b: Any, items: list[Any]) -> Any:
        """What stands for one of the two, of these parts."""
        key = (0, id(a if b is NOTHING else b)) if self.turned else (id(a), id(b))
        if key not in self.pairs:
            self.pairs[key] = a, b, assembled(a, items)
        return self.pairs[key][2]

    def settle(self, trace: Trace) -> None:
        """Freeze what may be one object, now that every name holds what it holds from here on."""
        if not self.pairs:
            return
        reached = survey(trace).objects
        count: dict[int, int] = {}
        for a, b, _ in self.pairs.values():
            for x in (a, b):
                count[id(x)] = count.get(id(x), 0) + 1
        for a, b, made in self.pairs.values():
            if any(id(x) in reached or count[id(x)] > 1 or is_frozen(trace, x) for x in (a, b)):
                freeze(trace, (a, b, made))

    def give(self, trace: Trace) -> None:
        """What is made here is returned: `settle_objects` looks at whose object it may be."""
        known = trace.root.returned_objects
        for a, b, made in self.pairs.values():
            sources = [x for x in (a, b) if x is not NOTHING]
            known[id(made)] = made, [*sources, *(y for x in sources for y in _behind(trace, x))]


def _behind(trace: Trace, x: Any) -> list[Any]:
    found: list[Any] = trace.root.returned_objects.get(id(x), (x, []))[1]
    return found


def settle_objects(trace: Trace, value: Any) -> None:
    """A value that has been returned is the user's from here on."""
    given = [x for x in changeable(value) if _behind(trace, x)]
    if not given:
        return
    reached = survey(trace).objects
    for x in given:
        others = [x, *_behind(trace, x)]
        if any(id(y) in reached or is_frozen(trace, y) for y in others[1:]):
            freeze(trace, others)


def changeable(value: Any) -> Iterator[Any]:
    """The objects in a value that can be changed in place."""
    parts = children(value)
    if parts is not None:
        if is_changeable(value):
            yield value
        for item in parts[1]:
            yield from changeable(item)


def replaced(before: Any, after: Any) -> Iterator[Pair]:
    """The objects in the one that have become others in the other."""
    parts, others = children(before), children(after)
    if parts is None or others is None or before is after:
        return
    if is_changeable(before):
        yield before, after
    for a, b in zip(parts[1], others[1], strict=False):
        yield from replaced(a, b)


def unclear(
    trace: Trace, pairs: Mapping[Any, list[Pair]], world: World, *, turned: bool = False
) -> set[Any]:
    """Of all slots with what is replaced in them in a turn of a loop, those where it cannot be said
    which names are one object in the next turn; with `turned`, after one turn at least."""
    to: dict[int, set[int]] = {}
    of: dict[int, set[int]] = {}
    places: dict[int, int] = {}
    for found in pairs.values():
        for a, b in found:
            to.setdefault(id(a), set()).add(id(b))
            if a is not NOTHING:
                of.setdefault(id(b), set()).add(id(a))
            places[id(a)] = places.get(id(a), 0) + 1

    def is_unclear(a: Any, b: Any) -> bool:
        if turned or a is NOTHING:  # then it is this object
            return id(b) not in world.objects and is_frozen(trace, b)
        several = len(to[id(a)]) > 1 or len(of[id(b)]) > 1 or id(b) in world.objects
        elsewhere = world.counts.get(id(a), 0) > places[id(a)]
        return several or elsewhere or is_frozen(trace, a) or is_frozen(trace, b)

    return {key for key, found in pairs.items() if any(is_unclear(a, b) for a, b in found)}


def freeze(trace: Trace, objects: Iterable[Any]) -> None:
    """A change of these is an error from now on."""
    for x in objects:
        trace.root.changes.frozen[id(x)] = x


def is_frozen(trace: Trace, x: Any) -> bool:
    """True for an object that may be another name's object too."""
    return id(x) in trace.root.changes.frozen
