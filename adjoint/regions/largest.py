"""The largest value of a size while symbols in it run over their ranges."""

from __future__ import annotations

from adjit.ir import Size, Symbol
from adjit.ir.bounds import at_most, bounds, maximum, minimum
from adjit.ir.dims import Atom, Dim, Monomial, floordiv, symbol_size, symbols_of


def largest(size: Size, symbol: Symbol, last: Size | None) -> Size | None:
    """A size free of `symbol` that `size` does not exceed while 0 <= symbol <= last.

    `last` None: there is no such bound of the symbol. Returned is None where none was found.
    """
    if symbol not in symbols_of(size):
        return size
    assert isinstance(size, Dim)
    parts = _linear(size, symbol)
    if parts is not None:
        rest, slope = parts
        if at_most(0, slope):
            return None if last is None else rest + slope * last
        if at_most(slope, 0):
            return rest
        return None if last is None else maximum(rest, rest + slope * last)
    return _by_terms(size, symbol, last, up=True)


def _linear(size: Dim, symbol: Symbol) -> tuple[Size, Size] | None:
    """(rest, slope) with `size == rest + slope * symbol`, both free of the symbol."""
    rest: Size = 0
    slope: Size = 0
    for monomial, coefficient in size.terms:
        others = tuple(atom for atom in monomial if atom != symbol)
        if any(symbol in symbols_of(_size(atom)) for atom in others):
            return None
        if len(monomial) - len(others) > 1:
            return None
        term = _monomial(others) * coefficient
        rest, slope = (rest, slope + term) if len(others) < len(monomial) else (rest + term, slope)
    return rest, slope


def _by_terms(size: Size, symbol: Symbol, last: Size | None, *, up: bool) -> Size | None:
    """An upper bound, or a lower one, as the sum of those of the terms."""
    if isinstance(size, int) or symbol not in symbols_of(size):
        return size
    total: Size = 0
    for monomial, coefficient in size.terms:
        bound = _product(monomial, symbol, last, up=up == (coefficient > 0))
        if bound is None:
            return None
        total = total + bound * coefficient
    return total


def _product(monomial: Monomial, symbol: Symbol, last: Size | None, *, up: bool) -> Size | None:
    total: Size = 1
    for atom in monomial:
        bound = _atom(atom, symbol, last, up=up)
        # bounds multiply only if nothing is negative
        if bound is None or (len(monomial) > 1 and not (_never_negative(atom))):
            return None
        total = total * bound
    return total


def _never_negative(atom: Atom) -> bool:
    low, _ = bounds(_size(atom))
    return low is not None and low >= 0


def _atom(atom: Atom, symbol: Symbol, last: Size | None, *, up: bool) -> Size | None:
    if atom == symbol:
        return last if up else 0
    if isinstance(atom, Symbol) or symbol not in symbols_of(_size(atom)):
        return _size(atom)
    if atom.op in ("min", "max"):
        choose = minimum if atom.op == "min" else maximum
        sides = [_by_terms(x, symbol, last, up=up) for x in (atom.left, atom.right)]
        if atom.op == "min" and up and None in sides:
            return next((x for x in sides if x is not None), None)
        left, right = sides
        return None if left is None or right is None else choose(left, right)
    if symbol in symbols_of(atom.right) or not at_most(1, atom.right):
        return None
    if atom.op == "//":
        above = _by_terms(atom.left, symbol, last, up=up)
        return None if above is None else floordiv(above, atom.right)
    return atom.right - 1 if up else 0


def _size(atom: Atom) -> Size:
    return symbol_size(atom) if isinstance(atom, Symbol) else Dim((((atom,), 1),))


def _monomial(atoms: Monomial) -> Size:
    total: Size = 1
    for atom in atoms:
        total = total * _size(atom)
    return total
