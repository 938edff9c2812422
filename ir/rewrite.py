"""Copying graphs: into another builder, with other operands, with other sizes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import fields, is_dataclass, replace
from typing import Any

from adjit.ir.builder import GraphBuilder
from adjit.ir.dims import Dim, Size, Symbol
from adjit.ir.graph import Equation, Graph
from adjit.ir.substitution import substitute
from adjit.ir.values import Operand, Type, Value


def inline(
    graph: Graph,
    builder: GraphBuilder,
    arguments: Sequence[Operand],
    sizes: Mapping[Symbol, Size] | None = None,
) -> tuple[Operand, ...]:
    """Append a graph's equations to `builder`, its inputs replaced; return its outputs.

    `sizes` replaces the graph's symbols by the caller's sizes.
    """
    table = dict(sizes or {})
    known: dict[Value, Operand] = dict(zip(graph.inputs, arguments, strict=True))
    for eqn in graph.equations:
        outputs = tuple(_copy_value(v, table) for v in eqn.outputs)
        known.update(zip(eqn.outputs, outputs, strict=True))
        builder.equations.append(
            replace(
                eqn,
                inputs=tuple(_lookup(known, x) for x in eqn.inputs),
                outputs=outputs,
                params=substitute_params(eqn.params, table),
                regions=tuple(substitute_sizes(r, table) for r in eqn.regions),
                source=_known_value(known, eqn.source),
            )
        )
    return tuple(_lookup(known, x) for x in graph.outputs)


def substitute_sizes(graph: Graph, table: Mapping[Symbol, Size]) -> Graph:
    """The same graph with symbols replaced (fresh values throughout)."""
    if not table:
        return graph
    inputs = tuple(_copy_value(v, table) for v in graph.inputs)
    builder = GraphBuilder()
    outputs = inline(graph, builder, inputs, table)
    symbols = {s: source for s, source in graph.symbols.items() if s not in table}
    return Graph(inputs, tuple(builder.equations), outputs, symbols, graph.name)


def substitute_params(params: Mapping[str, Any], table: Mapping[Symbol, Size]) -> dict[str, Any]:
    """Equation parameters with symbols replaced, however deep they stand."""
    return {key: _substitute(item, table) for key, item in params.items()}


def _substitute(item: Any, table: Mapping[Symbol, Size]) -> Any:
    if isinstance(item, Dim):
        return substitute(item, table)
    if isinstance(item, tuple):
        return tuple(_substitute(x, table) for x in item)
    if is_dataclass(item) and not isinstance(item, (type, Symbol)) and hasattr(item, "sizes"):
        return replace(
            item, **{f.name: _substitute(getattr(item, f.name), table) for f in fields(item)}
        )
    return item


def _copy_value(value: Value, table: Mapping[Symbol, Size]) -> Value:
    shape = tuple(substitute(n, table) for n in value.shape)
    return Value(Type(value.dtype, shape), value.name, value.location)


def _known_value(known: Mapping[Value, Operand], value: Value | None) -> Value | None:
    found = None if value is None else known.get(value)
    return found if isinstance(found, Value) else None


def _lookup(known: Mapping[Value, Operand], x: Operand) -> Operand:
    return known.get(x, x) if isinstance(x, Value) else x


def with_equations(
    graph: Graph, equations: Sequence[Equation], outputs: Sequence[Operand] | None = None
) -> Graph:
    """The graph with other equations, and other outputs where given."""
    return replace(
        graph,
        equations=tuple(equations),
        outputs=graph.outputs if outputs is None else tuple(outputs),
    )
