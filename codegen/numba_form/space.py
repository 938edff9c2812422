"""Iteration spaces: loop axes, and index expressions over them.

An index expression is a `Size`: a polynomial over the graph's own symbols, the symbols of loop
axes (`@3`), and the symbols of numbers that are read from memory (`$2`, an entry of an index
array). Composing views is then nothing but building polynomials.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from adjit.ir.dims import Dim, Size, Symbol, symbol_size, symbols_of
from adjit.ir.substitution import substitute
from adjit.ir.values import Value

Index = tuple[Size, ...]


@dataclass(frozen=True, slots=True, eq=False)
class Axis:
    """One axis of an iteration space: `index` runs from 0 to `size` - 1."""

    symbol: Symbol
    index: Dim
    size: Size


@dataclass(frozen=True, slots=True)
class Dynamic:
    """A number read from memory and used as an index into an axis of size `extent`."""

    operand: Value
    at: Index
    extent: Size
    checked: bool


class Space:
    """Makes the symbols of one program, each unique."""

    def __init__(self) -> None:
        self.count = 0
        self.dynamics: dict[Symbol, Dynamic] = {}
        self._dynamic_index: dict[Dynamic, Dim] = {}
        self._loops: dict[Size, frozenset[Symbol]] = {}
        #: The mark of the scope of values that are defined inside a loop or an arm, and of the
        #: symbols that are bound there.
        self.homes: dict[Value, Symbol] = {}
        self.bound_in: dict[Symbol, Symbol] = {}

    def axis(self, size: Size) -> Axis:
        """A new axis."""
        symbol = self._symbol("@")
        return Axis(symbol, symbol_size(symbol), size)

    def mark(self) -> Symbol:
        """A symbol that marks a scope."""
        return self._symbol("@")

    def over(self, shape: Sequence[Size]) -> tuple[Index, tuple[Axis, ...]]:
        """An index into an array of this shape, with one new axis per size that is not 1."""
        axes = {k: self.axis(n) for k, n in enumerate(shape) if n != 1}
        index = tuple(axes[k].index if k in axes else 0 for k in range(len(shape)))
        return index, tuple(axes.values())

    def dynamic(self, read: Dynamic) -> Dim:
        """The index that is read; the same one for the same read."""
        if read not in self._dynamic_index:
            symbol = self._symbol("$")
            self.dynamics[symbol] = read
            self._dynamic_index[read] = symbol_size(symbol)
        return self._dynamic_index[read]

    def rename(self, index: Index, table: Mapping[Symbol, Size]) -> Index:
        """The index with axes replaced, inside dynamic indices too."""
        return tuple(self._rename(size, table) for size in index)

    def _rename(self, size: Size, table: Mapping[Symbol, Size]) -> Size:
        if isinstance(size, int) or not table:
            return size
        used = symbols_of(size)
        changes = {s: table[s] for s in used if s in table}
        for symbol in used:
            read = self.dynamics.get(symbol)
            if read is not None:
                moved = self.rename(read.at, table)
                changes[symbol] = self.dynamic(
                    Dynamic(read.operand, moved, read.extent, read.checked)
                )
        return substitute(size, changes)

    def loops(self, index: Iterable[Size]) -> frozenset[Symbol]:
        """The axes and scopes that an index depends on, also through dynamic indices."""
        out: frozenset[Symbol] = frozenset()
        for size in index:
            if isinstance(size, Dim):
                out |= self._loops_of(size)
        return out

    def _loops_of(self, size: Size) -> frozenset[Symbol]:
        known = self._loops.get(size)
        if known is None:
            found: set[Symbol] = set()
            for symbol in symbols_of(size):
                if symbol.name.startswith("@"):
                    found.add(symbol)
                elif symbol in self.dynamics:
                    read = self.dynamics[symbol]
                    found |= self.loops(read.at)
                    if read.operand in self.homes:
                        found.add(self.homes[read.operand])
                elif symbol in self.bound_in:
                    found.add(self.bound_in[symbol])
            known = self._loops[size] = frozenset(found)
        return known

    def reads(self, index: Iterable[Size]) -> list[Dynamic]:
        """The dynamic indices that occur directly in an index."""
        return [
            self.dynamics[s]
            for size in index
            if isinstance(size, Dim)
            for s in sorted(symbols_of(size), key=str)
            if s in self.dynamics
        ]

    def _symbol(self, kind: str) -> Symbol:
        self.count += 1
        return Symbol(f"{kind}{self.count}", lower=0)
