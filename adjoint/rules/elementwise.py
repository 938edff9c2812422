"""Elementwise primitives: chain rule over the table of partials, and the few without one."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping, Sequence

from adjit.adjoint.arithmetic import plus
from adjit.adjoint.context import Context, ForwardRule, LazyRule
from adjit.adjoint.cotangents import Cotangent, on_support, restricted
from adjit.adjoint.derived import DERIVED
from adjit.adjoint.expressions import Evaluator
from adjit.adjoint.poles import unbounded
from adjit.adjoint.scalar_rules import HAND, ONE, Partial, Row
from adjit.adjoint.squares import is_sum_of_squares
from adjit.ir import PRIMITIVES, Equation, Literal, Operand, Primitive, literal
from adjit.ir.primitives import elementwise as ew

_DERIVED: Mapping[str, Row] = {name: tuple(map(Partial, texts)) for name, texts in DERIVED.items()}

#: The partials of each elementwise primitive, before the special cases below.
TABLE: Mapping[Primitive, Row] = {
    PRIMITIVES[name]: row for name, row in {**_DERIVED, **HAND}.items()
}


def partials(context: Context, eqn: Equation) -> Row:
    """The partials of this equation, with what is known of its operands made use of."""
    special = SPECIAL.get(eqn.primitive)
    row = special(context, eqn) if special is not None else None
    return TABLE[eqn.primitive] if row is None else row


def _sqrt(context: Context, eqn: Equation) -> Row | None:
    # The norm has a subgradient 0 at 0, where the chain rule would meet inf * 0.
    if is_sum_of_squares(context, eqn.inputs[0]):
        return (Partial("0.5 / out", "out != 0"),)
    return None


def _pow(context: Context, eqn: Equation) -> Row | None:
    exponent = eqn.inputs[1]
    if not isinstance(exponent, Literal):
        return None
    n = float(exponent.value)
    if n == 0.5:
        return *(_sqrt(context, eqn) or (Partial("0.5 / out"),)), None
    known = {
        0.0: None,
        1.0: ONE,
        2.0: Partial("2 * x"),
        -1.0: Partial("-out ** 2"),
        -0.5: Partial("-0.5 * out / x"),
    }
    return known.get(n, Partial(f"{n!r} * x ** {n - 1!r}")), None


def _mul(context: Context, eqn: Equation) -> Row | None:
    return (Partial("2 * x"), None) if eqn.inputs[0] is eqn.inputs[1] else None


def _extremum(sign: str) -> Callable[[Context, Equation], Row | None]:
    """A bound that is a number of the source text takes the tie: relu'(0) is 0."""

    def row(context: Context, eqn: Equation) -> Row | None:
        x, y = eqn.inputs
        if context.constant(y):
            return (ONE if _nan(y) else Partial("1", f"x {sign} y")), None
        if context.constant(x):
            return None, (ONE if _nan(x) else Partial("1", f"y {sign} x"))
        return None

    def _nan(bound: Operand) -> bool:
        return isinstance(bound, Literal) and math.isnan(bound.value)

    return row


SPECIAL: Mapping[Primitive, Callable[[Context, Equation], Row | None]] = {
    ew.sqrt: _sqrt,
    ew.pow: _pow,
    ew.mul: _mul,
    ew.maximum: _extremum(">"),
    ew.fmax: _extremum(">"),
    ew.minimum: _extremum("<"),
    ew.fmin: _extremum("<"),
}


def _evaluator(context: Context, eqn: Equation) -> Evaluator:
    names = dict(zip("xy", eqn.inputs, strict=False))
    return Evaluator(context.builder, {**names, "out": eqn.output}, eqn.output.dtype)


def _chain(context: Context, eqn: Equation, ct: Cotangent) -> Iterator[tuple[int, Cotangent]]:
    evaluator = _evaluator(context, eqn)
    for k, partial in enumerate(partials(context, eqn)):
        if partial is None or not context.wants(eqn.inputs[k]):
            continue
        part = on_support(context.builder, ct) if unbounded(context, eqn) else ct
        if partial.where and part is not None:
            part = restricted(context.builder, part, evaluator.evaluate(partial.where))
        if part is None:
            continue
        value = evaluator.scale(part.value, partial.text)
        yield (
            k,
            part
            if value is part.value
            else Cotangent(
                value,
                part.shape,
                part.conditions,
                stamp=(context.builder.location, context.builder.source),
                support=part.support,
            ),
        )


def _select(context: Context, eqn: Equation, ct: Cotangent) -> Iterator[tuple[int, Cotangent]]:
    for k, truth in ((1, True), (2, False)):
        part = restricted(context.builder, ct, eqn.inputs[0], truth)
        if part is not None and context.wants(eqn.inputs[k]):
            yield k, part


def _convert(context: Context, eqn: Equation, ct: Cotangent) -> Iterator[tuple[int, Cotangent]]:
    value = context.builder.convert(ct.value, eqn.inputs[0].type.dtype)
    yield 0, Cotangent(value, ct.shape, ct.conditions, stamp=ct.stamp, support=ct.support)


def _chain_forward(context: Context, eqn: Equation, tangents: Sequence[Operand | None]) -> Operand:
    builder, evaluator = context.builder, _evaluator(context, eqn)
    total: Operand | None = None
    for partial, tangent in zip(partials(context, eqn), tangents, strict=True):
        if partial is None or tangent is None:
            continue
        value = evaluator.scale(tangent, partial.text)
        if partial.where:
            condition = evaluator.evaluate(partial.where)
            value = builder.emit(ew.select, condition, value, literal(0, eqn.output.dtype))
        total = value if total is None else plus(builder, total, value)
    return literal(0, eqn.output.dtype) if total is None else total


def _select_forward(context: Context, eqn: Equation, tangents: Sequence[Operand | None]) -> Operand:
    zero = literal(0, eqn.output.dtype)
    branches = [zero if t is None else t for t in tangents[1:]]
    return context.builder.emit(ew.select, eqn.inputs[0], *branches)


def _convert_forward(
    context: Context, eqn: Equation, tangents: Sequence[Operand | None]
) -> Operand:
    (tangent,) = tangents
    assert tangent is not None
    return context.builder.convert(tangent, eqn.output.dtype)


_ACTIVE = [p for p, row in TABLE.items() if any(row)]

LAZY: dict[Primitive, LazyRule] = {
    **dict.fromkeys(_ACTIVE, _chain),
    ew.select: _select,
    ew.convert: _convert,
}
FORWARD: dict[Primitive, ForwardRule] = {
    **dict.fromkeys(_ACTIVE, _chain_forward),
    ew.select: _select_forward,
    ew.convert: _convert_forward,
}
