"""Copies of equations with other operands and other sizes, everything they define being fresh."""

from __future__ import annotations

from collections.abc import Container, Iterable, Mapping
from dataclasses import replace

from adjit.adjoint.regions.names import Names
from adjit.ir import Equation, Graph, Operand, Size, Symbol, Type, Value
from adjit.ir.dims import symbol_size, symbols_of
from adjit.ir.graph import param_sizes, symbols_used
from adjit.ir.rewrite import substitute_params
from adjit.ir.substitution import substitute

Sizes = Mapping[Symbol, Size]


def copied(
    equations: Iterable[Equation],
    table: dict[Value, Operand],
    sizes: Sizes,
    names: Names,
    again: Container[Equation] = (),
) -> list[Equation]:
    """The equations with values replaced by `table`, into which their own outputs are entered,
    and symbols by `sizes`.

    Those in `again` stay where they came from too: what symbols they bind get other names.
    """
    sizes = dict(sizes)
    return [_copy(eqn, table, sizes, names if eqn in again else None) for eqn in equations]


def moved(table: Mapping[Value, Operand], x: Operand) -> Operand:
    """What stands for x in the copy."""
    return table.get(x, x) if isinstance(x, Value) else x


def _copy(
    eqn: Equation, table: dict[Value, Operand], sizes: dict[Symbol, Size], names: Names | None
) -> Equation:
    inputs = tuple(moved(table, x) for x in eqn.inputs)
    params = substitute_params(eqn.params, sizes)
    bound, inside = params.get("symbol"), sizes
    if names is not None and isinstance(bound, Symbol):
        params["symbol"] = names.another(bound)
        inside = dict(sizes) if eqn.regions else sizes
        inside[bound] = symbol_size(params["symbol"])
    outputs = tuple(fresh(v, sizes) for v in eqn.outputs)
    table.update(zip(eqn.outputs, outputs, strict=True))
    return replace(
        eqn,
        inputs=inputs,
        outputs=outputs,
        params=params,
        regions=tuple(copied_graph(region, inside, names) for region in eqn.regions),
    )


def copied_graph(graph: Graph, sizes: Sizes, names: Names | None = None) -> Graph:
    """A region, every value in it fresh, and every symbol that it binds if `names` are given."""
    inputs = tuple(fresh(v, sizes) for v in graph.inputs)
    table: dict[Value, Operand] = dict(zip(graph.inputs, inputs, strict=True))
    known = dict(sizes)
    equations = tuple(_copy(eqn, table, known, names) for eqn in graph.equations)
    outputs = tuple(moved(table, x) for x in graph.outputs)
    return replace(graph, inputs=inputs, equations=equations, outputs=outputs)


def fresh(value: Value, sizes: Sizes | None = None) -> Value:
    """A value of the same name and type."""
    shape = tuple(substitute(n, sizes or {}) for n in value.shape)
    return Value(Type(value.dtype, shape), value.name, value.location)


def symbols_needed(eqn: Equation) -> set[Symbol]:
    """The symbols that an equation and its regions mention, some of them bound inside."""
    sizes = [*param_sizes(eqn.params), *(n for v in eqn.outputs for n in v.shape)]
    found = {symbol for size in sizes for symbol in symbols_of(size)}
    return found.union(*map(symbols_used, eqn.regions))
