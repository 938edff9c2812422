"""Integers that stand for a size: `x.shape[0]`, `len(x)`, an integer argument."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np

from adjit.ir.dims import Dim, Size, floordiv, mod
from adjit.ir.magnitude import LARGEST
from adjit.tracer.context import current_for

if TYPE_CHECKING:
    from adjit.tracer.trace import Trace


def is_integer(x: Any) -> bool:
    """True for a Python integer or what stands for one (bool counts, as in Python)."""
    return isinstance(x, (int, SymInt))


class SymInt:
    """A Python integer whose number is not fixed by the trace.

    Arithmetic with integers stays symbolic, arithmetic with floats and arrays is traced. Where
    Python needs the number (`range`, `hash`, an index of a list), the capture is specialised to
    the number met while tracing; comparisons are decided by it and guarded.
    """

    __slots__ = ("_size", "trace")
    __array_ufunc__ = None  # NumPy's scalars leave arithmetic to the methods below

    def __init__(self, trace: Trace, size: Size) -> None:
        self.trace = trace
        self._size = size

    @property
    def size(self) -> Size:
        """The size in terms of the symbols that are left."""
        return self.trace.sizes.resolve(self._size)

    def become(self, size: Size) -> None:
        """Stand for another size from now on: the first one is not known outside of a region."""
        self._size = size

    def _here(self) -> Trace:
        return current_for(self.trace)

    def _decide(self, op: str, other: Any) -> Any:
        if isinstance(other, float) and other.is_integer():
            other = int(other)
        if not is_integer(other):
            return NotImplemented
        trace = self._here()
        found = trace.sizes.settle(self.size, op, size_of(other))
        return (
            trace.operate(op, trace.number(self), trace.number(other)) if found is None else found
        )

    def __eq__(self, other: object) -> Any:
        found = self._decide("==", other)
        return False if found is NotImplemented and isinstance(other, (str, float)) else found

    def __ne__(self, other: object) -> Any:
        found = self._decide("!=", other)
        return True if found is NotImplemented and isinstance(other, (str, float)) else found

    def __lt__(self, other: Any) -> Any:
        return self._order("<", other)

    def __le__(self, other: Any) -> Any:
        return self._order("<=", other)

    def __gt__(self, other: Any) -> Any:
        return self._order(">", other)

    def __ge__(self, other: Any) -> Any:
        return self._order(">=", other)

    def _order(self, op: str, other: Any) -> Any:
        found = self._decide(op, other)
        if found is NotImplemented and isinstance(other, float):
            if self.trace.sizes.ranges.mentions(self.size):
                return self._here().operate(op, self._here().number(self), other)
            number = int(self)
            return {
                "<": number < other,
                "<=": number <= other,
                ">": number > other,
                ">=": number >= other,
            }[op]
        return found

    def __bool__(self) -> bool:
        return self._here().sizes.decide(self.size, "!=", 0)

    def __index__(self) -> int:
        return self._here().sizes.concrete(self.size)

    __int__ = __index__

    def __hash__(self) -> int:
        return hash(int(self))

    def __float__(self) -> float:
        return float(int(self))

    def __str__(self) -> str:
        return str(int(self))

    def __format__(self, spec: str) -> str:
        return format(int(self), spec)

    def __repr__(self) -> str:
        return f"<size {self._size}>"

    def __neg__(self) -> Any:
        return number_of(self.trace, self.size * -1)

    def __pos__(self) -> Any:
        return self

    def __abs__(self) -> Any:
        positive = self._here().sizes.settle(self.size, ">=", 0)
        if positive is None:
            return abs(self._here().number(self))
        return self if positive else -self

    def __invert__(self) -> Any:
        return -self - 1

    def __round__(self, digits: int | None = None) -> Any:
        return self if digits is None or digits >= 0 else round(int(self), digits)

    def __trunc__(self) -> Any:
        return self

    __floor__ = __ceil__ = __trunc__

    def bit_length(self) -> int:
        return int(self).bit_length()

    def is_integer(self) -> bool:
        return True

    @property
    def real(self) -> SymInt:
        return self

    def __pow__(self, other: Any) -> Any:
        if isinstance(other, int) and 0 <= other <= 8:
            out: Any = 1
            for _ in range(other):
                out = self * out
            return out
        if isinstance(other, int):
            return int(self) ** other
        return self._here().operate("**", self, other)

    def __rpow__(self, other: Any) -> Any:
        if other == -1 and isinstance(other, int) and self._here().sizes.at_least(self.size):
            return 1 - number_of(self.trace, mod(self.size, 2)) * 2
        if isinstance(other, int):
            if self._small_exponent(other):
                trace = self._here()
                return trace.operate("**", trace.number(other), trace.number(self))
            return other ** int(self)
        return self._here().operate("**", other, self)

    def _small_exponent(self, base: int) -> bool:
        """True where `base ** self` is an integer of 64 bits in all turns of a loop."""
        sizes = self._here().sizes
        if not sizes.ranges.turns(self.size) or not sizes.at_least(self.size):
            return False
        most = 62 // max(abs(base).bit_length(), 1)
        return sizes.at_least(self.size * -1 + most)

    def __truediv__(self, other: Any) -> Any:
        return self._here().operate("/", self, other)

    def __rtruediv__(self, other: Any) -> Any:
        return self._here().operate("/", other, self)

    def __divmod__(self, other: Any) -> Any:
        return self // other, self % other

    def __rdivmod__(self, other: Any) -> Any:
        return other // self, other % self


def size_of(n: Any) -> Size:
    """The size that an integer or `SymInt` is."""
    if isinstance(n, Dim):
        return n
    return n.size if isinstance(n, SymInt) else int(n)


def number_of(trace: Trace, size: Size) -> Any:
    """A size as the user sees it: an int or a `SymInt`."""
    return size if isinstance(size, int) else SymInt(trace, size)


def _divide(function: Callable[[Size, Size], Size]) -> Callable[[Trace, Any, Any], Any]:
    def divide(trace: Trace, a: Any, b: Any) -> Any:
        if trace.sizes.decide(size_of(b), "==", 0):
            raise ZeroDivisionError("integer division or modulo by zero")
        return function(size_of(a), size_of(b))

    return divide


_ARITHMETIC: dict[str, tuple[str, Callable[[Trace, Any, Any], Any]]] = {
    "add": ("+", lambda t, a, b: size_of(a) + size_of(b)),
    "sub": ("-", lambda t, a, b: size_of(a) - size_of(b)),
    "mul": ("*", lambda t, a, b: size_of(a) * size_of(b)),
    "floordiv": ("//", _divide(floordiv)),
    "mod": ("%", _divide(mod)),
}
_BITS: dict[str, tuple[str, Callable[[int, int], int]]] = {
    "and": ("&", lambda a, b: a & b),
    "or": ("|", lambda a, b: a | b),
    "xor": ("^", lambda a, b: a ^ b),
    "lshift": ("<<", lambda a, b: a << b),
    "rshift": (">>", lambda a, b: a >> b),
}


def _install() -> None:
    for name, (symbol, compute) in _ARITHMETIC.items():
        setattr(SymInt, f"__{name}__", _method(symbol, compute, swapped=False))
        setattr(SymInt, f"__r{name}__", _method(symbol, compute, swapped=True))
    for name, (symbol, bits) in _BITS.items():
        setattr(SymInt, f"__{name}__", _bit_method(symbol, bits, swapped=False))
        setattr(SymInt, f"__r{name}__", _bit_method(symbol, bits, swapped=True))


def _method(
    symbol: str, compute: Callable[[Trace, Any, Any], Any], *, swapped: bool
) -> Callable[[SymInt, Any], Any]:
    def method(self: SymInt, other: Any) -> Any:
        a, b = (other, self) if swapped else (self, other)
        if is_integer(other):
            return number_of(self.trace, compute(self._here(), a, b))
        if symbol == "*" and isinstance(other, (list, tuple, str, bytes)):
            return other * int(self)
        if not isinstance(other, (float, np.generic)):
            return NotImplemented
        return self._here().operate(symbol, a, b)

    return method


def _shifts_little(trace: Trace, a: Any, b: Any) -> bool:
    """True where `a << b` is a number of 64 bits in all turns."""
    sizes, bits = trace.sizes, a.bit_length() if isinstance(a, int) else 31
    room = LARGEST >> (62 - bits)
    fits = sizes.at_least(size_of(a), -room) and sizes.at_least(size_of(a) * -1, -room)
    return fits and sizes.at_least(size_of(b)) and sizes.at_least(size_of(b) * -1 + 62 - bits)


def _bit_method(
    symbol: str, compute: Callable[[int, int], int], *, swapped: bool
) -> Callable[[SymInt, Any], Any]:
    def method(self: SymInt, other: Any) -> Any:
        if not is_integer(other):
            return NotImplemented
        a, b = (other, self) if swapped else (self, other)
        trace = self._here()
        if trace.sizes.ranges.mentions(size_of(a) - size_of(b)):
            if symbol == "<<" and not _shifts_little(trace, a, b):
                return compute(int(a), int(b))
            return trace.operate(symbol, trace.number(a), trace.number(b))
        return compute(int(a), int(b))

    return method


_install()
