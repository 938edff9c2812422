"""The abstract op-builder in which every elementary function is written once.

A definition is an ordinary Python function of :class:`Value` arguments.  Calling it records a
:class:`Program`: a straight line of typed instructions without branches, which the back-ends
(:mod:`adjit.codegen.vecmath.llvm`, :mod:`adjit.codegen.vecmath.source`) print.  Equal instructions
are recorded once, so a definition may repeat a subexpression freely.

``mad(a, b, c)`` is ``a*b + c``, rounded once where the machine has a fused instruction and twice
where it has not; ``fma`` is always rounded once.  Nothing else may be contracted or reassociated:
both back-ends execute exactly the recorded operations, hence give the same bits.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import TypeAlias

__all__ = [
    "Definition",
    "Format",
    "Instruction",
    "Program",
    "Value",
    "horner",
    "record",
]

FLOATS = ("float64", "float32")


@dataclass(frozen=True, slots=True)
class Instruction:
    """One operation: ``type`` is that of its result, ``args`` are numbers of earlier instructions.

    ``const`` has as only argument its value (``float.hex`` of a float, so that ``-0.0`` and ``0.0``
    differ); shifts have the distance as second argument; ``arg`` the position of the parameter.
    """

    op: str
    type: str
    args: tuple[int | str, ...]


@dataclass(slots=True)
class Program:
    """Straight-line code with ``parameters`` arguments, all of type ``dtype``."""

    dtype: str
    parameters: int
    instructions: list[Instruction] = field(default_factory=list)
    results: tuple[int, ...] = ()
    _known: dict[Instruction, int] = field(default_factory=dict)

    def emit(self, op: str, type_: str, *args: int | str) -> "Value":
        """Append the instruction, or find the equal one recorded before."""
        instruction = Instruction(op, type_, args)
        index = self._known.get(instruction)
        if index is None:
            index = self._known[instruction] = len(self.instructions)
            self.instructions.append(instruction)
        return Value(self, index, type_)

    def const(self, value: float, type_: str) -> "Value":
        """A constant of the given type."""
        text = float(value).hex() if type_ in FLOATS else str(int(value))
        return self.emit("const", type_, text)


@dataclass(frozen=True, slots=True, eq=False)
class Value:
    """The result of an instruction.  Python numbers beside it become constants of its type."""

    program: Program
    index: int
    type: str

    def _index(self, other: "Operand") -> int:
        if isinstance(other, Value):
            if other.type != self.type:
                raise TypeError(f"{self.type} beside {other.type}")
            return other.index
        return self.program.const(other, self.type).index

    def _binary(self, op: str, other: "Operand", reverse: bool = False) -> "Value":
        name = op if self.type in FLOATS else "i" + op
        args = (self.index, self._index(other))
        return self.program.emit(name, self.type, *(args[::-1] if reverse else args))

    def __add__(self, other: "Operand") -> "Value":
        return self._binary("add", other)

    def __sub__(self, other: "Operand") -> "Value":
        return self._binary("sub", other)

    def __rsub__(self, other: "Operand") -> "Value":
        return self._binary("sub", other, reverse=True)

    def __mul__(self, other: "Operand") -> "Value":
        return self._binary("mul", other)

    def __truediv__(self, other: "Operand") -> "Value":
        return self._binary("div", other)

    def __rtruediv__(self, other: "Operand") -> "Value":
        return self._binary("div", other, reverse=True)

    def __neg__(self) -> "Value":
        return self.program.emit("neg", self.type, self.index)

    def __abs__(self) -> "Value":
        return self.program.emit("abs", self.type, self.index)

    def __and__(self, other: "Operand") -> "Value":
        return self.program.emit("and", self.type, self.index, self._index(other))

    def __or__(self, other: "Operand") -> "Value":
        return self.program.emit("or", self.type, self.index, self._index(other))

    def __xor__(self, other: "Operand") -> "Value":
        return self.program.emit("xor", self.type, self.index, self._index(other))

    def __lshift__(self, bits: int) -> "Value":
        return self.program.emit("shl", self.type, self.index, str(bits))

    def __rshift__(self, bits: int) -> "Value":
        """Logical shift: zeros come in from the left (AVX2 has no arithmetic one of 64 bits)."""
        return self.program.emit("lshr", self.type, self.index, str(bits))

    def _compare(self, op: str, other: "Operand") -> "Value":
        name = op if self.type in FLOATS else "i" + op
        return self.program.emit(name, "bool", self.index, self._index(other))

    def __lt__(self, other: "Operand") -> "Value":
        return self._compare("lt", other)

    def __le__(self, other: "Operand") -> "Value":
        return self._compare("le", other)

    def __gt__(self, other: "Operand") -> "Value":
        return self._compare("gt", other)

    def equals(self, other: "Operand") -> "Value":
        """``==``; false beside NaN."""
        return self._compare("eq", other)

    def differs(self, other: "Operand") -> "Value":
        """``!=``; true beside NaN."""
        return self._compare("ne", other)

    def is_nan(self) -> "Value":
        """``x != x``."""
        return self.differs(self)

    def select(self, then: "Operand", otherwise: "Operand", type_: str | None = None) -> "Value":
        """``then if self else otherwise``, both evaluated; ``type_`` when both are numbers."""
        typed = [x.type for x in (then, otherwise) if isinstance(x, Value)]
        result = typed[0] if typed else type_
        if self.type != "bool" or result is None:
            raise TypeError("select needs a boolean condition and a typed branch")
        a, b = (
            x if isinstance(x, Value) else self.program.const(x, result) for x in (then, otherwise)
        )
        return self.program.emit("select", result, self.index, a.index, a._index(b))

    def mad(self, factor: "Operand", summand: "Operand") -> "Value":
        """``self*factor + summand``; fused where the machine can."""
        args = (self.index, self._index(factor), self._index(summand))
        return self.program.emit("mad", self.type, *args)

    def fma(self, factor: "Operand", summand: "Operand") -> "Value":
        """``self*factor + summand`` with one rounding; a slow call on machines without it."""
        args = (self.index, self._index(factor), self._index(summand))
        return self.program.emit("fma", self.type, *args)

    def floor(self) -> "Value":
        """Largest integer not above."""
        return self.program.emit("floor", self.type, self.index)

    def copysign(self, sign: "Value") -> "Value":
        """Magnitude of self, sign bit of ``sign``."""
        return self.program.emit("copysign", self.type, self.index, self._index(sign))

    def cast(self, type_: str) -> "Value":
        """Between float64 and float32, or int64 to int32 (low bits)."""
        return self.program.emit("cast", type_, self.index)

    def bits(self) -> "Value":
        """The bit pattern of a float as an integer of the same width."""
        return self.program.emit("bits", self.type.replace("float", "int"), self.index)

    def unbits(self) -> "Value":
        """The float with this bit pattern."""
        return self.program.emit("unbits", self.type.replace("int", "float"), self.index)


Operand: TypeAlias = "Value | float | int"


@dataclass(frozen=True, slots=True)
class Format:
    """The numbers that describe an IEEE format."""

    dtype: str
    integer: str
    mantissa: int
    bias: int

    @property
    def one(self) -> int:
        """Bit pattern of 1.0."""
        return self.bias << self.mantissa

    @property
    def width(self) -> int:
        """Bits in all."""
        return 64 if self.dtype == "float64" else 32

    @property
    def sign(self) -> int:
        """Bit pattern of -0.0, as a signed integer."""
        return -(1 << (self.width - 1))

    @property
    def magic(self) -> float:
        """Adding it rounds to an integer, which then stands in the low bits: 1.5 * 2**mantissa."""
        return 1.5 * 2.0**self.mantissa

    @property
    def tiny(self) -> float:
        """Smallest normal number."""
        return 2.0 ** (1 - self.bias)


FORMATS = {
    "float64": Format("float64", "int64", 52, 1023),
    "float32": Format("float32", "int32", 23, 127),
}

Definition: TypeAlias = Callable[..., Value | tuple[Value, ...]]


def horner(x: Value, coefficients: Sequence[float]) -> Value:
    """``c0 + x*(c1 + x*(c2 + ...))``."""
    result = x.program.const(coefficients[-1], x.type)
    for coefficient in reversed(coefficients[:-1]):
        result = result.mad(x, coefficient)
    return result


def record(definition: Definition, dtype: str, parameters: int) -> Program:
    """Call the definition on symbolic arguments and return what it did, without unused steps."""
    program = Program(dtype, parameters)
    arguments = [program.emit("arg", dtype, str(i)) for i in range(parameters)]
    outcome = definition(FORMATS[dtype], *arguments)
    results = outcome if isinstance(outcome, tuple) else (outcome,)
    program.results = tuple(v.index for v in results)
    return _prune(program)


def _prune(program: Program) -> Program:
    """Drop the instructions that no result needs (parameters stay)."""
    needed = set(program.results) | set(range(program.parameters))
    for index in range(len(program.instructions) - 1, -1, -1):
        if index in needed:
            needed.update(a for a in program.instructions[index].args if isinstance(a, int))
    renumbered: dict[int | str, int] = {old: new for new, old in enumerate(sorted(needed))}
    lines = [
        Instruction(line.op, line.type, tuple(renumbered.get(a, a) for a in line.args))
        for line in (program.instructions[i] for i in sorted(needed))
    ]
    results = tuple(renumbered[i] for i in program.results)
    return Program(program.dtype, program.parameters, lines, results)
