"""What the trace knows about sizes: which are equal, and what was decided about them.

Two symbols found equal are unified (`n := m`, `n := 5`, `n := m - 1`): everything captured so far
is rewritten at once, so that equal sizes are always equal as polynomials. A comparison that the
bounds do not settle is decided by the sizes met while tracing and recorded as a guard.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from adjit.ir.bounds import bounds
from adjit.ir.dims import Dim, Size, Symbol, symbol_size, symbols_of
from adjit.ir.errors import DataDependentError, ShapeError
from adjit.ir.magnitude import LARGEST, may_overflow
from adjit.ir.proofs import Ranges, conjuncts
from adjit.ir.substitution import hint, substitute
from adjit.ir.values import Shape
from adjit.tracer.control.journal import NotRollable
from adjit.tracer.equations import divided, linear_symbols, solve, without_common_factors
from adjit.tracer.symint import SymInt

__all__ = ["SizeGuard", "Sizes", "SymInt"]

COMPARE: Mapping[str, Callable[[int, int], bool]] = {
    "==": operator.eq,
    "!=": operator.ne,
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}
_OPPOSITE = {"!=": "==", "<": ">=", ">": "<="}


@dataclass(frozen=True, slots=True)
class SizeGuard:
    """`(size op value) is truth` held while tracing and must hold at a call."""

    size: Size
    op: str
    value: int
    truth: bool

    def __str__(self) -> str:
        text = f"{self.size} {self.op} {self.value}"
        return text if self.truth else f"not {text}"


class Sizes:
    """Equalities and decisions about sizes, shared by a trace and the traces nested in it."""

    def __init__(self) -> None:
        self.table: dict[Symbol, Size] = {}
        self.listeners: list[Callable[[Mapping[Symbol, Size]], None]] = []
        self._guards: dict[SizeGuard, None] = {}
        self._rank: dict[Symbol, int] = {}
        #: symbols that are quotients of others: (the other, the divisor)
        self.parts: dict[Symbol, tuple[Symbol, int]] = {}
        self.ranges = Ranges()

    def declare(self, symbol: Symbol) -> Size:
        """Make a symbol known; of two that are equal, the one declared first is kept."""
        self._rank.setdefault(symbol, len(self._rank))
        return symbol_size(symbol)

    def newer(self, size: Size, mark: int) -> bool:
        """True where a size mentions a symbol that was declared after the first `mark` ones."""
        return any(self._rank.get(s, mark) >= mark for s in symbols_of(self.resolve(size)))

    def rank(self, symbol: Symbol) -> int:
        """How many symbols were declared before this one."""
        return self._rank[symbol]

    @property
    def declared(self) -> int:
        """How many symbols have been declared."""
        return len(self._rank)

    def is_declared(self, symbol: Symbol) -> bool:
        """True for a name that is taken: symbols are equal when their names are."""
        return symbol in self._rank

    def is_known(self, size: Size) -> bool:
        """True when the number met while tracing is known (not the count of a mask)."""
        return hint(self.resolve(size)) is not None

    def resolve(self, size: Size) -> Size:
        """The size in terms of the symbols that are left."""
        return substitute(size, self.table)

    def resolve_shape(self, shape: Sequence[Size]) -> Shape:
        return tuple(map(self.resolve, shape))

    def guards(self) -> tuple[SizeGuard, ...]:
        """The decisions taken, in terms of the symbols that are left."""
        out: dict[SizeGuard, None] = {}
        for guard in self._guards:
            size = self.resolve(guard.size)
            if isinstance(size, int):
                continue
            out[SizeGuard(size, guard.op, guard.value, guard.truth)] = None
        return tuple(out)

    def facts(self) -> tuple[Size, ...]:
        """The guards as sizes that are at least 0."""
        found: list[Size] = []
        for guard in self.guards():
            ahead, behind = guard.size - guard.value, guard.value - guard.size
            if guard.op == ">=":
                found.append(ahead if guard.truth else behind - 1)
            elif guard.op == "<=":
                found.append(behind if guard.truth else ahead - 1)
        return tuple(dict.fromkeys(found))

    # Decisions.

    def fits(self, size: Size) -> bool:
        """True where the size, and what it is computed from, are numbers of int64 (guarded)."""
        return all(map(self._fits, may_overflow(self.resolve(size))))

    def _fits(self, part: Size) -> bool:
        if self.ranges.turns(part):
            largest = self.ranges.largest(part)
            if largest is None or hint(self.resolve(largest)) is None:
                return True  # nobody goes through so many turns
            return self.decide(largest, "<=", LARGEST)
        if hint(part) is None:
            return True
        return self.decide(part, "<=", LARGEST) and self.decide(part, ">=", -LARGEST - 1)

    def settle(self, a: Size, op: str, b: Size) -> bool | None:
        """The truth of `a op b` in all turns of the loops around; None where it may change from
        turn to turn."""
        if op in _OPPOSITE:
            found = self.settle(a, _OPPOSITE[op], b)
            return None if found is None else not found
        difference = self.resolve(a - b)
        if not self.ranges.mentions(difference):
            return self.decide(a, op, b)
        if op == "==":
            apart = self.at_least(difference - 1) or self.at_least(difference * -1 - 1)
            return False if apart else None
        ahead, behind = (difference, difference * -1 - 1)
        if op == "<=":
            ahead, behind = difference * -1, difference - 1
        return True if self.at_least(ahead) else False if self.at_least(behind) else None

    def at_least(self, size: Size, lowest: int = 0) -> bool:
        """True where `size >= lowest` in all turns; guarded where the sizes met while tracing
        are needed for it. False: not known."""
        return all(map(self._not_negative, conjuncts(self.resolve(size) - lowest)))

    def _not_negative(self, size: Size) -> bool:
        if self.proves(size):
            return True
        limits = self.ranges.limits
        for found in self.ranges.candidates(size):
            value = hint(self.resolve(found))
            if value is not None and value >= 0 and not any(s in limits for s in symbols_of(found)):
                return self.decide(found, ">=", 0)
        return False

    def proves(self, size: Size) -> bool:
        """True where `size >= 0` in all turns and for all sizes of the arguments."""
        return all(map(self.ranges.proves, conjuncts(self.resolve(size))))

    def decide(self, a: Size, op: str, b: Size) -> bool:
        """The truth of `a op b`: proved by bounds, else as while tracing, with a guard."""
        if op in _OPPOSITE:
            return not self.decide(a, _OPPOSITE[op], b)
        if self.ranges.mentions(self.resolve(a - b)):
            found = self.settle(a, op, b)
            if found is not None:
                return found
            raise DataDependentError(
                f"the code needs to know whether {self.show(a)} {op} {self.show(b)}, which changes "
                "from turn to turn of a loop",
                remedy="use sizes that are the same in all turns",
            )
        difference = self.resolve(a - b)
        if isinstance(difference, int):
            return COMPARE[op](difference, 0)
        low, high = bounds(difference)
        if (low is not None and low > 0) or (high is not None and high < 0):
            sign = 1 if low is not None and low > 0 else -1
            return COMPARE[op](sign, 0)
        if (op == ">=" and low == 0) or (op == "<=" and high == 0):
            return True
        value = hint(difference)
        if value is None:
            raise DataDependentError(
                f"the code asks whether {self.show(a)} {op} {self.show(b)}, which depends on the "
                "numbers in an array and is not known while tracing",
                remedy="use a select (np.where) over the whole array instead of a boolean mask",
            )
        truth = COMPARE[op](value, 0)
        if op == "==" and truth:
            self.equate(a, b)
        else:
            constant = _constant(difference)
            self._guards[SizeGuard(difference - constant, op, -constant, truth)] = None
        return truth

    def concrete(self, size: Size) -> int:
        """The number met while tracing; the capture holds for this size only."""
        size = self.resolve(size)
        if isinstance(size, int):
            return size
        if self.ranges.turns(size):
            raise NotRollable(
                f"Python needs the number {self.show(size)}, which changes from turn to turn of a "
                "loop",
                remedy="stack the items of a list into one array (np.stack) and index that",
            )
        value = hint(size)
        if value is None:
            raise DataDependentError(
                f"Python needs the number {self.show(size)}, which depends on the numbers in an "
                "array and is not known while tracing",
                remedy="use a select (np.where) over the whole array instead of a boolean mask",
            )
        self.equate(size, value)
        return value

    # Equalities.

    def equate(self, a: Size, b: Size, what: str = "sizes") -> Size:
        """State that `a == b`; return the common size. `ShapeError` where they differ."""
        a, b = self.resolve(a), self.resolve(b)
        difference = a - b
        if isinstance(difference, int):
            if difference:
                raise ShapeError(f"{what} {self.show(a)} and {self.show(b)} differ")
            return a
        low, high = bounds(difference)
        value = hint(difference)
        impossible = (low is not None and low > 0) or (high is not None and high < 0)
        if impossible or (value is not None and value != 0):
            raise ShapeError(f"{what} {self.show(a)} and {self.show(b)} differ")
        if value is None:
            raise ShapeError(
                f"{what} {self.show(a)} and {self.show(b)} depend on the numbers in an array: "
                "that they agree is not known while tracing",
                remedy="index with the same mask, or use a select (np.where) over whole arrays",
            )
        self._unify(difference)
        return self.resolve(a)

    def _split(self, difference: Dim) -> bool:
        """Write a symbol n, of which the sizes hold a quotient or remainder by a number d, as
        `d * k + r` with a new symbol k: `n // 2` of an even n becomes k. False where there is
        none; small k are not worth it."""
        for symbol, divisor in divided(difference):
            if symbol.hint is None or symbol.hint // divisor < 2:
                continue
            name = f"({symbol.name}//{divisor})"
            lower = None if symbol.lower is None else 2
            upper = None if symbol.upper is None else symbol.upper // divisor
            part = Symbol(name, symbol.hint // divisor, lower, upper)
            whole, before = self.parts.get(symbol, (symbol, 1))
            self.parts[part] = (whole, before * divisor)
            self._bind(symbol, self.declare(part) * divisor + symbol.hint % divisor)
            return True
        return False

    def _unify(self, difference: Dim) -> None:
        """Make `difference`, zero while tracing, zero as a polynomial."""
        difference = without_common_factors(difference)
        candidates = linear_symbols(difference)
        if candidates:
            best = max(candidates, key=lambda s: (s.lower is None, self._rank.get(s, 0)))
            self._bind(best, solve(difference, best))
            return
        if self._split(difference):
            rest = self.resolve(difference)
            if isinstance(rest, Dim):
                self._unify(rest)
            return
        for symbol in sorted(symbols_of(difference), key=str):
            if symbol.hint is not None:
                self._bind(symbol, symbol.hint)

    def _bind(self, symbol: Symbol, size: Size) -> None:
        low, _ = bounds(size)
        if symbol.lower is not None and (low is None or low < symbol.lower):
            self.decide(size, ">=", symbol.lower)  # what was proved by the bound must stay true
        step = {symbol: size}
        self.table = {s: substitute(old, step) for s, old in self.table.items()}
        self.table[symbol] = size
        self.ranges.rewrite(step)
        for listener in self.listeners:
            listener(step)

    # Shapes.

    def broadcast(self, shapes: Sequence[Shape]) -> Shape:
        """NumPy's broadcast of shapes; sizes that must agree are unified."""
        ndim = max((len(s) for s in shapes), default=0)
        out: list[Size] = [1] * ndim
        for shape in shapes:
            for axis, size in enumerate(shape, start=ndim - len(shape)):
                out[axis] = self._broadcast_size(
                    self.resolve(out[axis]), self.resolve(size), shapes
                )
        return self.resolve_shape(out)

    def _broadcast_size(self, a: Size, b: Size, shapes: Sequence[Shape]) -> Size:
        if a == b or b == 1:
            return a
        if a == 1:
            return b
        if not isinstance(b, int) and self._may_be_one(b) and self.decide(b, "==", 1):
            return a
        if not isinstance(a, int) and self._may_be_one(a) and self.decide(a, "==", 1):
            return b
        try:
            return self.equate(a, b)
        except ShapeError as error:
            listed = " and ".join(self.show_shape(s) for s in shapes)
            raise ShapeError(
                f"shapes {listed} do not broadcast: {error.reason}",
                remedy=error.remedy or "sizes must be equal, or one of them 1",
            ) from None

    def _may_be_one(self, size: Size) -> bool:
        low, _ = bounds(size)
        return (low is None or low < 2) and hint(size) is not None

    def settle_ones(self, shape: Sequence[Size]) -> None:
        """Decide of every size that may be 1 whether it is."""
        for size in shape:
            if not isinstance(size, int) and self._may_be_one(size):
                self.decide(size, "==", 1)

    # Texts.

    def show(self, size: Size) -> str:
        """A size for a message: the number met while tracing where there is one."""
        value = hint(self.resolve(size))
        return str(size) if value is None else str(value)

    def show_shape(self, shape: Sequence[Size]) -> str:
        inner = ", ".join(map(self.show, shape))
        return f"({inner},)" if len(shape) == 1 else f"({inner})"


def _constant(size: Size) -> int:
    if isinstance(size, int):
        return size
    return next((c for monomial, c in size.terms if not monomial), 0)
