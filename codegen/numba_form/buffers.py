"""Storage: how many axes of each memory must really exist, when it lives, what it can share."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from adjit.codegen.numba_form.accesses import written_variables
from adjit.codegen.numba_form.fuse import Leaf, Path, leaves
from adjit.codegen.numba_form.lower import Lowering
from adjit.codegen.numba_form.reads import Read
from adjit.codegen.numba_form.scopes import Scope
from adjit.codegen.numba_form.space import Index
from adjit.codegen.numba_form.statements import Memory
from adjit.ir.dims import Size


@dataclass(slots=True, eq=False)
class Storage:
    """What a memory is in the program.

    `axes`: those of the memory's axes that exist; none: a scalar variable. `scope`: where it is
    allocated, the outermost scope in which its sizes are known; `first` and `last`: the nodes of
    that scope between which it lives. `single`: written by one statement, so that a local variable
    can stand for the element just written.
    """

    memory: Memory
    axes: tuple[int, ...]
    scope: Scope
    first: int
    last: int
    single: bool
    name: str = ""
    shares: Storage | None = None

    @property
    def shape(self) -> tuple[Size, ...]:
        return tuple(self.memory.type.shape[k] for k in self.axes)


@dataclass(frozen=True, slots=True)
class _Access:
    """`nodes`: which node of each scope, from the outermost on."""

    nodes: tuple[int, ...]
    path: Path
    index: Index | None


def assign(low: Lowering, found: Mapping[int, list[Read]]) -> dict[int, Storage]:
    """The storage of every memory, by the identity of the memory."""
    accesses: dict[int, list[_Access]] = {}
    memories: dict[int, Memory] = {}
    writers: dict[int, set[int]] = {}
    for numbers, leaf in _numbered(low.scope, ()):
        for memory, index in _touched(low, leaf, found):
            memories[id(memory)] = memory
            accesses.setdefault(id(memory), []).append(_Access(numbers, leaf.places, index))
        written = low.memories.get(leaf.statement.value)
        if written is not None:
            writers.setdefault(id(written.owner), set()).add(id(leaf.statement))
    out: dict[int, Storage] = {}
    for key, memory in memories.items():
        mine = accesses[key]
        axes = _axes(low, memory, mine)
        scope, level = _scope(low, memory, axes, mine[0])
        single = len(writers.get(key, ())) == 1 and not memory.mutable
        first, last = mine[0].nodes[level], mine[-1].nodes[level]
        out[key] = Storage(memory, axes, scope, first, last, single)
    _share(low.scope, out.values())
    return out


def _numbered(scope: Scope, numbers: tuple[int, ...]) -> Iterator[tuple[tuple[int, ...], Leaf]]:
    """All leaves, with the numbers of the nodes in which they lie."""
    for number, node in enumerate(scope.nodes):
        for leaf in leaves([node]):
            yield (*numbers, number), leaf
            for inner in leaf.statement.scopes:
                yield from _numbered(inner, (*numbers, number))


def _touched(
    low: Lowering, leaf: Leaf, found: Mapping[int, list[Read]]
) -> Iterator[tuple[Memory, Index | None]]:
    statement = leaf.statement
    for value, index in [*found[id(statement)], (statement.value, statement.write)]:
        memory = low.memories.get(value)
        if memory is not None:
            yield memory.owner, low.space.rename(index, leaf.table)
    for memory in written_variables(statement):
        yield memory.owner, None


def _scope(
    low: Lowering, memory: Memory, axes: Sequence[int], access: _Access
) -> tuple[Scope, int]:
    """The outermost scope in which the sizes of a memory are known, and how deep it lies."""
    used = low.space.loops([memory.type.shape[k] for k in axes])
    for level, scope in reversed(list(enumerate(access.path, start=1))):
        if isinstance(scope, Scope) and scope.symbol in used:
            return scope, level
    return low.scope, 0


def _axes(low: Lowering, memory: Memory, accesses: Sequence[_Access]) -> tuple[int, ...]:
    """The axes along which the accesses within one iteration of the common loops differ."""
    every = tuple(range(len(memory.type.shape)))
    if memory.kind != "temporary" or memory.whole:
        return every
    common = accesses[0].path
    for access in accesses:
        same = 0
        for mine, other in zip(common, access.path, strict=False):
            if mine is not other:
                break
            same += 1
        common = common[:same]
    around = {place.symbol for place in common}
    kept = []
    for k in every:
        indices = {access.index[k] for access in accesses if access.index is not None}
        if len(indices) > 1 or not low.space.loops(indices) <= around:
            kept.append(k)
    return tuple(kept)


def _share(scope: Scope, storages: Iterable[Storage]) -> None:
    """Let a temporary take over the array of one that is dead by then."""
    free: list[Storage] = []
    waiting: list[Storage] = []
    for storage in sorted(storages, key=lambda s: s.first):
        movable = storage.scope is not scope or storage.memory.moves
        if storage.memory.kind != "temporary" or not storage.axes or movable:
            continue
        free += [s for s in waiting if s.last < storage.first]
        waiting = [s for s in waiting if s.last >= storage.first]
        for other in free:
            if (other.shape, other.memory.type.dtype) == (storage.shape, storage.memory.type.dtype):
                storage.shares = other
                free.remove(other)
                break
        waiting.append(storage)
