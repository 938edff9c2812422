"""Equations between sizes: what they can be solved for."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from math import gcd

from adjit.ir.dims import Dim, Opaque, Size, Symbol, floordiv, symbol_size, symbols_of


def linear_symbols(size: Dim) -> list[Symbol]:
    """Symbols that the equation `size == 0` can be solved for."""
    out = []
    for monomial, coefficient in size.terms:
        if len(monomial) == 1 and abs(coefficient) == 1 and isinstance(monomial[0], Symbol):
            symbol = monomial[0]
            others = [m for m, _ in size.terms if m != monomial]
            if not any(_mentions(m, symbol) for m in others):
                out.append(symbol)
    return out


def without_common_factors(size: Dim) -> Dim:
    """The polynomial without positive factors that all its terms share: they cannot be what is
    zero, so they need not be fixed."""
    common = gcd(*(coefficient for _, coefficient in size.terms))
    size = Dim(tuple((monomial, c // common) for monomial, c in size.terms))
    first, *others = (monomial for monomial, _ in size.terms)
    for atom in first:
        if not isinstance(atom, Symbol) or atom.lower is None or atom.lower <= 0:
            continue
        if all(atom in monomial for monomial in others):
            quotient = floordiv(size, symbol_size(atom))
            if isinstance(quotient, Dim):
                return without_common_factors(quotient)
    return size


def divided(size: Size) -> Iterator[tuple[Symbol, int]]:
    """The symbols that occur in the numerator of a quotient or remainder by a number."""
    for monomial, _ in () if isinstance(size, int) else size.terms:
        for atom in monomial:
            if isinstance(atom, Symbol):
                continue
            yield from divided(atom.left)
            if atom.op in ("//", "%") and isinstance(atom.right, int) and atom.right > 1:
                for symbol in sorted(symbols_of(atom.left), key=str):
                    yield symbol, atom.right


def _mentions(monomial: Sequence[Symbol | Opaque], symbol: Symbol) -> bool:
    return any(
        atom == symbol
        if isinstance(atom, Symbol)
        else symbol in symbols_of(atom.left) | symbols_of(atom.right)
        for atom in monomial
    )


def solve(size: Dim, symbol: Symbol) -> Size:
    coefficient = next(c for m, c in size.terms if m == (symbol,))
    rest = size - symbol_size(symbol) * coefficient
    return rest * (-coefficient)
