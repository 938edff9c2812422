"""The index of a loop as the user counts it.

Inside a loop the graph's sizes are written in the iteration number 0, 1, ...; the text has the
user's index, `start + step * number`, so that `u[i + 1]` reads as it was written.
"""

from __future__ import annotations

from collections.abc import Callable

from adjit.ir.bounds import bounds
from adjit.ir.dims import Dim, Monomial, Opaque, Size, Symbol, floordiv, symbol_size, symbols_of
from adjit.ir.substitution import substitute


def index_symbol(name: str, start: Size, step: int, count: Size) -> Symbol:
    """The symbol of the user's index, with the bounds that hold while the body runs."""
    last = start + step * (count - 1)
    low, high = (start, last) if step > 0 else (last, start)
    return Symbol(name, None, bounds(low)[0], bounds(high)[1])


def stop_of(start: Size, step: int, count: Size) -> Size:
    """A `stop` with `len(range(start, stop, step)) == max(count, 0)`: where the count is the
    rounded quotient that `range` has, the number that it was made from."""
    width = abs(step)
    for monomial, coefficient in () if isinstance(count, int) else count.terms:
        atom = monomial[0] if len(monomial) == 1 else None
        if coefficient == 1 and isinstance(atom, Opaque) and (atom.op, atom.right) == ("//", width):
            rounded = (count - _size(monomial)) * width + atom.left
            distance = rounded - (width - 1)
            return start + distance if step > 0 else start - distance
    return start + step * count


def reindexing(number: Symbol, index: Symbol, start: Size, step: int) -> Callable[[Size], Size]:
    """Sizes in the iteration number `number` become sizes in the index. With a step of 2 or more
    the number is `(i - start) // step`; only where it comes times the step it is written without
    the quotient."""
    offset = symbol_size(index) - start
    if step in (1, -1):
        table = {number: offset * step}
        return lambda size: substitute(size, table)
    quotient = {number: floordiv(offset, step)}

    def resize(size: Size) -> Size:
        parts = None if isinstance(size, int) else _linear(size, number, step)
        if parts is None:
            return substitute(size, quotient)
        factor, rest = parts
        return factor * offset + rest

    return resize


def _linear(size: Size, number: Symbol, step: int) -> tuple[Size, Size] | None:
    """(a, b) with `size == a * step * number + b`, neither of which has `number` in it."""
    factor: Size = 0
    rest: Size = 0
    assert not isinstance(size, int)
    for monomial, coefficient in size.terms:
        others = [atom for atom in monomial if atom != number]
        if any(number in symbols_of(_size((atom,))) for atom in others):
            return None
        if len(others) == len(monomial):
            rest = rest + coefficient * _size(monomial)
        elif len(others) == len(monomial) - 1 and coefficient % step == 0:
            factor = factor + (coefficient // step) * _size(tuple(others))
        else:
            return None
    return factor, rest


def _size(monomial: Monomial) -> Size:
    return Dim(((monomial, 1),)) if monomial else 1
