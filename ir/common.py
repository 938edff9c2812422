"""Common subexpressions once, region by region."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import replace
from typing import Any

from adjit.ir.graph import Equation, Graph, values_of
from adjit.ir.primitives import regions as rg
from adjit.ir.primitives import structural as st
from adjit.ir.rewrite import with_equations
from adjit.ir.values import Literal, Operand, Value

#: Each of these is one of its own: an array to be written to, or the meaning of a symbol.
SINGLE = (st.nonzero, st.bind, st.empty, st.storage, st.reserve)


def eliminate_common(graph: Graph) -> Graph:
    """Give every repeated equation the outputs of its first occurrence in the same region."""
    written: set[Value] = set()
    _add_written(graph, written)
    return _merged(graph, written)


def _merged(graph: Graph, written: Collection[Value]) -> Graph:
    replaced: dict[Value, Operand] = {}
    seen: dict[Any, Equation] = {}
    kept: list[Equation] = []
    for eqn in graph.equations:
        inputs = tuple(_resolve(replaced, x) for x in eqn.inputs)
        current = eqn if inputs == eqn.inputs else replace(eqn, inputs=inputs)
        if eqn.regions:
            regions = tuple(_merged(region, written) for region in eqn.regions)
            current = replace(current, regions=regions)
        key = None if _stays(eqn, written) else _key(current)
        first = None if key is None else seen.get(key)
        if first is None:
            kept.append(current)
            if key is not None:
                seen[key] = current
            continue
        for old, new in zip(eqn.outputs, first.outputs, strict=True):
            replaced[old] = new
            if eqn.role == first.role:
                new.name = new.name or old.name
    return with_equations(graph, kept, [_resolve(replaced, x) for x in graph.outputs])


def _stays(eqn: Equation, written: Collection[Value]) -> bool:
    """True for equations that are never merged. Two filled arrays that are written to must stay
    two: merged, one would have to be copied before each write."""
    if eqn.regions or eqn.primitive in SINGLE:
        return True
    filled = eqn.primitive is st.broadcast and isinstance(eqn.inputs[0], Literal)
    return filled and eqn.output in written


def _add_written(graph: Graph, found: set[Value]) -> None:
    """Add the values, of regions too, that an update may write to in place. What a loop carries
    counts: its first value becomes the buffer."""
    for eqn in reversed(graph.equations):
        if eqn.primitive is st.update:
            found.update(values_of(eqn.inputs[:1]))
        if not eqn.regions:
            continue
        carries = eqn.primitive in (rg.loop, rg.while_)
        found.update(values_of(eqn.inputs[: eqn.params["carried"]] if carries else ()))
        for region in eqn.regions:
            after = zip(region.outputs, eqn.outputs, strict=False)
            found.update(values_of(tuple(x for x, out in after if carries or out in found)))
            _add_written(region, found)
            before = zip(region.inputs, eqn.inputs[-len(region.inputs) :], strict=False)
            found.update(x for inner, x in before if inner in found and isinstance(x, Value))


def _resolve(replaced: Mapping[Value, Operand], x: Operand) -> Operand:
    return replaced.get(x, x) if isinstance(x, Value) else x


def _key(eqn: Equation) -> Any:
    operands = tuple(x if isinstance(x, Literal) else id(x) for x in eqn.inputs)
    return eqn.primitive, operands, tuple(sorted(eqn.params.items()))
