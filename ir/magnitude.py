"""How large a size can get: whether 64 bits are enough for it, and for all on the way to it."""

from __future__ import annotations

from collections.abc import Iterator

from adjit.ir.dims import Size, Symbol

#: No symbol reaches this: an axis is shorter, and a larger integer argument is a constant.
LIMIT = 2**31
#: The largest number of int64.
LARGEST = 2**63 - 1


def may_overflow(size: Size) -> Iterator[Size]:
    """The size, and the operands of quotients and the like in it, as far as the bounds alone do
    not prove that they are numbers of int64."""
    if magnitude(size) > LARGEST:
        yield size
    if isinstance(size, int):
        return
    for monomial, _ in size.terms:
        for atom in monomial:
            if not isinstance(atom, Symbol):
                yield from may_overflow(atom.left)
                yield from may_overflow(atom.right)


def magnitude(size: Size) -> int:
    """A bound of the absolute value."""
    if isinstance(size, int):
        return abs(size)
    total = 0
    for monomial, coefficient in size.terms:
        bound = abs(coefficient)
        for atom in monomial:
            bound *= (
                LIMIT
                if isinstance(atom, Symbol)
                else max(magnitude(atom.left), magnitude(atom.right))
            )
        total += bound
    return total
