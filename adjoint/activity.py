"""Which values lie on a path of derivatives from the inputs in question to the outputs."""

from __future__ import annotations

from collections.abc import Iterable

from adjit.adjoint.rules import DENSE, LAZY, ZERO, differentiable_inputs
from adjit.ir import Equation, Graph, Operand, Value
from adjit.ir.errors import UnsupportedError


def varied(graph: Graph, wrt: Iterable[Value]) -> set[Value]:
    """Values whose derivative with respect to `wrt` can be other than zero."""
    found = {v for v in wrt if v.type.is_float}
    for eqn in graph.equations:
        if _reaches(eqn, found):
            found.add(eqn.output)
    return found


def _reaches(eqn: Equation, found: set[Value]) -> bool:
    if eqn.primitive not in LAZY and eqn.primitive not in DENSE and eqn.primitive not in ZERO:
        if any(x in found for x in eqn.inputs if isinstance(x, Value)):
            raise UnsupportedError(
                f"the derivative of {eqn.primitive.name!r} is not there yet",
                remedy="keep what is differentiated outside of it",
                location=eqn.location,
            )
        return False
    return any(eqn.inputs[k] in found for k in differentiable_inputs(eqn))


def active(graph: Graph, wrt: Iterable[Value], outputs: Iterable[Operand]) -> set[Value]:
    """Varied values that one of `outputs` depends on through derivatives."""
    candidates = varied(graph, wrt)
    useful = {x for x in outputs if isinstance(x, Value)}
    for eqn in reversed(graph.equations):
        if eqn.output in useful and eqn.output in candidates:
            useful.update(
                x for k in differentiable_inputs(eqn) if isinstance(x := eqn.inputs[k], Value)
            )
    return candidates & useful
