"""What follows about sizes from the ranges of loop indices.

The number of an iteration is a symbol without a value: `x[i + 1]` is in range in every turn, or it
is not. A size is at least 0 in every turn if it is so at the ends of the ranges of the loop symbols
in it. What is left then are the function's own symbols, and a fact about these can be guarded.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from adjit.ir.bounds import bounds
from adjit.ir.dims import Dim, Opaque, Size, Symbol, symbols_of
from adjit.ir.indexing import At, Item, Slice, Spec
from adjit.ir.substitution import substitute
from adjit.ir.values import Shape


@dataclass(slots=True)
class Ranges:
    """Loop symbols with their smallest and largest value (None: no limit), outermost first, and
    facts: sizes that are at least 0 where the code runs that is traced now."""

    limits: dict[Symbol, tuple[Size | None, Size | None]] = field(default_factory=dict)
    #: Of these, the ones that are no loop index but a number that is known when the code runs.
    found: set[Symbol] = field(default_factory=set)
    facts: list[Size] = field(default_factory=list)

    def mentions(self, size: Size) -> bool:
        """True for a size that depends on a loop symbol."""
        return isinstance(size, Dim) and any(s in self.limits for s in symbols_of(size))

    def rewrite(self, step: Mapping[Symbol, Size]) -> None:
        """Some symbols have turned out to be other sizes."""
        for symbol, (low, high) in self.limits.items():
            self.limits[symbol] = (
                None if low is None else substitute(low, step),
                None if high is None else substitute(high, step),
            )
        self.facts[:] = [substitute(fact, step) for fact in self.facts]

    def turns(self, size: Size) -> bool:
        """True for a size that changes from turn to turn of a loop."""
        return isinstance(size, Dim) and any(
            s in self.limits and s not in self.found for s in symbols_of(size)
        )

    def lowest(self, size: Size) -> Size | None:
        """A lower bound of the size over all turns, free of loop symbols; None: not found."""
        for symbol in reversed(self.limits):
            if not isinstance(size, Dim) or symbol not in symbols_of(size):
                continue
            factor = _factor(size, symbol)
            if factor is None:
                return None
            low, high = bounds(factor)
            end: Size | None
            if low is not None and low >= 0:
                end = self.limits[symbol][0]
            elif high is not None and high <= 0:
                end = self.limits[symbol][1]
            else:
                return None
            if end is None:
                return None
            size = substitute(size, {symbol: end})
        return size

    def largest(self, size: Size) -> Size | None:
        """An upper bound of the absolute value over all turns, free of loop symbols."""
        while self.mentions(size):
            assert isinstance(size, Dim)
            total: Size = 0
            for monomial, coefficient in size.terms:
                product: Size = abs(coefficient)
                for atom in monomial:
                    high = self._ahead(atom)
                    if high is None:
                        return None
                    product = product * high
                total = total + product
            size = total
        return size

    def _ahead(self, atom: Symbol | Opaque) -> Size | None:
        """The largest value of an atom; None where it is not known, or may be negative."""
        itself = Dim((((atom,), 1),))
        if isinstance(atom, Opaque):
            return None if self.mentions(itself) else itself
        if atom not in self.limits:
            return itself
        low, high = self.limits[atom]
        least = None if low is None else bounds(low)[0]
        return high if least is not None and least >= 0 else None

    def candidates(self, size: Size) -> Iterator[Size]:
        """Lower bounds of `size`, those that use a fact last."""
        symbols = symbols_of(size)
        facts = [fact for fact in reversed(self.facts) if symbols & symbols_of(fact)]
        for start in (size, *(size - fact for fact in facts)):
            for variant in _without_extrema(start):
                found = self.lowest(variant)
                if found is not None:
                    yield found

    def proves(self, size: Size) -> bool:
        """True where `size >= 0` follows without looking at the sizes met while tracing."""
        lows = (bounds(found)[0] for found in self.candidates(size))
        return any(low is not None and low >= 0 for low in lows)


def conjuncts(size: Size) -> list[Size]:
    """Sizes which are all at least 0 exactly where `size` is: for `-max(a, b)`, `-a` and `-b`."""
    if isinstance(size, Dim):
        for monomial, coefficient in size.terms:
            atom = monomial[0] if len(monomial) == 1 else None
            if not isinstance(atom, Opaque):
                continue
            if (atom.op == "max" and coefficient < 0) or (atom.op == "min" and coefficient > 0):
                rest = size - Dim((((atom,), coefficient),))
                sides = (atom.left, atom.right)
                return [part for side in sides for part in conjuncts(rest + side * coefficient)]
    return [size]


def _without_extrema(size: Size) -> Iterator[Size]:
    """Lower bounds of the size in which `max(a, b)` (taken positively) is replaced by a or b."""
    yield size
    if not isinstance(size, Dim):
        return
    for monomial, coefficient in size.terms:
        for atom in monomial:
            if not isinstance(atom, Opaque) or len(monomial) != 1:
                continue
            if (atom.op == "max" and coefficient > 0) or (atom.op == "min" and coefficient < 0):
                whole = Dim((((atom,), coefficient),))
                for side in (atom.left, atom.right):
                    yield from _without_extrema(size - whole + side * coefficient)
            return


def _factor(size: Dim, symbol: Symbol) -> Size | None:
    """What a symbol is multiplied by; None where the size is not linear in it."""
    total: Size = 0
    for monomial, coefficient in size.terms:
        if any(
            isinstance(a, Opaque) and symbol in symbols_of(a.left) | symbols_of(a.right)
            for a in monomial
        ):
            return None
        count = sum(a == symbol for a in monomial)
        if count > 1:
            return None
        if count:
            rest: Size = coefficient
            for atom in monomial:
                if atom != symbol:
                    rest = rest * Dim((((atom,), 1),))
            total = total + rest
    return total


def disjoint(a: Spec, b: Spec, ranges: Ranges) -> bool:
    """True where two places of an array have no element in common, in all turns."""
    if len(a) != len(b):
        return False
    for x, y in zip(a, b, strict=True):
        one, two = _interval(x), _interval(y)
        if one is None or two is None:
            continue
        if ranges.proves(two[0] - one[1] - 1) or ranges.proves(one[0] - two[1] - 1):
            return True
    return False


def inside(spec: Spec, shape: Shape, ranges: Ranges) -> bool:
    """True where every element of a place is there, in all turns."""
    found = list(map(_interval, spec))
    return len(found) == len(shape) and all(
        one is not None and ranges.proves(one[0]) and ranges.proves(n - 1 - one[1])
        for one, n in zip(found, shape, strict=True)
    )


def _interval(item: Item) -> tuple[Size, Size] | None:
    """The first and last place of an axis that an item takes; None: not known."""
    if isinstance(item, At):
        return item.index, item.index
    if isinstance(item, Slice):
        end = item.start + (item.size - 1) * item.step
        return (item.start, end) if item.step > 0 else (end, item.start)
    return None
