"""Copying graphs: into another builder, with other operands, with other sizes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import fields, is_dataclass, replace
from itertools import count
from typing import Any

from adjit.ir.builder import GraphBuilder
from adjit.ir.dims import Dim, Size, Symbol, as_symbol, symbol_size, symbols_of
from adjit.ir.errors import InternalError
from adjit.ir.graph import Equation, Graph, symbols_bound, symbols_used
from adjit.ir.substitution import substitute
from adjit.ir.values import Operand, Type, Value


def inline(
    graph: Graph,
    builder: GraphBuilder,
    arguments: Sequence[Operand],
    sizes: Mapping[Symbol, Size] | None = None,
) -> tuple[Operand, ...]:
    """Append a graph's equations to `builder`, its inputs replaced; return its outputs.

    `sizes` replaces the graph's symbols by the caller's sizes. A symbol that the graph binds
    itself (of a loop, say) may be replaced by another symbol. Every value is a fresh one, in
    regions too: a graph can be inlined any number of times.
    """
    table = dict(sizes or {})
    table.update(_renamed(graph, table))
    known: dict[Value, Operand] = dict(zip(graph.inputs, arguments, strict=True))
    builder.equations += _copies(graph, known, table)
    return tuple(_lookup(known, x) for x in graph.outputs)


def _renamed(graph: Graph, table: Mapping[Symbol, Size]) -> dict[Symbol, Size]:
    """New names for symbols that the graph binds, where the new sizes mention the same names."""
    mentioned = {symbol for size in table.values() for symbol in symbols_of(size)}
    bound = symbols_bound(graph)
    taken = {symbol.name for symbol in mentioned | bound | symbols_used(graph)}
    out: dict[Symbol, Size] = {}
    for symbol in sorted(bound & mentioned - set(table), key=str):
        name = next(name for k in count(2) if (name := f"{symbol.name}_{k}") not in taken)
        taken.add(name)
        out[symbol] = symbol_size(replace(symbol, name=name))
    return out


def _copies(
    graph: Graph, known: dict[Value, Operand], table: Mapping[Symbol, Size]
) -> Iterator[Equation]:
    """Copies of the equations; `known`, the operand that stands for each value, grows."""
    for eqn in graph.equations:
        inputs = tuple(_lookup(known, x) for x in eqn.inputs)
        regions = tuple(_copy_region(r, known, table) for r in eqn.regions)
        outputs = tuple(_copy_value(v, table) for v in eqn.outputs)
        known.update(zip(eqn.outputs, outputs, strict=True))
        yield replace(
            eqn,
            inputs=inputs,
            outputs=outputs,
            params=substitute_params(eqn.params, table),
            regions=regions,
            source=_known_value(known, eqn.source),
        )


def _copy_region(graph: Graph, known: dict[Value, Operand], table: Mapping[Symbol, Size]) -> Graph:
    inputs = tuple(_copy_value(v, table) for v in graph.inputs)
    known.update(zip(graph.inputs, inputs, strict=True))
    equations = tuple(_copies(graph, known, table))
    symbols = {s: source for s, source in graph.symbols.items() if s not in table}
    outputs = tuple(_lookup(known, x) for x in graph.outputs)
    facts = tuple(substitute(fact, table) for fact in graph.facts)
    return Graph(inputs, equations, outputs, symbols, graph.name, facts)


def substitute_sizes(graph: Graph, table: Mapping[Symbol, Size]) -> Graph:
    """The same graph with symbols replaced (fresh values throughout)."""
    return _copy_region(graph, {}, {**table, **_renamed(graph, table)})


def substitute_params(params: Mapping[str, Any], table: Mapping[Symbol, Size]) -> dict[str, Any]:
    """Equation parameters with symbols replaced, however deep they stand."""
    return {key: _substitute(item, table) for key, item in params.items()}


def _substitute(item: Any, table: Mapping[Symbol, Size]) -> Any:
    if isinstance(item, Dim):
        return substitute(item, table)
    if isinstance(item, Symbol):
        return _other_symbol(item, table)
    if isinstance(item, tuple):
        return tuple(_substitute(x, table) for x in item)
    if is_dataclass(item) and not isinstance(item, type) and hasattr(item, "sizes"):
        return replace(
            item, **{f.name: _substitute(getattr(item, f.name), table) for f in fields(item)}
        )
    return item


def _other_symbol(symbol: Symbol, table: Mapping[Symbol, Size]) -> Symbol:
    """What an equation binds in the place of `symbol`."""
    found = as_symbol(table[symbol]) if symbol in table else symbol
    if found is None:
        raise InternalError(f"{symbol} is bound by an equation, it cannot be {table[symbol]}")
    return found


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
