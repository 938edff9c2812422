"""Where the elements of moved arrays come from: index maps of the shape-changing primitives."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from adjit.codegen.numba_form.space import Index
from adjit.codegen.numba_form.statements import Map
from adjit.ir.dims import Dim, Opaque, Size, Symbol, divide_exactly, symbols_of
from adjit.ir.indexing import At, AtValue, Gather, NewAxis, Slice, Spec, gather_position
from adjit.ir.values import Operand, Shape

Entry = Callable[[Operand, Index, Size, bool], Size]


def identity(index: Index) -> Index:
    """The map of an operand that is read where its reader is."""
    return index


def aligned(shape: Shape, out: Shape) -> Map:
    """Broadcasting of an operand: trailing axes line up, axes of size 1 stay at 0."""
    if tuple(shape) == tuple(out):
        return identity
    if not shape:
        return lambda index: ()
    skip = len(out) - len(shape)
    single = [n == 1 and m != 1 for n, m in zip(shape, out[skip:], strict=True)]
    return lambda index: tuple(0 if one else i for one, i in zip(single, index[skip:], strict=True))


def transposed(perm: Sequence[int]) -> Map:
    """Axis k of the result is axis perm[k] of the operand."""
    inverse = [list(perm).index(k) for k in range(len(perm))]
    return lambda index: tuple(index[k] for k in inverse)


def indexed(entry: Entry, spec: Spec, operands: Sequence[Operand], shape: Shape) -> Map:
    """The map of `x[spec]` for an x of this shape; `operands` are the index operands, of which
    `entry` gives single numbers."""
    place = gather_position(spec)
    rank = max(
        (len(operands[item.operand].shape) for item in spec if isinstance(item, Gather)), default=0
    )

    def move(index: Index) -> Index:
        kept = list(index)
        gathered: Index = ()
        if place is not None:
            gathered = tuple(kept[place : place + rank])
            del kept[place : place + rank]
        out: list[Size] = []
        for item in spec:
            extent = shape[len(out)] if len(out) < len(shape) else 0
            if isinstance(item, Slice):
                out.append(item.start + kept.pop(0) * item.step)
            elif isinstance(item, At):
                out.append(item.index)
            elif isinstance(item, AtValue):
                out.append(entry(operands[item.operand], (), extent, False))
            elif isinstance(item, NewAxis):
                kept.pop(0)
            else:
                operand = operands[item.operand]
                at = gathered[len(gathered) - len(operand.shape) :]
                at = tuple(0 if n == 1 else i for n, i in zip(operand.shape, at, strict=True))
                out.append(entry(operand, at, extent, item.checked))
        return tuple(out)

    return move


def reshaped(old: Shape, new: Shape) -> tuple[Map, bool]:
    """The map of a reshape, and whether it needs no division: axes are only split or dropped."""
    groups = _groups(old, new)
    simple = all(len(left) <= 1 for left, _ in groups)

    def move(index: Index) -> Index:
        out: list[Size] = [0] * len(old)
        for left, right in groups:
            flat: Size = 0
            for k in right:
                flat = flat * new[k] + index[k]
            for k in reversed(left[1:]):
                out[k] = flat % old[k]
                flat = flat // old[k]
            if left:
                out[left[0]] = flat
        return tuple(out)

    return move, simple


def _groups(old: Shape, new: Shape) -> list[tuple[list[int], list[int]]]:
    """Runs of axes (sizes 1 left out) of the two shapes that hold the same number of elements."""
    left = [k for k, n in enumerate(old) if n != 1]
    right = [k for k, n in enumerate(new) if n != 1]
    groups: list[tuple[list[int], list[int]]] = []
    while left and right:
        a, b = [left.pop(0)], [right.pop(0)]
        size_a, size_b = old[a[0]], new[b[0]]
        while size_a != size_b:
            if right and _divides(size_b, size_a):
                b.append(right.pop(0))
                size_b = size_b * new[b[-1]]
            elif left and _divides(size_a, size_b):
                a.append(left.pop(0))
                size_a = size_a * old[a[-1]]
            else:
                a, b, left, right = a + left, b + right, [], []
                break
        groups.append((a, b))
    if left or right:
        # Only possible where sizes are equal without looking so: one group for all the rest.
        if not groups:
            groups.append(([], []))
        groups[-1] = (groups[-1][0] + left, groups[-1][1] + right)
    return groups


def _divides(part: Size, total: Size) -> bool:
    if isinstance(part, int) and isinstance(total, int):
        return part != 0 and total % part == 0
    return divide_exactly(total, part) is not None


def coefficient(size: Size, symbol: Symbol) -> Size | None:
    """How often `symbol` counts in an affine index expression; None where it is not affine."""
    if not isinstance(size, Dim):
        return 0
    total: Size = 0
    for monomial, factor in size.terms:
        hits = [a for a in monomial if a == symbol]
        hidden = any(
            symbol in symbols_of(a.left) | symbols_of(a.right)
            for a in monomial
            if isinstance(a, Opaque)
        )
        if hidden or len(hits) > 1:
            return None
        if hits:
            rest: Size = factor
            for atom in monomial:
                if atom != symbol:
                    rest = rest * Dim((((atom,), 1),))
            total = total + rest
    return total
