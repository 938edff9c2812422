"""Passes that keep the meaning of a graph: common subexpressions once, dead equations gone."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from adjit.ir.graph import Equation, Graph, values_of
from adjit.ir.rewrite import with_equations
from adjit.ir.values import Literal, Operand, Value


def eliminate_common(graph: Graph) -> Graph:
    """Give every repeated equation the outputs of its first occurrence."""
    replaced: dict[Value, Operand] = {}
    seen: dict[Any, Equation] = {}
    kept: list[Equation] = []
    for eqn in graph.equations:
        inputs = tuple(_resolve(replaced, x) for x in eqn.inputs)
        current = eqn if inputs == eqn.inputs else replace(eqn, inputs=inputs)
        key = None if eqn.regions or eqn.primitive.name == "nonzero" else _key(current)
        first = None if key is None else seen.get(key)
        if first is None:
            kept.append(current)
            if key is not None:
                seen[key] = current
            continue
        for old, new in zip(eqn.outputs, first.outputs, strict=True):
            replaced[old] = new
            new.name = new.name or old.name
    return with_equations(graph, kept, [_resolve(replaced, x) for x in graph.outputs])


def eliminate_dead(graph: Graph) -> Graph:
    """Drop equations that no output depends on."""
    live: set[Value] = set(values_of(graph.outputs))
    kept: list[Equation] = []
    for eqn in reversed(graph.equations):
        if any(v in live for v in eqn.outputs):
            live.update(values_of(eqn.inputs))
            kept.append(eqn)
    return with_equations(graph, kept[::-1])


def simplify(graph: Graph) -> Graph:
    """All simplifications, in order."""
    return eliminate_dead(eliminate_common(graph))


def _resolve(replaced: Mapping[Value, Operand], x: Operand) -> Operand:
    return replaced.get(x, x) if isinstance(x, Value) else x


def _key(eqn: Equation) -> Any:
    operands = tuple(x if isinstance(x, Literal) else id(x) for x in eqn.inputs)
    return eqn.primitive, operands, tuple(sorted(eqn.params.items()))
