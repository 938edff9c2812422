"""The verifier: what every graph must satisfy, checked after each pass in tests and debug mode."""

from __future__ import annotations

from dataclasses import dataclass

from adjit.ir.dims import Symbol, symbols_of
from adjit.ir.errors import InternalError
from adjit.ir.graph import (
    Equation,
    Graph,
    bound_by,
    bound_in_regions,
    is_capacity,
    own_symbols,
    symbols_used,
)
from adjit.ir.primitives import PRIMITIVES
from adjit.ir.values import Literal, Operand, Value


def verify(graph: Graph, after: str = "") -> Graph:
    """Return the graph, or raise `InternalError` that names the pass and the broken rule.

    A graph that says of no symbol where it comes from may be part of another one that does: what
    it does not bind itself is taken to have a meaning there.
    """
    try:
        _verify(graph, _Known(set(), set(graph.symbols) or symbols_used(graph)))
    except InternalError as error:
        where = f" after {after}" if after else ""
        raise InternalError(f"graph of {graph.name!r} is broken{where}: {error.reason}") from error
    return graph


@dataclass(frozen=True, slots=True)
class _Known:
    """What stands anywhere so far: values (each is defined once), and the symbols in scope."""

    values: set[Value]
    symbols: set[Symbol]


def _verify(graph: Graph, known: _Known) -> None:
    """Check a graph or region; what it defines goes to `known.values`, the symbols that its
    equations bind go to `known.symbols`."""
    defined: set[Value] = set()
    for value in graph.inputs:
        _define(defined, known, value)
        _in_scope(known, {s for n in value.shape for s in symbols_of(n)}, f"input {value!r}")
    for k, eqn in enumerate(graph.equations):
        where = f"equation {k} ({eqn.primitive.name})"
        if PRIMITIVES.get(eqn.primitive.name) is not eqn.primitive:
            raise InternalError(f"{where}: unknown primitive")
        for x in eqn.inputs:
            _use(defined, x, where)
        _verify_regions(eqn, known, where)
        expected = eqn.primitive.type_rule([x.type for x in eqn.inputs], eqn.params, eqn.regions)
        got = tuple(v.type for v in eqn.outputs)
        if expected != got:
            raise InternalError(
                f"{where}: type {list(map(str, got))}, the rule says {list(map(str, expected))}"
            )
        _bind(known, bound_by(eqn), where)
        _in_scope(known, own_symbols(eqn), where)
        for value in eqn.outputs:
            _define(defined, known, value)
    for x in graph.outputs:
        _use(defined, x, "output")
    for symbol, source in graph.symbols.items():
        if source.index >= len(graph.inputs):
            raise InternalError(f"symbol {symbol} is bound to input {source.index}")


def _verify_regions(eqn: Equation, known: _Known, where: str) -> None:
    for region in eqn.regions:
        inside = _Known(known.values, set(known.symbols))
        _bind(inside, bound_in_regions(eqn), where)
        try:
            _verify(region, inside)
        except InternalError as error:
            raise InternalError(f"{where}, {region.name}: {error.reason}") from error


def _bind(known: _Known, symbol: Symbol | None, where: str) -> None:
    if symbol is None or is_capacity(symbol):
        return
    if symbol in known.symbols:
        raise InternalError(f"{where} binds {symbol}, which is bound already")
    known.symbols.add(symbol)


def _in_scope(known: _Known, symbols: set[Symbol], where: str) -> None:
    missing = sorted(s.name for s in symbols - known.symbols if not is_capacity(s))
    if missing:
        raise InternalError(f"{where} mentions {', '.join(missing)}, bound by nothing in scope")


def _define(defined: set[Value], known: _Known, value: Value) -> None:
    if value in known.values:
        raise InternalError(f"{value!r} is defined twice")
    known.values.add(value)
    defined.add(value)


def _use(defined: set[Value], x: Operand, where: str) -> None:
    if not isinstance(x, Literal) and x not in defined:
        raise InternalError(f"{where} uses {x!r} before its definition")
