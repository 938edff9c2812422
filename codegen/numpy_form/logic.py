"""Branches that are Python's `and` and `or`: `i < n and x[i] > 0` looks at `x[i]` only where the
first part holds, so it is a branch of the graph, one arm of which is an expression."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from adjit.ir.graph import Equation, Graph, values_of
from adjit.ir.values import Literal, Operand, Type, Value

_FLAG = Type(np.dtype(np.bool_))
_MOST = 12  # equations in an expression
_NO_EXPRESSION = frozenset(
    {"update", "sort", "nonzero", "loop", "while", "bind", "empty", "storage", "reserve", "require"}
)


@dataclass(frozen=True, slots=True)
class Logical:
    """`predicate and arm`, `predicate or arm`; `arm` is a region of the branch."""

    word: str
    arm: Graph


def logical(eqn: Equation) -> Logical | None:
    """What a branch with open regions is, where it is one of the two."""
    if eqn.primitive.name != "branch" or len(eqn.outputs) != 1 or eqn.output.type != _FLAG:
        return None
    predicate, (then, otherwise) = eqn.inputs[0], eqn.regions
    if isinstance(predicate, Literal):
        return None
    if _is_only(otherwise, predicate, False) and _is_expression(then):
        return Logical("and", then)
    if _is_only(then, predicate, True) and _is_expression(otherwise):
        return Logical("or", otherwise)
    return None


def parts(found: Logical) -> Iterator[Equation]:
    """The equations that are written within the expression."""
    for eqn in found.arm.equations:
        yield eqn
        inner = logical(eqn)
        if inner is not None:
            yield from parts(inner)


def _is_only(region: Graph, predicate: Operand, truth: bool) -> bool:
    x = region.outputs[0]
    same = x is predicate or (isinstance(x, Literal) and x.value is truth)
    return not region.equations and same


def _is_expression(region: Graph) -> bool:
    """True where the region can be written in one place: nothing in it is read twice."""
    if len(region.equations) > _MOST:
        return False
    made = {eqn.outputs[0] for eqn in region.equations}
    reads: Counter[Value] = Counter(values_of(region.outputs))
    for eqn in region.equations:
        if eqn.primitive.name in _NO_EXPRESSION or len(eqn.outputs) != 1:
            return False
        inner = logical(eqn)
        if eqn.regions and inner is None:
            return False
        reads.update(values_of(eqn.inputs))
        if inner is not None:
            reads.update(x for part in parts(inner) for x in values_of(part.inputs))
            reads.update(values_of(inner.arm.outputs))
    return all(reads[v] == 1 or _is_dim(region, v) for v in made)


def _is_dim(region: Graph, v: Value) -> bool:
    return any(eqn.primitive.name == "dim" and v in eqn.outputs for eqn in region.equations)
