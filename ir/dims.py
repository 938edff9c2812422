"""Symbolic dimensions: integer polynomials over symbols, so that one graph serves every size.

A `Size` is a Python int or a `Dim`. Arithmetic on sizes is exact and canonical: two sizes that are
equal as polynomials compare equal, and a `Dim` whose value is constant collapses to an int.
Quotients, remainders, minima and maxima that do not simplify are kept as opaque atoms.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from math import prod
from typing import Union

from adjit.ir.errors import InternalError

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
            factors = [f"({a})" if isinstance(a, Opaque) and a.op in "//%" else str(a)
                       for a in monomial]
            if abs(coefficient) != 1 or not factors:
                factors.insert(0, str(abs(coefficient)))
            sign = "-" if coefficient < 0 else "+"
            body = "*".join(factors)
            out = (f"{out} {sign} {body}" if out else ("-" if coefficient < 0 else "") + body)
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
        (monomial, coefficient), = size.terms
        if coefficient == 1 and len(monomial) == 1 and isinstance(monomial[0], Symbol):
            return monomial[0]
    return None


def floordiv(a: Size, b: Size) -> Size:
    """`a // b`; exact where `b` divides every term of `a`."""
    if isinstance(a, int) and isinstance(b, int):
        return a // b
    if a == b or b == 1:
        return 1 if a == b else a
    exact = _divide_exactly(a, b)
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


def _divide_exactly(a: Size, b: Size) -> Size | None:
    divisor = _terms(b)
    if len(divisor) != 1:
        return None
    (factors, k), = divisor
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
    if a == b or _divide_exactly(a, b) is not None:
        return 0
    whole, rest = _multiples(a, b)
    if whole != 0:
        return mod(rest, b)
    return Dim((((Opaque("%", a, b),), 1),))


def minimum(a: Size, b: Size) -> Size:
    """The smaller of two sizes; decided where the bounds of the symbols decide it."""
    return a if at_most(a, b) else b if at_most(b, a) else Dim((((Opaque("min", a, b),), 1),))


def maximum(a: Size, b: Size) -> Size:
    """The larger of two sizes; decided where the bounds of the symbols decide it."""
    return b if at_most(a, b) else a if at_most(b, a) else Dim((((Opaque("max", a, b),), 1),))


def at_most(a: Size, b: Size) -> bool:
    """True where `a <= b` follows from the bounds of the symbols; False means: not known."""
    low, _ = bounds(b - a)
    return low is not None and low >= 0


def product(shape: Iterable[Size]) -> Size:
    """Number of elements of an array of this shape."""
    return prod(shape, start=1)


def bounds(size: Size) -> tuple[int | None, int | None]:
    """Smallest and largest value that `size` can take (None: unbounded)."""
    if isinstance(size, int):
        return size, size
    low: int | None = 0
    high: int | None = 0
    for monomial, coefficient in size.terms:
        lo, hi = _monomial_bounds(monomial)
        if coefficient < 0:
            lo, hi = hi, lo
        low = None if low is None or lo is None else low + coefficient * lo
        high = None if high is None or hi is None else high + coefficient * hi
    return low, high


def _monomial_bounds(monomial: Monomial) -> tuple[int | None, int | None]:
    low: int | None = 1
    high: int | None = 1
    for atom in monomial:
        lo, hi = _atom_bounds(atom)
        if lo is None or lo < 0 or low is None:
            return (lo, hi) if len(monomial) == 1 else (None, None)
        low = low * lo
        high = None if high is None or hi is None else high * hi
    return low, high


def _atom_bounds(atom: Atom) -> tuple[int | None, int | None]:
    if isinstance(atom, Symbol):
        return atom.lower, atom.upper
    (al, ah), (bl, bh) = bounds(atom.left), bounds(atom.right)
    if atom.op == "max":
        low = al if bl is None else bl if al is None else max(al, bl)
        return low, None if ah is None or bh is None else max(ah, bh)
    if atom.op == "min":
        high = ah if bh is None else bh if ah is None else min(ah, bh)
        return None if al is None or bl is None else min(al, bl), high
    if atom.op == "//" and al is not None and al >= 0 and bl is not None and bl > 0:
        return (al // bh if bh is not None else 0), (ah // bl if ah is not None else None)
    if atom.op == "%" and bl is not None and bl > 0:
        return 0, (bh - 1 if bh is not None else None)
    return None, None


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


_OPS: dict[str, Callable[[Size, Size], Size]] = {
    "//": floordiv, "%": mod, "min": minimum, "max": maximum,
}


def substitute(size: Size, table: Mapping[Symbol, Size]) -> Size:
    """`size` with symbols replaced by sizes."""
    if isinstance(size, int) or not table:
        return size
    total: Size = 0
    for monomial, coefficient in size.terms:
        term: Size = coefficient
        for atom in monomial:
            if isinstance(atom, Symbol):
                factor: Size = table.get(atom, symbol_size(atom))
            else:
                left, right = substitute(atom.left, table), substitute(atom.right, table)
                factor = _OPS[atom.op](left, right)
            term = term * factor
        total = total + term
    return total


def hint(size: Size) -> int | None:
    """The value of `size` under the hints of its symbols; None where a hint is missing."""
    table: dict[Symbol, Size] = {}
    for symbol in symbols_of(size):
        if symbol.hint is None:
            return None
        table[symbol] = symbol.hint
    value = substitute(size, table)
    if not isinstance(value, int):
        raise InternalError(f"size {size} does not evaluate under its hints")
    return value


def to_source(size: Size, name: Callable[[Symbol], str]) -> str:
    """`size` as a Python integer expression; `name` gives the variable of each symbol.

    The text is closed: it can stand as an operand of `*` without parentheses around it.
    """
    if isinstance(size, int):
        return str(size) if size >= 0 else f"({size})"
    text = ""
    for monomial, coefficient in size.terms:
        factors = [_atom_source(a, name) for a in monomial]
        if abs(coefficient) != 1 or not factors:
            factors.insert(0, str(abs(coefficient)))
        body = " * ".join(factors)
        if text:
            text += (" - " if coefficient < 0 else " + ") + body
        else:
            text = ("-" if coefficient < 0 else "") + body
    single = len(size.terms) == 1 and size.terms[0][1] == 1 and len(size.terms[0][0]) == 1
    return text if single else f"({text})"


def _atom_source(atom: Atom, name: Callable[[Symbol], str]) -> str:
    if isinstance(atom, Symbol):
        return name(atom)
    left, right = to_source(atom.left, name), to_source(atom.right, name)
    if atom.op in ("min", "max"):
        return f"{atom.op}({left}, {right})"
    return f"({left} {atom.op} {right})"
