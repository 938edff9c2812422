"""Sums with a zero that nothing was added to yet: what an adjoint makes of an arm or a turn in
which a cotangent comes up for the first time."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from adjit.ir.graph import Equation, Graph
from adjit.ir.primitives import elementwise as ew
from adjit.ir.primitives import structural as st
from adjit.ir.rewrite import with_equations
from adjit.ir.values import Literal, Operand, Value


def drop_zero_sums(graph: Graph) -> Graph:
    """Replace `0 + x`, in the backward equations, by x (in regions too)."""
    made: dict[Value, Equation] = {}
    table: dict[Value, Operand] = {}
    kept: list[Equation] = []
    for eqn in graph.equations:
        inputs = tuple(_resolved(table, x) for x in eqn.inputs)
        regions = tuple(map(drop_zero_sums, eqn.regions))
        if inputs != eqn.inputs or regions:
            eqn = replace(eqn, inputs=inputs, regions=regions)
        same = _same(eqn, made)
        if same is not None:
            if isinstance(same, Value):
                same.name = same.name or eqn.output.name
            table[eqn.output] = same
            continue
        made.update(dict.fromkeys(eqn.outputs, eqn))
        kept.append(eqn)
    return with_equations(graph, kept, [_resolved(table, x) for x in graph.outputs])


def _same(eqn: Equation, made: Mapping[Value, Equation]) -> Operand | None:
    """The operand that a sum is equal to."""
    if eqn.primitive is not ew.add or eqn.role != "backward":
        return None
    for zero, other in (eqn.inputs, eqn.inputs[::-1]):
        if _is_zero(zero, made) and other.type == eqn.output.type:
            return other
    return None


def _is_zero(x: Operand, made: Mapping[Value, Equation]) -> bool:
    if isinstance(x, Literal):
        return x.value == 0
    eqn = made.get(x)
    return eqn is not None and eqn.primitive is st.broadcast and _is_zero(eqn.inputs[0], made)


def _resolved(table: Mapping[Value, Operand], x: Operand) -> Operand:
    return table.get(x, x) if isinstance(x, Value) else x
