"""Ufuncs: one row says what each kind of loop (bool, integer, float) is in primitives.

Which dtypes a call computes in is not restated here: `ufunc.resolve_dtypes` is NumPy's own
answer, weak Python scalars and `dtype=` included.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from adjit.ir.errors import ArgumentError, DTypeError, UnsupportedError
from adjit.ir.primitives import Primitive
from adjit.ir.primitives import elementwise as ew
from adjit.ir.values import Literal, Operand, literal
from adjit.tracer.dispatch import LOWERINGS
from adjit.tracer.surface import kit
from adjit.tracer.trace import Trace

#: (trace, operands of the loop's dtype) -> result.
Rule = Callable[..., Operand]


@dataclass(frozen=True, slots=True, eq=False)
class Ufunc:
    """The row of a ufunc: the rule of each kind of loop ("b", "i", "u", "f")."""

    ufunc: np.ufunc
    rules: Mapping[str, Rule]

    @property
    def name(self) -> str:
        return f"np.{self.ufunc.__name__}"

    def __call__(
        self,
        t: Trace,
        *args: Any,
        out: Any = None,
        where: Any = True,
        dtype: Any = None,
        casting: str = "same_kind",
        order: str = "K",
        subok: bool = True,
        signature: Any = None,
    ) -> Any:
        if signature is not None or order != "K" or subok is not True:
            raise t.error(
                UnsupportedError,
                f"{self.name}: order=, subok= and signature= are not supported",
                "use dtype= or .astype()",
            )
        nin = self.ufunc.nin
        if not nin <= len(args) <= self.ufunc.nargs:
            raise t.error(
                ArgumentError,
                f"{self.name} takes {nin} arrays, {len(args)} given",
                "give its arrays, and out= by name",
            )
        if len(args) > nin:
            out = args[nin:]
        if isinstance(out, tuple):
            out = out[0] if len(out) == 1 else out
        if out is None and where is True and dtype is None and all(map(kit.is_number, args)):
            return self.ufunc(*args)
        return self._finish(t, self._compute(t, args[:nin], dtype, casting), out, where, casting)

    def _compute(self, t: Trace, inputs: tuple[Any, ...], dtype: Any, casting: str) -> Operand:
        loop = self.loop(t, inputs, dtype, casting)
        rule = self.rules.get(loop[0].kind)
        if rule is None:
            raise t.error(
                DTypeError,
                f"{self.name} of {loop[0]} is not supported",
                "convert the argument with .astype(float) first",
            )
        operands = [kit.operand(t, x, d) for x, d in zip(inputs, loop, strict=False)]
        t.sizes.broadcast([x.shape for x in operands])
        return t.builder.convert(rule(t, *operands), loop[-1])

    def loop(
        self, t: Trace, inputs: tuple[Any, ...], dtype: Any = None, casting: str = "same_kind"
    ) -> tuple[np.dtype[Any], ...]:
        """The dtypes that NumPy computes this call in."""
        given = [kit.loop_type(t, x) for x in inputs]
        if all(kind is int for kind in given):  # NumPy compares Python's integers as objects
            given = [np.dtype(np.int64)] * len(given)
        options: dict[str, Any] = {} if casting == "same_kind" else {"casting": casting}
        if dtype is not None:
            options["signature"] = (*[None] * self.ufunc.nin, np.dtype(dtype))
        try:
            found = self.ufunc.resolve_dtypes((*given, None), **options)
        except TypeError as error:
            raise t.error(DTypeError, str(error), "convert the arguments with .astype()") from None
        if len(set(found[: self.ufunc.nin])) > 1:
            raise t.error(
                DTypeError,
                f"{self.name} of {' and '.join(map(str, found))} mixes "
                "signed and unsigned integers",
                "convert one of them with .astype()",
            )
        return tuple(kit.check_dtype(t, d) for d in found)

    def _finish(self, t: Trace, result: Operand, out: Any, where: Any, casting: str) -> Any:
        if out is None:
            if where is not True:
                raise t.error(
                    UnsupportedError,
                    f"{self.name}: where= without out= leaves elements of the result undefined",
                    "use np.where, or give out= as well",
                )
            return t.wrap(result)
        kit.write(t, self.name, out, t.wrap(result), where=where, casting=casting)
        return out


def ufunc(function: np.ufunc, **rules: Rule | Primitive) -> None:
    """Add a row: `kinds=rule`, where kinds are the letters of the loops that the rule is for."""
    table: dict[str, Rule] = {}
    for kinds, rule in rules.items():
        for kind in kinds:
            table[kind] = _emitting(rule) if isinstance(rule, Primitive) else rule
    LOWERINGS[function] = Ufunc(function, table)


def _emitting(primitive: Primitive) -> Rule:
    return lambda t, *operands: t.builder.emit(primitive, *operands)


def _of_truth(primitive: Primitive) -> Rule:
    return lambda t, *operands: t.builder.emit(
        primitive, *(t.builder.convert(x, np.bool_) for x in operands)
    )


def _same(t: Trace, x: Operand) -> Operand:
    return x


def _constant(value: bool) -> Rule:
    return lambda t, x: t.builder.full(value, x.shape, np.bool_)


def _square(t: Trace, x: Operand) -> Operand:
    return t.builder.mul(x, x)


def _reciprocal(t: Trace, x: Operand) -> Operand:
    return t.builder.div(literal(1.0, x.type.dtype), x)


def _times(factor: float) -> Rule:
    return lambda t, x: t.builder.mul(x, literal(factor, x.type.dtype))


def _heaviside(t: Trace, x: Operand, half: Operand) -> Operand:
    b, dtype = t.builder, x.type.dtype
    zero, one = literal(0.0, dtype), literal(1.0, dtype)
    step = b.emit(ew.select, b.emit(ew.lt, x, zero), zero, one)
    step = b.emit(ew.select, b.emit(ew.eq, x, zero), half, step)
    return b.emit(ew.select, b.emit(ew.isnan, x), x, step)


def _logaddexp2(t: Trace, x: Operand, y: Operand) -> Operand:
    b, ln2 = t.builder, literal(math.log(2.0), x.type.dtype)
    return b.div(b.emit(ew.logaddexp, b.mul(x, ln2), b.mul(y, ln2)), ln2)


def _signbit(t: Trace, x: Operand) -> Operand:
    one, zero = literal(1.0, x.type.dtype), literal(0.0, x.type.dtype)
    return t.builder.emit(ew.lt, t.builder.emit(ew.copysign, one, x), zero)


def _integer_power(t: Trace, x: Operand, y: Operand) -> Operand:
    if isinstance(y, Literal) and y.value < 0:
        raise t.error(
            DTypeError,
            "integers to negative integer powers are not allowed",
            "convert the base with .astype(float) first",
        )
    return t.builder.emit(ew.pow, x, y)


ufunc(np.add, b=ew.logical_or, iuf=ew.add)
ufunc(np.subtract, iuf=ew.sub)
ufunc(np.multiply, b=ew.logical_and, iuf=ew.mul)
ufunc(np.true_divide, f=ew.div)
ufunc(np.floor_divide, iuf=ew.floordiv)
ufunc(np.remainder, iuf=ew.mod)
ufunc(np.fmod, iuf=ew.fmod)
ufunc(np.power, iu=_integer_power, f=ew.pow)
ufunc(np.float_power, f=ew.pow)
ufunc(np.negative, iuf=ew.neg)
ufunc(np.positive, iuf=_same)
ufunc(np.absolute, bu=_same, fi=ew.abs)
ufunc(np.fabs, f=ew.abs)
ufunc(np.square, fiu=_square)
ufunc(np.reciprocal, f=_reciprocal)
ufunc(np.sign, fi=ew.sign)
ufunc(np.conjugate, fiu=_same)
ufunc(np.hypot, f=ew.hypot)
ufunc(np.arctan2, f=ew.arctan2)
ufunc(np.logaddexp, f=ew.logaddexp)
ufunc(np.logaddexp2, f=_logaddexp2)
ufunc(np.heaviside, f=_heaviside)
ufunc(np.copysign, f=ew.copysign)

for _function, _primitive in {
    np.sqrt: ew.sqrt,
    np.cbrt: ew.cbrt,
    np.exp: ew.exp,
    np.exp2: ew.exp2,
    np.expm1: ew.expm1,
    np.log: ew.log,
    np.log2: ew.log2,
    np.log10: ew.log10,
    np.log1p: ew.log1p,
    np.sin: ew.sin,
    np.cos: ew.cos,
    np.tan: ew.tan,
    np.arcsin: ew.arcsin,
    np.arccos: ew.arccos,
    np.arctan: ew.arctan,
    np.sinh: ew.sinh,
    np.cosh: ew.cosh,
    np.tanh: ew.tanh,
    np.arcsinh: ew.arcsinh,
    np.arccosh: ew.arccosh,
    np.arctanh: ew.arctanh,
    np.rint: ew.rint,
}.items():
    ufunc(_function, f=_primitive)

ufunc(np.degrees, f=_times(180.0 / math.pi))
ufunc(np.rad2deg, f=_times(180.0 / math.pi))
ufunc(np.radians, f=_times(math.pi / 180.0))
ufunc(np.deg2rad, f=_times(math.pi / 180.0))
ufunc(np.floor, biu=_same, f=ew.floor)
ufunc(np.ceil, biu=_same, f=ew.ceil)
ufunc(np.trunc, biu=_same, f=ew.trunc)

for _binary, _primitive in {
    np.maximum: ew.maximum,
    np.minimum: ew.minimum,
    np.fmax: ew.fmax,
    np.fmin: ew.fmin,
    np.less: ew.lt,
    np.less_equal: ew.le,
    np.greater: ew.gt,
    np.greater_equal: ew.ge,
    np.equal: ew.eq,
    np.not_equal: ew.ne,
}.items():
    ufunc(_binary, bfiu=_primitive)

ufunc(np.logical_and, biuf=_of_truth(ew.logical_and))
ufunc(np.logical_or, biuf=_of_truth(ew.logical_or))
ufunc(np.logical_xor, biuf=_of_truth(ew.logical_xor))
ufunc(np.logical_not, biuf=_of_truth(ew.logical_not))
ufunc(np.bitwise_and, b=ew.logical_and, iu=ew.bit_and)
ufunc(np.bitwise_or, b=ew.logical_or, iu=ew.bit_or)
ufunc(np.bitwise_xor, b=ew.logical_xor, iu=ew.bit_xor)
ufunc(np.invert, b=ew.logical_not, iu=ew.bit_not)
ufunc(np.left_shift, iu=ew.shift_left)
ufunc(np.right_shift, iu=ew.shift_right)
ufunc(np.isnan, biu=_constant(False), f=ew.isnan)
ufunc(np.isinf, biu=_constant(False), f=ew.isinf)
ufunc(np.isfinite, biu=_constant(True), f=ew.isfinite)
ufunc(np.signbit, f=_signbit)
