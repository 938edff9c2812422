"""Passes that keep the meaning of a graph: common subexpressions once, dead equations gone."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import replace
from typing import Any

from adjit.ir.dims import Symbol, symbols_of
from adjit.ir.graph import Equation, Graph, param_sizes, symbols_used, values_of
from adjit.ir.rewrite import with_equations
from adjit.ir.values import Literal, Operand, Value


def eliminate_common(graph: Graph) -> Graph:
    """Give every repeated equation the outputs of its first occurrence."""
    replaced: dict[Value, Operand] = {}
    seen: dict[Any, Equation] = {}
    kept: list[Equation] = []
    written = {eqn.inputs[0] for eqn in graph.equations if eqn.primitive.name == "update"}
    for eqn in graph.equations:
        inputs = tuple(_resolve(replaced, x) for x in eqn.inputs)
        current = eqn if inputs == eqn.inputs else replace(eqn, inputs=inputs)
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


def _stays(eqn: Equation, written: Collection[Operand]) -> bool:
    """True for equations that are never merged. Two filled arrays that are written to must stay
    two: merged, one would have to be copied before each write."""
    if eqn.regions or eqn.primitive.name == "nonzero":
        return True
    filled = eqn.primitive.name == "broadcast" and isinstance(eqn.inputs[0], Literal)
    return filled and eqn.output in written


def eliminate_dead(graph: Graph) -> Graph:
    """Drop equations that no output depends on."""
    live: set[Value] = set(values_of(graph.outputs))
    sizes: set[Symbol] = set()
    kept: list[Equation] = []
    for eqn in reversed(graph.equations):
        if any(v in live for v in eqn.outputs) or eqn.params.get("symbol") in sizes:
            live.update(values_of(eqn.inputs))
            sizes |= _symbols(eqn)
            kept.append(eqn)
    return with_equations(graph, kept[::-1])


def _symbols(eqn: Equation) -> set[Symbol]:
    """Symbols whose numbers the equation needs; a `nonzero` binds one although nothing reads its
    outputs."""
    out = {symbol for size in param_sizes(eqn.params) for symbol in symbols_of(size)}
    return out.union(*map(symbols_used, eqn.regions))


def simplify(graph: Graph) -> Graph:
    """All simplifications, in order."""
    return eliminate_dead(eliminate_common(graph))


def _resolve(replaced: Mapping[Value, Operand], x: Operand) -> Operand:
    return replaced.get(x, x) if isinstance(x, Value) else x


def _key(eqn: Equation) -> Any:
    operands = tuple(x if isinstance(x, Literal) else id(x) for x in eqn.inputs)
    return eqn.primitive, operands, tuple(sorted(eqn.params.items()))
