"""Cells and views: how a traced array looks at the memory that it shares with others.

A `Cell` stands for a block of memory and holds its present SSA value. A view is a cell and a
chain of steps. Reading applies the steps; writing reads on the way down and writes back on the way
up, so every view of a cell sees every write, as in NumPy.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeVar

from adjit.ir.builder import GraphBuilder
from adjit.ir.dims import Size, Symbol
from adjit.ir.errors import LeakedTraceError, UnsupportedError
from adjit.ir.indexing import At, AtValue, Item, NewAxis, Slice, Spec
from adjit.ir.rewrite import substitute_params
from adjit.ir.values import Operand, Shape, Value
from adjit.tracer.control.journal import CellSlot, birth

if TYPE_CHECKING:
    from adjit.tracer.trace import Trace

T = TypeVar("T", Spec, Shape)


class Cell:
    """A block of memory. `layout` is "C", "F", "A" (neither, as an argument can be) or "?" (not
    known); `refusal` is set where writing is not possible: the reason."""

    __slots__ = ("born", "layout", "name", "refusal", "remedy", "trace", "value")

    def __init__(self, trace: Trace, value: Operand, layout: str = "C", name: str = "") -> None:
        self.trace = trace
        self.born = birth()
        self.value = value
        self.layout = layout
        self.name = name
        self.refusal = ""
        self.remedy = ""

    def refuse_writes(self, reason: str, remedy: str) -> None:
        """From now on, writing is an error."""
        self.refusal = self.refusal or reason
        self.remedy = self.remedy or remedy

    def write(self, trace: Trace, value: Operand) -> None:
        """Give the memory a new content of the same type."""
        if self.refusal:
            raise trace.error(UnsupportedError, self.refusal, self.remedy)
        if trace is not self.trace:
            raise trace.error(
                LeakedTraceError,
                "an array of the surrounding function is written to inside a "
                "function that is differentiated by itself",
                "copy it first, or return the new array",
            )
        trace.root.changes.note(CellSlot(self))
        self.value = value
        if isinstance(value, Value):
            value.name = value.name or self.name


@dataclass(frozen=True, slots=True)
class Index:
    """A basic index, or, read-only, any index."""

    spec: Spec
    operands: tuple[Operand, ...] = ()


@dataclass(frozen=True, slots=True)
class Transpose:
    perm: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Reshape:
    shape: Shape


@dataclass(frozen=True, slots=True)
class Broadcast:
    shape: Shape


Step = Index | Transpose | Reshape | Broadcast


def read(
    b: GraphBuilder, x: Operand, steps: Sequence[Step], table: Mapping[Symbol, Size]
) -> Operand:
    """The value that a chain of steps sees in a cell that holds `x`."""
    for step in steps:
        if isinstance(step, Index):
            x = b.index(x, current(step.spec, table), step.operands)
        elif isinstance(step, Transpose):
            x = b.transpose(x, step.perm)
        elif isinstance(step, Reshape):
            x = b.reshape(x, current(step.shape, table))
        else:
            x = b.broadcast(x, current(step.shape, table))
    return x


def write(
    b: GraphBuilder, x: Operand, steps: Sequence[Step], table: Mapping[Symbol, Size], new: Operand
) -> Operand:
    """The cell's content after the place that the steps see became `new`."""
    if not steps:
        return new
    first, rest = steps[0], steps[1:]
    if rest:
        new = write(b, read(b, x, [first], table), rest, table, new)
    if isinstance(first, Index):
        return b.update(x, new, current(first.spec, table), first.operands)
    if isinstance(first, Transpose):
        inverse = sorted(range(len(first.perm)), key=first.perm.__getitem__)
        return b.transpose(new, inverse)
    return b.reshape(new, x.shape)


def current(sizes: T, table: Mapping[Symbol, Size]) -> T:
    """A spec or shape in terms of the symbols that are left."""
    if not table:
        return sizes
    out: T = substitute_params({"x": sizes}, table)["x"]
    return out


def extend(steps: tuple[Step, ...], step: Step) -> tuple[Step, ...]:
    """The chain with one more step, merged with the last one where that is simple."""
    if steps:
        last = steps[-1]
        if isinstance(last, Transpose) and isinstance(step, Transpose):
            merged = Transpose(tuple(last.perm[k] for k in step.perm))
            return (*steps[:-1], merged)
        if isinstance(last, Reshape) and isinstance(step, Reshape):
            return (*steps[:-1], step)
        if isinstance(last, Index) and isinstance(step, Index):
            spec = _compose(last, step)
            if spec is not None:
                return (*steps[:-1], spec)
    return (*steps, step)


def _compose(outer: Index, inner: Index) -> Index | None:
    """One index that does what two basic indices in a row do; None where it is not so simple."""
    out: list[Item] = []
    pending = list(inner.spec)
    for item in outer.spec:
        if isinstance(item, (At, AtValue)):
            out.append(item)
            continue
        while pending and isinstance(pending[0], NewAxis):
            out.append(pending.pop(0))
        if not pending or not isinstance(item, Slice):
            return None
        follower = pending.pop(0)
        if isinstance(follower, Slice):
            out.append(
                Slice(
                    item.start + follower.start * item.step,
                    follower.size,
                    item.step * follower.step,
                )
            )
        elif isinstance(follower, At):
            out.append(At(item.start + follower.index * item.step))
        else:
            return None
    if not all(isinstance(item, NewAxis) for item in pending):
        return None
    return Index((*out, *pending), outer.operands)
