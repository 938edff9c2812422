"""LLVM written as one writes Python: numbers with operators, arrays with brackets, loops.

For routines that kernels call: what numba would compile in a second is there in a tenth of it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from typing import Any

from llvmlite import ir
from numba.core import cgutils as _cgutils

from adjit.codegen.blocks import function_of

cgutils: Any = _cgutils

SIZE, BIT = ir.IntType(64), ir.IntType(1)
FLAGS = ("contract", "reassoc", "nsz")


@dataclass(frozen=True, slots=True)
class Number:
    """A number of LLVM."""

    builder: Any
    value: Any

    @property
    def is_float(self) -> bool:
        return isinstance(self.value.type, (ir.FloatType, ir.DoubleType))

    def _other(self, x: Number | float) -> Any:
        if isinstance(x, Number):
            return x.value
        return ir.Constant(self.value.type, float(x) if self.is_float else int(x))

    def _apply(self, whole: str, real: str, x: Number | float) -> Number:
        if self.is_float:
            value = getattr(self.builder, real)(self.value, self._other(x), flags=FLAGS)
        else:
            value = getattr(self.builder, whole)(self.value, self._other(x))
        return Number(self.builder, value)

    def __add__(self, x: Number | float) -> Number:
        return self._apply("add", "fadd", x)

    def __sub__(self, x: Number | float) -> Number:
        return self._apply("sub", "fsub", x)

    def __mul__(self, x: Number | float) -> Number:
        return self._apply("mul", "fmul", x)

    def __truediv__(self, x: Number | float) -> Number:
        return Number(self.builder, self.builder.fdiv(self.value, self._other(x)))

    def __neg__(self) -> Number:
        return Number(self.builder, self.builder.fneg(self.value))

    def __invert__(self) -> Number:
        return Number(self.builder, self.builder.not_(self.value))

    def __xor__(self, x: Number) -> Number:
        return Number(self.builder, self.builder.xor(self.value, x.value))

    def compare(self, symbol: str, x: Number | float) -> Number:
        """False where a NaN is in it, but for !=."""
        if not self.is_float:
            value = self.builder.icmp_signed(symbol, self.value, self._other(x))
        elif symbol == "!=":
            value = self.builder.fcmp_unordered(symbol, self.value, self._other(x))
        else:
            value = self.builder.fcmp_ordered(symbol, self.value, self._other(x))
        return Number(self.builder, value)

    def __lt__(self, x: Number | float) -> Number:
        return self.compare("<", x)

    def __le__(self, x: Number | float) -> Number:
        return self.compare("<=", x)

    def __gt__(self, x: Number | float) -> Number:
        return self.compare(">", x)

    def equal(self, x: Number | float) -> Number:
        return self.compare("==", x)

    def unequal(self, x: Number | float) -> Number:
        return self.compare("!=", x)

    def where(self, then: Number, otherwise: Number) -> Number:
        """One of two numbers, by this truth."""
        return Number(self.builder, self.builder.select(self.value, then.value, otherwise.value))

    def to(self, kind: Any) -> Number:
        """As an integer of this width."""
        if kind.width == self.value.type.width:
            return self
        widened = kind.width > self.value.type.width
        change = self.builder.sext if widened else self.builder.trunc
        return Number(self.builder, change(self.value, kind))


@dataclass(frozen=True, slots=True)
class Vector:
    """Numbers one after the other in memory."""

    builder: Any
    address: Any

    @property
    def kind(self) -> Any:
        """The type of an element."""
        return self.address.type.pointee

    def __getitem__(self, k: Number) -> Number:
        return Number(self.builder, self.builder.load(self.builder.gep(self.address, [k.value])))

    def __setitem__(self, k: Number, x: Number) -> None:
        self.builder.store(x.value, self.builder.gep(self.address, [k.value]))

    def swap(self, j: Number, k: Number) -> None:
        """Exchange two elements."""
        one, other = self[j], self[k]
        self[j], self[k] = other, one


@dataclass(frozen=True, slots=True)
class Variable:
    """A number that changes."""

    builder: Any
    address: Any

    def get(self) -> Number:
        return Number(self.builder, self.builder.load(self.address))

    def set(self, x: Number) -> None:
        self.builder.store(x.value, self.address)


@dataclass(frozen=True, slots=True)
class Code:
    """Where instructions are written."""

    builder: Any

    def number(self, kind: Any, x: float) -> Number:
        return Number(self.builder, ir.Constant(kind, x))

    def size(self, n: int) -> Number:
        return self.number(SIZE, n)

    def variable(self, x: Number) -> Variable:
        """A variable that gets this value each time that control comes here."""
        return Variable(self.builder, cgutils.alloca_once_value(self.builder, x.value))

    @contextmanager
    def loop(self, stop: Number, start: Number | None = None) -> Iterator[Number]:
        """`for k in range(start, stop)`."""
        first = None if start is None else start.value
        with cgutils.for_range(self.builder, stop.value, start=first, intp=SIZE) as loop:
            yield Number(self.builder, loop.index)

    @contextmanager
    def back(self, count: Number) -> Iterator[Number]:
        """`for k in range(count - 1, -1, -1)`."""
        with self.loop(count) as k:
            yield count - k - 1

    def when(self, truth: Number) -> AbstractContextManager[Any]:
        found: AbstractContextManager[Any] = self.builder.if_then(truth.value)
        return found

    def either(self, truth: Number) -> AbstractContextManager[Any]:
        found: AbstractContextManager[Any] = self.builder.if_else(truth.value)
        return found

    def intrinsic(self, name: str, x: Number) -> Number:
        """A mathematical function of LLVM."""
        function = self.builder.module.declare_intrinsic(f"llvm.{name}", [x.value.type])
        return Number(self.builder, self.builder.call(function, [x.value]))


def routine(
    module: Any, name: str, result: Any, kinds: list[Any], write: Callable[..., Number | None]
) -> Any:
    """The function of this name in a module; `write(code, ...)` gives the value it returns. It
    takes vectors where pointers come in."""
    function, builder = function_of(module, name, result, kinds)
    if builder is None:
        return function
    arguments = [
        (Vector if isinstance(x.type, ir.PointerType) else Number)(builder, x)
        for x in function.args
    ]
    out = write(Code(builder), *arguments)
    if out is None:
        builder.ret_void()
    else:
        builder.ret(out.value)
    return function
