"""The journal: what a block of the user's code changes, so that it can be undone and compared.

A loop body or an arm of a branch runs while it is traced, but what it does to names, arrays,
attributes, lists and dicts is not to happen once: it happens as often as the compiled region runs.
Every such change passes through here first. A `Slot` is a place that holds something; the journal
remembers what each changed slot held before.
"""

from __future__ import annotations

import itertools
from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Protocol

from adjit.ir.errors import DataDependentError, UnsupportedError

if TYPE_CHECKING:
    from adjit.tracer.views import Cell

#: Frames, cells and regions are numbered in the order in which they come into being.
_births = itertools.count(1)
MISSING: Any = type("Missing", (), {"__repr__": lambda self: "<no value>"})()
CHANGEABLE = (list, dict, set, deque)


def birth() -> int:
    """The next number."""
    return next(_births)


class NotRollable(DataDependentError):
    """A block cannot become a region; it may still be run turn by turn while tracing."""


class Slot(Protocol):
    """A place whose content can be read, put back, and told from other places by `key`."""

    @property
    def key(self) -> tuple[Any, ...]: ...
    @property
    def label(self) -> str: ...
    def get(self) -> Any: ...
    def put(self, content: Any) -> None: ...


@dataclass(frozen=True, slots=True, eq=False)
class NameSlot:
    """A local variable; `born` is the number of its frame."""

    names: dict[str, Any]
    name: str
    born: int

    @property
    def key(self) -> tuple[Any, ...]:
        return "name", id(self.names), self.name

    @property
    def label(self) -> str:
        return self.name

    def get(self) -> Any:
        return self.names.get(self.name, MISSING)

    def put(self, content: Any) -> None:
        if content is MISSING:
            self.names.pop(self.name, None)
        else:
            self.names[self.name] = content


@dataclass(frozen=True, slots=True, eq=False)
class AttributeSlot:
    """An attribute of an object of the user's."""

    owner: Any
    name: str

    @property
    def key(self) -> tuple[Any, ...]:
        return "attribute", id(self.owner), self.name

    @property
    def label(self) -> str:
        return f".{self.name}"

    def get(self) -> Any:
        if hasattr(self.owner, "__dict__"):
            return vars(self.owner).get(self.name, MISSING)
        return getattr(self.owner, self.name, MISSING)

    def put(self, content: Any) -> None:
        if content is not MISSING:
            object.__setattr__(self.owner, self.name, content)
        elif hasattr(self.owner, "__dict__"):
            vars(self.owner).pop(self.name, None)
        else:
            object.__delattr__(self.owner, self.name)


@dataclass(frozen=True, slots=True, eq=False)
class ItemsSlot:
    """All items of a list, dict, set or deque."""

    owner: Any

    @property
    def key(self) -> tuple[Any, ...]:
        return "items", id(self.owner)

    @property
    def label(self) -> str:
        return f"a {type(self.owner).__name__}"

    def get(self) -> Any:
        return type(self.owner)(self.owner) if type(self.owner) in CHANGEABLE else self.plain()

    def plain(self) -> Any:
        """The items in a container of the built-in type (for subclasses)."""
        return next(c for c in CHANGEABLE if isinstance(self.owner, c))(self.owner)

    def put(self, content: Any) -> None:
        self.owner.clear()
        if isinstance(self.owner, (dict, set)):
            self.owner.update(content)
        else:
            self.owner.extend(content)


@dataclass(frozen=True, slots=True, eq=False)
class CellSlot:
    """The content of a block of memory."""

    cell: Cell

    @property
    def key(self) -> tuple[Any, ...]:
        return "cell", id(self.cell)

    @property
    def label(self) -> str:
        return self.cell.name or "an array"

    def get(self) -> Any:
        return self.cell.value

    def put(self, content: Any) -> None:
        self.cell.value = content


@dataclass(slots=True, eq=False)
class Journal:
    """The changes of one block: slots with what they held before, in the order of the changes."""

    born: int = field(default_factory=birth)
    before: dict[tuple[Any, ...], tuple[Slot, Any]] = field(default_factory=dict)

    def note(self, slot: Slot) -> None:
        """A slot is about to change."""
        if slot.key not in self.before:
            self.before[slot.key] = slot, slot.get()

    def slots(self) -> Iterator[tuple[Slot, Any]]:
        yield from self.before.values()

    def undo(self, wanted: Callable[[Slot], bool]) -> None:
        """Put back the slots that are wanted. Objects made by the block itself keep what they hold
        at its end."""
        for slot, content in reversed(self.before.values()):
            if wanted(slot):
                slot.put(content)


class Journals:
    """The journals that are open, outermost first."""

    def __init__(self) -> None:
        self.open: list[Journal] = []
        self.iterators: dict[int, Any] = {}  # made before the regions that are open
        self.frozen: dict[int, Any] = {}  # objects that may be another name's object too

    def note(self, slot: Slot) -> None:
        """A slot is about to change. Each open journal notes it: the innermost one may be undone
        while the others go on."""
        if isinstance(slot, (ItemsSlot, AttributeSlot)) and id(slot.owner) in self.frozen:
            cls = NotRollable if self.open else UnsupportedError
            raise cls(
                f"the {type(slot.owner).__name__} is, or may be, another name's object too after a "
                "loop or branch, and is changed",
                remedy="make a new one instead of changing it",
            )
        for journal in self.open:
            journal.note(slot)

    def take(self, iterator: Any) -> None:
        """An item of an iterator is taken."""
        if id(iterator) in self.iterators:
            self.untracked("an iterator made before is used up")

    def untracked(self, what: str) -> None:
        """Something happens that could not be undone: only outside of regions."""
        if self.open:
            raise NotRollable(
                f"{what} inside of a loop or branch that is compiled",
                remedy="do it before the loop, or use a list, a dict or an array",
            )
