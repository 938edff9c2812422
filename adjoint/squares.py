"""Recognising sums of squares, whose root is a norm."""

from __future__ import annotations

from adjit.adjoint.context import Context
from adjit.ir import Equation, Literal, Operand
from adjit.ir.primitives import elementwise as ew
from adjit.ir.primitives import structural as st

_SHAPES = (st.broadcast, st.reshape, st.transpose, st.index)


def is_sum_of_squares(context: Context, x: Operand) -> bool:
    """True where x is 0 only if everything that it is made of is: a (weighted) sum or mean of
    even powers. The square root of it has a subgradient 0 at 0."""
    seen: set[Operand] = set()
    found = False
    work = [x]
    while work:
        term = work.pop()
        if term in seen or (isinstance(term, Literal) and term.value == 0):
            continue
        seen.add(term)
        made = context.producer(term)
        parts = None if made is None else _parts(context, made)
        if parts is None:
            return False
        found = found or not parts
        work.extend(parts)
    return found


def _parts(context: Context, made: Equation) -> list[Operand] | None:
    """What has to be sums of squares for this to be one: nothing for a square; None: never."""
    primitive, inputs = made.primitive, list(made.inputs)
    if primitive is ew.add:
        return inputs
    if primitive is ew.pow:
        return [] if _even(inputs[1]) else None
    if primitive is ew.mul and inputs[0] is inputs[1]:
        return []
    if primitive in (ew.mul, ew.div):
        for weight, rest in (inputs[::-1], inputs)[: 2 if primitive is ew.mul else 1]:
            if _positive(context, weight):
                return [rest]
        return None
    if primitive is st.contract:
        same = inputs[0] is inputs[1] and made.params["a_axes"] == made.params["b_axes"]
        return [] if same else None
    if primitive in _SHAPES or (primitive is st.reduce and made.params["op"] in ("sum", "mean")):
        return inputs[:1]
    return None


def _even(exponent: Operand) -> bool:
    return isinstance(exponent, Literal) and exponent.value > 0 and exponent.value % 2 == 0


def _positive(context: Context, x: Operand) -> bool:
    """A positive number, or a size (weights like `n - 1` of a variance)."""
    if isinstance(x, Literal):
        return x.value > 0
    made = context.producer(x)
    if made is not None and made.primitive is ew.convert:
        return _positive(context, made.inputs[0])
    return made is not None and made.primitive is st.dim
