"""The index specification shared by the primitives `index` (read) and `update` (write).

A spec is a tuple of items, one per axis of the array plus the inserted axes, in the order of the
user's index expression with the ellipsis and missing axes filled in. Semantics, including the
place of advanced-index axes in the result, are NumPy's.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from adjit.ir.dims import Dim, Size
from adjit.ir.errors import ShapeError
from adjit.ir.values import Shape


@dataclass(frozen=True, slots=True)
class Slice:
    """`start, start + step, ...`: `size` elements of an axis. `start` is absolute (never negative
    counted from the end); every element lies inside the axis. `step` may be negative."""

    start: Size
    size: Size
    step: int = 1

    def sizes(self) -> Iterator[Size]:
        yield from (self.start, self.size)


@dataclass(frozen=True, slots=True)
class At:
    """One element of an axis, `index` known as a size (never negative from the end); the axis
    disappears."""

    index: Size

    def sizes(self) -> Iterator[Size]:
        yield self.index


@dataclass(frozen=True, slots=True)
class AtValue:
    """One element of an axis, its index a run-time integer scalar: operand number `operand` among
    the index operands. May be negative as in NumPy; out of range raises at run time. In NumPy's
    terms it is a basic index (the axis disappears)."""

    operand: int


@dataclass(frozen=True, slots=True)
class NewAxis:
    """`np.newaxis`."""


@dataclass(frozen=True, slots=True)
class Gather:
    """Advanced index: an integer array, operand number `operand` among the index operands. All
    gathers of a spec broadcast together. Negative entries as in NumPy; out of range raises.
    `checked` is True when every entry is known to be in range and not negative."""

    operand: int
    checked: bool = False


Item = Slice | At | AtValue | NewAxis | Gather
Spec = tuple[Item, ...]


def full(size: Size) -> Slice:
    """The item `:` of an axis of this size."""
    return Slice(0, size, 1)


def is_full(item: Item, size: Size) -> bool:
    """True for an item that takes an axis of this size whole."""
    return isinstance(item, Slice) and item.start == 0 and item.step == 1 and item.size == size


def at_one(spec: Spec, shape: Shape) -> Spec | None:
    """The basic spec with every slice of one element as a position, if that gives this shape."""
    if any(isinstance(item, Gather) for item in spec):
        return None
    found = tuple(
        At(item.start) if isinstance(item, Slice) and item.size == 1 else item for item in spec
    )
    return found if found != spec and result_shape(found, ()) == shape else None


def is_basic(spec: Spec) -> bool:
    """True when no item is an advanced index: the result is a view in NumPy."""
    return not any(isinstance(item, Gather) for item in spec)


def gather_position(spec: Spec) -> int | None:
    """Axis of the result at which the broadcast gather axes stand; None without gathers.

    NumPy's rule: where the advanced indices (integers count, once an array is present) are
    adjacent, in their place; else first.
    """
    if is_basic(spec):
        return None
    advanced = [k for k, item in enumerate(spec) if isinstance(item, (Gather, At, AtValue))]
    if advanced[-1] - advanced[0] + 1 != len(advanced):
        return 0
    return sum(1 for item in spec[: advanced[0]] if isinstance(item, (Slice, NewAxis)))


def result_shape(spec: Spec, index_shapes: Sequence[Shape]) -> Shape:
    """Shape of `x[spec]`; `index_shapes` are the shapes of the index operands."""
    kept: list[Size] = []
    for item in spec:
        if isinstance(item, Slice):
            kept.append(item.size)
        elif isinstance(item, NewAxis):
            kept.append(1)
    place = gather_position(spec)
    if place is None:
        return tuple(kept)
    shapes = [index_shapes[item.operand] for item in spec if isinstance(item, Gather)]
    return (*kept[:place], *broadcast_equal(shapes), *kept[place:])


def broadcast_equal(shapes: Sequence[Shape]) -> Shape:
    """NumPy's broadcast of shapes whose sizes are, axis by axis, 1 or equal as polynomials."""
    ndim = max((len(s) for s in shapes), default=0)
    out: list[Size] = [1] * ndim
    for shape in shapes:
        for axis, size in enumerate(shape, start=ndim - len(shape)):
            if out[axis] == 1 and not isinstance(out[axis], Dim):
                out[axis] = size
            elif size != 1 and size != out[axis]:
                raise ShapeError(f"shapes {' and '.join(map(str, shapes))} do not broadcast")
    return tuple(out)
