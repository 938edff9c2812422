"""Storage: how many axes of each memory must really exist, when it lives, what it can share."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from adjit.codegen.numba_form.fuse import Leaf, Loop, Node, leaves
from adjit.codegen.numba_form.lower import Lowering
from adjit.codegen.numba_form.reads import Read
from adjit.codegen.numba_form.space import Index
from adjit.codegen.numba_form.statements import Memory
from adjit.ir.dims import Size


@dataclass(slots=True, eq=False)
class Storage:
    """What a memory is in the program.

    `axes`: those of the memory's axes that exist; none: a scalar variable. `first` and `last`:
    the outermost nodes between which it lives. `single`: written by one statement, so that a
    local variable can stand for the element just written.
    """

    memory: Memory
    axes: tuple[int, ...]
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
    node: int
    path: tuple[Loop, ...]
    index: Index


def assign(
    low: Lowering, nodes: Sequence[Node], found: Mapping[int, list[Read]]
) -> dict[int, Storage]:
    """The storage of every memory, by the identity of the memory."""
    accesses: dict[int, list[_Access]] = {}
    memories: dict[int, Memory] = {}
    writers: dict[int, set[int]] = {}
    for number, node in enumerate(nodes):
        for leaf in leaves([node]):
            for memory, index in _touched(low, leaf, found):
                memories[id(memory)] = memory
                accesses.setdefault(id(memory), []).append(_Access(number, leaf.path, index))
            written = low.memories.get(leaf.statement.value)
            if written is not None:
                writers.setdefault(id(written.owner), set()).add(id(leaf.statement))
    out: dict[int, Storage] = {}
    for key, memory in memories.items():
        mine = accesses[key]
        out[key] = Storage(
            memory,
            _axes(low, memory, mine),
            mine[0].node,
            mine[-1].node,
            len(writers.get(key, ())) == 1,
        )
    _share(out.values())
    return out


def _touched(
    low: Lowering, leaf: Leaf, found: Mapping[int, list[Read]]
) -> Iterator[tuple[Memory, Index]]:
    statement = leaf.statement
    for value, index in [*found[id(statement)], (statement.value, statement.write)]:
        memory = low.memories.get(value)
        if memory is not None:
            yield memory.owner, low.space.rename(index, leaf.table)


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
    around = {loop.axis.symbol for loop in common}
    kept = []
    for k in every:
        indices = {access.index[k] for access in accesses}
        if len(indices) > 1 or not low.space.loops(indices) <= around:
            kept.append(k)
    return tuple(kept)


def _share(storages: Iterable[Storage]) -> None:
    """Let a temporary take over the array of one that is dead by then."""
    free: list[Storage] = []
    waiting: list[Storage] = []
    for storage in sorted(storages, key=lambda s: s.first):
        if storage.memory.kind != "temporary" or not storage.axes:
            continue
        free += [s for s in waiting if s.last < storage.first]
        waiting = [s for s in waiting if s.last >= storage.first]
        for other in free:
            if (other.shape, other.memory.type.dtype) == (storage.shape, storage.memory.type.dtype):
                storage.shares = other
                free.remove(other)
                break
        waiting.append(storage)
