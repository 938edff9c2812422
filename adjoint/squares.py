"""Recognising sums of squares, whose root is a norm."""

from __future__ import annotations

from adjit.adjoint.context import Context
from adjit.ir import Equation, Literal, Operand, Value
from adjit.ir.primitives import elementwise as ew
from adjit.ir.primitives import regions as rg
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
        if made is not None and made.primitive is rg.loop:
            parts = _summed(context, made, made.outputs.index(term))
        else:
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


def _summed(context: Context, loop: Equation, k: int) -> list[Operand] | None:
    """As `_parts`, for what a loop sums up, or puts into an array, turn by turn: squares."""
    (body,) = loop.regions
    made = {v: eqn for eqn in body.equations for v in eqn.outputs}
    last, start = body.outputs[k], body.inputs[k]
    eqn = made.get(last) if isinstance(last, Value) else None
    if eqn is None or eqn.primitive not in (ew.add, st.update) or start not in eqn.inputs[:2]:
        return None
    if eqn.primitive is st.update and eqn.inputs[0] is not start:
        return None
    value = eqn.inputs[1] if eqn.inputs[0] is start else eqn.inputs[0]
    square = made.get(value) if isinstance(value, Value) else None
    if square is None or _parts(context, square) != []:
        return None
    first = context.producer(loop.inputs[k])
    return [] if first is not None and first.primitive is st.empty else [loop.inputs[k]]


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
