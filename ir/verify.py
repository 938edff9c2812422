"""The verifier: what every graph must satisfy, checked after each pass in tests and debug mode."""

from __future__ import annotations

from adjit.ir.errors import InternalError
from adjit.ir.graph import Graph
from adjit.ir.primitives import PRIMITIVES
from adjit.ir.values import Literal, Operand, Value


def verify(graph: Graph, after: str = "") -> Graph:
    """Return the graph, or raise `InternalError` that names the pass and the broken rule."""
    try:
        _verify(graph, nested=False)
    except InternalError as error:
        where = f" after {after}" if after else ""
        raise InternalError(f"graph of {graph.name!r} is broken{where}: {error.reason}") from error
    return graph


def _verify(graph: Graph, *, nested: bool) -> None:
    defined: set[Value] = set()
    for value in graph.inputs:
        _define(defined, value)
    for k, eqn in enumerate(graph.equations):
        where = f"equation {k} ({eqn.primitive.name})"
        if PRIMITIVES.get(eqn.primitive.name) is not eqn.primitive:
            raise InternalError(f"{where}: unknown primitive")
        for x in eqn.inputs:
            _use(defined, x, where)
        for region in eqn.regions:
            _verify(region, nested=True)
        expected = eqn.primitive.type_rule([x.type for x in eqn.inputs], eqn.params, eqn.regions)
        got = tuple(v.type for v in eqn.outputs)
        if expected != got:
            raise InternalError(
                f"{where}: type {list(map(str, got))}, the rule says {list(map(str, expected))}"
            )
        for value in eqn.outputs:
            _define(defined, value)
    for x in graph.outputs:
        _use(defined, x, "output")
    if not nested:
        for symbol, source in graph.symbols.items():
            if source.index >= len(graph.inputs):
                raise InternalError(f"symbol {symbol} is bound to input {source.index}")


def _define(defined: set[Value], value: Value) -> None:
    if value in defined:
        raise InternalError(f"{value!r} is defined twice")
    defined.add(value)


def _use(defined: set[Value], x: Operand, where: str) -> None:
    if not isinstance(x, Literal) and x not in defined:
        raise InternalError(f"{where} uses {x!r} before its definition")
