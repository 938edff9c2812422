"""Symbolic dimensions: integer polynomials over symbols, so that one graph serves every size.

A `Size` is a Python int or a `Dim`. Arithmetic on sizes is exact and canonical: two sizes that are
equal as polynomials compare equal, and a `Dim` whose value is constant collapses to an int.
Quotients, remainders, minima and maxima that do not simplify are kept as opaque atoms.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from math import prod
from typing import Union

Size = Union[int, "Dim"]


@dataclass(frozen=True, slots=True)
class Symbol:
    """One unknown integer: the size of an input's axis, an integer argument, a loop index.

    `hint` is the value met while tracing (None where there is none); `lower` and `upper` are
    bounds that hold in every call (the call path's guards see to it).
    """

    name: str
    hint: int | None = field(default=None, compare=False)
    lower: int | None = field(default=None, compare=False)
    upper: int | None = field(default=None, compare=False)

    def __str__(self) -> str:
        return self.name


@dataclass(frozen=True, slots=True)
class Opaque:
    """An integer operation that is no polynomial: `//`, `%`, `min`, `max` of two sizes."""

    op: str
    left: Size
    right: Size

    def __str__(self) -> str:
        if self.op in ("min", "max"):
            return f"{self.op}({self.left}, {self.right})"
        return f"({self.left}) {self.op} ({self.right})"


Atom = Symbol | Opaque
Monomial = tuple[Atom, ...]


def _key(monomial: Monomial) -> tuple[int, str]:
    return -len(monomial), " ".join(map(str, monomial))


@dataclass(frozen=True, slots=True)
class Dim:
    """A non-constant polynomial with integer coefficients in canonical order."""

    terms: tuple[tuple[Monomial, int], ...]

    def __add__(self, other: Size) -> Size:
        return _from_terms([*self.terms, *_terms(other)])

    __radd__ = __add__

    def __neg__(self) -> Size:
        return self * -1

    def __sub__(self, other: Size) -> Size:
        return self + (other * -1)

    def __rsub__(self, other: Size) -> Size:
        return (self * -1) + other

    def __mul__(self, other: Size) -> Size:
        return _from_terms(
            (tuple(sorted(m1 + m2, key=str)), c1 * c2)
            for m1, c1 in self.terms
            for m2, c2 in _terms(other)
        )

    __rmul__ = __mul__

    def __floordiv__(self, other: Size) -> Size:
        return floordiv(self, other)

    def __rfloordiv__(self, other: Size) -> Size:
        return floordiv(other, self)

    def __mod__(self, other: Size) -> Size:
        return mod(self, other)

    def __rmod__(self, other: Size) -> Size:
        return mod(other, self)

    def __str__(self) -> str:
        out = ""
        for monomial, coefficient in self.terms:
            factors = [
                f"({a})" if isinstance(a, Opaque) and a.op in "//%" else str(a) for a in monomial
            ]
            if abs(coefficient) != 1 or not factors:
                factors.insert(0, str(abs(coefficient)))
            sign = "-" if coefficient < 0 else "+"
            body = "*".join(factors)
            out = f"{out} {sign} {body}" if out else ("-" if coefficient < 0 else "") + body
        return out

    __repr__ = __str__


def _terms(size: Size) -> tuple[tuple[Monomial, int], ...]:
    if isinstance(size, Dim):
        return size.terms
    return (((), int(size)),) if size else ()


def _from_terms(terms: Iterable[tuple[Monomial, int]]) -> Size:
    total: dict[Monomial, int] = {}
    for monomial, coefficient in terms:
        total[monomial] = total.get(monomial, 0) + coefficient
    kept = {m: c for m, c in total.items() if c}
    if not kept:
        return 0
    if set(kept) == {()}:
        return kept[()]
    return Dim(tuple(sorted(kept.items(), key=lambda item: _key(item[0]))))


def symbol_size(symbol: Symbol) -> Dim:
    """The size that consists of one symbol."""
    return Dim((((symbol,), 1),))


def as_symbol(size: Size) -> Symbol | None:
    """The symbol, where `size` is exactly one symbol; else None."""
    if isinstance(size, Dim) and len(size.terms) == 1:
        ((monomial, coefficient),) = size.terms
        if coefficient == 1 and len(monomial) == 1 and isinstance(monomial[0], Symbol):
            return monomial[0]
    return None


def floordiv(a: Size, b: Size) -> Size:
    """`a // b`; exact where `b` divides every term of `a`."""
    if isinstance(a, int) and isinstance(b, int):
        return a // b
    if a == b or b == 1:
        return 1 if a == b else a
    exact = divide_exactly(a, b)
    if exact is not None:
        return exact
    whole, rest = _multiples(a, b)
    if whole != 0:
        return whole + floordiv(rest, b)
    return Dim((((Opaque("//", a, b),), 1),))


def _multiples(a: Size, b: Size) -> tuple[Size, Size]:
    """(q, r) with `a == q * b + r`, by the coefficients; (0, a) unless b is a positive int."""
    if not isinstance(b, int) or b <= 0:
        return 0, a
    whole = _from_terms((m, c // b) for m, c in _terms(a) if m)
    return whole, a - whole * b


def divide_exactly(a: Size, b: Size) -> Size | None:
    """`a / b` where b is one term that divides every term of `a`; else None."""
    divisor = _terms(b)
    if len(divisor) != 1:
        return None
    ((factors, k),) = divisor
    out = []
    for monomial, coefficient in _terms(a):
        rest = list(monomial)
        for factor in factors:
            if factor not in rest:
                return None
            rest.remove(factor)
        if coefficient % k:
            return None
        out.append((tuple(rest), coefficient // k))
    return _from_terms(out)


def mod(a: Size, b: Size) -> Size:
    """`a % b`; 0 where `b` divides every term of `a`."""
    if isinstance(a, int) and isinstance(b, int):
        return a % b
    if a == b or divide_exactly(a, b) is not None:
        return 0
    whole, rest = _multiples(a, b)
    if whole != 0:
        return mod(rest, b)
    return Dim((((Opaque("%", a, b),), 1),))


def product(shape: Iterable[Size]) -> Size:
    """Number of elements of an array of this shape."""
    return prod(shape, start=1)


def symbols_of(size: Size) -> set[Symbol]:
    """All symbols that occur in `size`."""
    if isinstance(size, int):
        return set()
    out: set[Symbol] = set()
    for monomial, _ in size.terms:
        for atom in monomial:
            if isinstance(atom, Symbol):
                out.add(atom)
            else:
                out |= symbols_of(atom.left) | symbols_of(atom.right)
    return out
