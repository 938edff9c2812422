"""What the bounds of symbols say about sizes, and minima and maxima that they decide."""

from __future__ import annotations

from adjit.ir.dims import Atom, Dim, Monomial, Opaque, Size, Symbol


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
