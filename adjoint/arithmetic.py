"""Products and sums of cotangents, arranged as one writes them by hand.

Literal factors are gathered where that is exact: `u * 0.5 * 2` is `u`, `1 / n * 2` is `2 / n`.
"""

from __future__ import annotations

import math

import numpy as np

from adjit.ir import GraphBuilder, Literal, Operand, Size, Value, literal
from adjit.ir.graph import Equation
from adjit.ir.primitives import elementwise as ew


def times(builder: GraphBuilder, ct: Operand, factor: Operand) -> Operand:
    """`ct * factor`."""
    if isinstance(factor, Literal):
        return _scaled(builder, ct, factor)
    made = _temporary(builder, ct)
    if made is not None and made.primitive is ew.div and made.inputs[1].shape == factor.shape:
        numerator = made.inputs[0]
        if isinstance(numerator, Literal) and numerator.is_value(1):
            return builder.div(factor, made.inputs[1])
    return builder.mul(ct, factor)


def negative(builder: GraphBuilder, ct: Operand) -> Operand:
    """`-ct`, the sign taken by a literal factor where there is one."""
    made = _temporary(builder, ct)
    if made is not None and made.primitive in (ew.mul, ew.div):
        for k, factor in enumerate(made.inputs):
            if isinstance(factor, Literal):
                inputs = list(made.inputs)
                inputs[k] = literal(-factor.value, factor.dtype)
                return builder.emit(made.primitive, *inputs)
    return builder.neg(ct)


def unsigned(builder: GraphBuilder, x: Operand) -> tuple[Operand, int]:
    """What a negated temporary negates, and -1; x itself and 1 otherwise."""
    made = _temporary(builder, x)
    return (made.inputs[0], -1) if made is not None and made.primitive is ew.neg else (x, 1)


def plus(builder: GraphBuilder, x: Operand, y: Operand) -> Operand:
    """`x + y`; a difference where one of them is a negated temporary."""
    if isinstance(x, Literal) and isinstance(y, Literal):
        return literal(x.value + y.value, x.dtype)
    for one, other in ((x, y), (y, x)):
        positive, sign = unsigned(builder, other)
        if sign < 0:
            return builder.sub(one, positive)
    return builder.add(x, y)


def over(builder: GraphBuilder, x: Operand, y: Operand) -> Operand:
    """`x / y`; a literal where that is exact, so that `1 / 10` stays readable."""
    if isinstance(x, Literal) and isinstance(y, Literal) and y.value != 0:
        quotient = literal(x.value / y.value, x.dtype)
        if quotient.value * y.value == x.value and _exact(quotient, y):
            return quotient
    return builder.div(x, y)


def size_as(builder: GraphBuilder, size: Size, dtype: np.dtype[np.generic]) -> Operand:
    """A size as a float scalar."""
    return builder.convert(builder.dim(size), dtype)


def _scaled(builder: GraphBuilder, ct: Operand, factor: Literal) -> Operand:
    if factor.is_value(-1):
        return negative(builder, ct)
    if isinstance(ct, Literal) or factor.is_value(1):
        return builder.mul(ct, factor)
    made = _temporary(builder, ct)
    if made is not None and made.primitive is ew.mul:
        for one, other in (made.inputs, made.inputs[::-1]):
            if isinstance(other, Literal) and _exact(other, factor):
                return builder.mul(one, literal(other.value * factor.value, factor.dtype))
    if made is not None and made.primitive is ew.div:
        numerator, denominator = made.inputs
        if isinstance(numerator, Literal):
            if _exact(numerator, factor):
                return over(
                    builder, literal(numerator.value * factor.value, factor.dtype), denominator
                )
        elif _has_literal(_temporary(builder, numerator), factor):
            return builder.div(_scaled(builder, numerator, factor), denominator)
    return builder.mul(ct, factor)


def _has_literal(made: Equation | None, factor: Literal) -> bool:
    return (
        made is not None
        and made.primitive is ew.mul
        and any(isinstance(x, Literal) and _exact(x, factor) for x in made.inputs)
    )


def _temporary(builder: GraphBuilder, x: Operand) -> Equation | None:
    """The equation that made an unnamed backward value: only those may be taken apart."""
    if not isinstance(x, Value) or x.name:
        return None
    made = builder.producer(x)
    return made if made is not None and made.role == "backward" else None


def _exact(a: Literal, b: Literal) -> bool:
    """True where the product of two literals is not rounded."""
    limit = 2 ** {2: 11, 4: 24}.get(a.dtype.itemsize, 53)
    whole = float(a.value).is_integer() and float(b.value).is_integer()
    return any(abs(math.frexp(x.value)[0]) == 0.5 for x in (a, b)) or (
        whole and abs(a.value * b.value) <= limit
    )
