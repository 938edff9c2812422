"""Where a cotangent can be other than 0: known for what was read in part, or masked and summed.

The gradient of `np.sum(np.log(x)[1:])` for `x[0] == 0` is 0, but as a product it is 0 / 0: the
cotangent of `log(x)` is 0 there because nothing reads it, which is not the same as a number that
happens to be 0. So such a cotangent carries its support along, and where it is about to meet a
factor that may be infinite, the support becomes a condition (see `cotangents.py`). The mask is
emitted only then. Reads by index arrays other than masks are taken as reads of everything.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field

from adjit.adjoint.expressions import both, either
from adjit.ir import GraphBuilder, Operand, Shape, Size, literal
from adjit.ir.bounds import at_most
from adjit.ir.indexing import Gather, NewAxis, Slice, Spec, is_basic, is_full
from adjit.ir.primitives import elementwise as ew

#: A support made of more parts than this is given up: the mask would cost more than it is worth.
MOST = 8

#: Axis (from the end), start, stop: all entries between, the other axes whole.
Piece = tuple[int, Size, Size]


@dataclass(frozen=True, slots=True, eq=False)
class Support:
    """A mask that broadcasts to the cotangent, made when it is wanted, of so many `parts`.

    `partial`: the axes (from the end) such that, for every place along the other ones, the mask
    holds somewhere; None where they are not known. `pieces` make up the mask, if they are known.
    """

    make: Callable[[], Operand]
    parts: int = 1
    partial: AbstractSet[int] | None = None
    pieces: tuple[Piece, ...] = ()
    made: list[Operand] = field(default_factory=list)

    def mask(self) -> Operand:
        if not self.made:
            self.made.append(self.make())
        return self.made[0]


def _limited(support: Support) -> Support | None:
    return support if support.parts <= MOST else None


def intersection(builder: GraphBuilder, a: Support | None, b: Support | None) -> Support | None:
    """The support of what is masked by both; None stands for everywhere."""
    if a is None or b is None:
        return b if a is None else a
    return _limited(Support(lambda: both(builder, a.mask(), b.mask()), a.parts + b.parts))


def union(
    builder: GraphBuilder, shape: Shape, a: Support | None, b: Support | None
) -> Support | None:
    """The support of a sum of arrays of this shape."""
    if a is None or b is None:
        return None
    pieces = (*a.pieces, *b.pieces) if a.pieces and b.pieces else ()
    if _cover(shape, pieces):
        return None
    return _limited(
        Support(
            lambda: either(builder, a.mask(), b.mask()),
            a.parts + b.parts,
            b.partial if a.partial is None else a.partial,
            pieces,
        )
    )


def _cover(shape: Shape, pieces: Sequence[Piece]) -> bool:
    """True where the pieces, all along one axis, leave nothing out."""
    if len({axis for axis, _, _ in pieces}) != 1:
        return False
    end: Size = 0
    for _ in pieces:
        for _, start, stop in pieces:
            if at_most(start, end) and at_most(end, stop):
                end = stop
    return at_most(shape[pieces[0][0]], end)


def mapped_support(support: Support | None, change: Callable[[Operand], Operand]) -> Support | None:
    """The support after a change of shape."""
    return None if support is None else Support(lambda: change(support.mask()), support.parts)


def summed(
    builder: GraphBuilder,
    support: Support | None,
    axes: Sequence[int],
    change: Callable[[Operand], Operand],
) -> Support | None:
    """The support of the sum over some axes (from the end), `change` made to the result."""
    if support is None or (support.partial is not None and support.partial <= set(axes)):
        return None

    def make() -> Operand:
        mask = support.mask()
        present = [
            k + len(mask.shape) for k in axes if len(mask.shape) >= -k and mask.shape[k] != 1
        ]
        return change(builder.reduce(mask, "any", present, keepdims=True))

    return Support(make, support.parts)


def read_places(
    builder: GraphBuilder,
    shape: Shape,
    place: Shape,
    spec: Spec,
    indices: Sequence[Operand],
    inner: Support | None,
    counts: Callable[[Operand, Size], bool],
) -> Support | None:
    """The support of an array that is 0 but for the places read; what lands there has the support
    `inner` within `place`. `counts` tells index arrays that meet every entry of an axis."""

    def make() -> Operand:
        value: Operand = literal(True) if inner is None else builder.broadcast(inner.mask(), place)
        if inner is None or is_basic(spec):
            return builder.update(builder.full(False, shape, bool), value, spec, indices)
        # a place may be read twice, and only one of the two be masked
        counts = builder.update(
            builder.full(0, shape, "int64"),
            builder.convert(value, "int64"),
            spec,
            indices,
            op="add",
        )
        return builder.emit(ew.ne, counts, literal(0, "int64"))

    if inner is not None:
        return _limited(Support(make, 1 + inner.parts))
    items = [item for item in spec if not isinstance(item, NewAxis)]
    if any(isinstance(item, Gather) and not item.checked for item in items):
        # labels and the like: a mask of what they meet would cost more than the read itself
        return None
    rest = {k - len(shape) for k, item in enumerate(items) if not is_full(item, shape[k])}
    pieces = _pieces(items, rest)
    # x[np.arange(n), k] reads some entry of every row
    rows = [
        k
        for k, item in enumerate(items)
        if isinstance(item, Gather) and counts(indices[item.operand], shape[k])
    ]
    return Support(make, 1, rest - {k - len(shape) for k in rows[:1]}, pieces)


def _pieces(items: Sequence[object], partial: AbstractSet[int]) -> tuple[Piece, ...]:
    if len(partial) == 1:
        (axis,) = partial
        item = items[axis]
        if isinstance(item, Slice) and item.step == 1:
            return ((axis, item.start, item.start + item.size),)
    return ()


def written_over(
    builder: GraphBuilder, shape: Shape, spec: Spec, indices: Sequence[Operand]
) -> Support:
    """The support of an array in which the places written to have become 0."""
    return Support(
        lambda: builder.update(builder.full(True, shape, bool), literal(False), spec, indices)
    )
