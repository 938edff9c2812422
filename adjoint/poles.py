"""Which factors of the chain rule may be infinite or NaN although all inputs are finite."""

from __future__ import annotations

from adjit.adjoint.context import Context
from adjit.ir import Equation, Literal, Operand
from adjit.ir.primitives import elementwise as ew
from adjit.ir.primitives import structural as st

#: Primitives with a pole, a limited domain, or a value that soon overflows.
POLES = frozenset(
    (
        ew.div,
        ew.pow,
        ew.sqrt,
        ew.cbrt,
        ew.exp,
        ew.exp2,
        ew.expm1,
        ew.log,
        ew.log2,
        ew.log10,
        ew.log1p,
        ew.tan,
        ew.arcsin,
        ew.arccos,
        ew.arccosh,
        ew.arctanh,
        ew.arctan2,
        ew.sinh,
        ew.cosh,
        ew.gamma,
        ew.lgamma,
        ew.digamma,
        ew.polygamma,
        ew.mod,
        ew.fmod,
    )
)
#: So many equations are looked at before a value counts as unbounded.
FAR = 256


def unbounded(context: Context, eqn: Equation) -> bool:
    """True where a partial derivative of this equation may be infinite or NaN."""
    if eqn.primitive in POLES:
        return not _harmless(eqn)
    return eqn.primitive is ew.mul and any(_may_overflow(context, x) for x in eqn.inputs)


def _harmless(eqn: Equation) -> bool:
    """A quotient by a number, a power with a small whole exponent."""
    if eqn.primitive not in (ew.div, ew.pow) or not isinstance(eqn.inputs[1], Literal):
        return False
    number = float(eqn.inputs[1].value)
    return number != 0 if eqn.primitive is ew.div else number.is_integer() and 0 <= number <= 4


def _may_overflow(context: Context, x: Operand) -> bool:
    """True where x was computed by way of a primitive with a pole."""
    work, seen = [x], set[Operand]()
    while work:
        made = context.producer(work.pop())
        if made is None or made.primitive is st.dim or made.output in seen:
            continue
        seen.add(made.output)
        if len(seen) > FAR or (made.primitive in POLES and not _harmless(made)):
            return True
        work.extend(made.inputs)
    return False
