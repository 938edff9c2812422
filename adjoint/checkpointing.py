"""Less memory for the reverse mode of long loops, for more work.

A policy is "none" (everything that the backward pass needs is stored), "sqrt" (the loop is cut
into about sqrt(n) segments; only what is carried into each of them is stored, and one segment at
a time is run once more), or "revolve:K" (K snapshots of what is carried, see `regions.revolve`).
It is for the outermost `for` loops; a `while` keeps its number of trips only, and is run once more.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from math import isqrt

import numpy as np

from adjit.adjoint.regions.copies import copied
from adjit.adjoint.regions.names import Names, bound_names
from adjit.adjoint.regions.revolve import revolving
from adjit.adjoint.regions.rules import REGIONS
from adjit.adjoint.sweeping import RegionRule
from adjit.ir import Equation, Graph, GraphBuilder, Operand, Primitive, Size, Value, literal
from adjit.ir.bounds import maximum, minimum
from adjit.ir.dims import floordiv, product, symbol_size
from adjit.ir.errors import InternalError
from adjit.ir.primitives import elementwise as ew
from adjit.ir.primitives import regions as rg
from adjit.ir.primitives import structural as st
from adjit.ir.regions import Block, emit_checkpoint, emit_loop
from adjit.ir.rewrite import with_equations


def prepared(graph: Graph, policy: str) -> tuple[Graph, Mapping[Primitive, RegionRule]]:
    """The graph as it is to be differentiated under a policy, and the rules for its regions."""
    if policy == "none":
        return graph, REGIONS
    if policy == "sqrt":
        return segmented(graph, Names(bound_names(graph))), REGIONS
    kind, _, number = policy.partition(":")
    if kind != "revolve" or not number.isdigit() or int(number) < 1:
        raise InternalError(f"unknown policy {policy!r}")
    return graph, {**REGIONS, rg.loop: revolving(int(number), REGIONS)}


def segmented(graph: Graph, names: Names) -> Graph:
    """The same graph, the outermost loops cut into segments, each of them a checkpoint."""
    equations: list[Equation] = []
    for eqn in graph.equations:
        if eqn.primitive is rg.loop:
            equations += _segments(eqn, names)
        elif eqn.primitive is rg.branch:
            regions = tuple(segmented(region, names) for region in eqn.regions)
            equations.append(replace(eqn, regions=regions))
        else:
            equations.append(eqn)
    return with_equations(graph, equations)


def _segments(eqn: Equation, names: Names) -> Iterator[Equation]:
    params, body = eqn.params, eqn.regions[0]
    n, count, symbol = params["carried"], params["count"], params["symbol"]
    builder = GraphBuilder(role=eqn.role)
    builder.location, builder.source = eqn.location, eqn.source
    length = _length(builder, count, names)
    segment, inner = names.symbol(f"{symbol.name}.segment"), names.symbol(f"{symbol.name}.in")
    begin = symbol_size(segment) * length
    inputs = [Value(v.type, v.name, v.location) for v in body.inputs[:n]]

    part = GraphBuilder(role=eqn.role)
    part.location = eqn.location
    carried = [Value(v.type, v.name, v.location) for v in body.inputs[:n]]
    table: dict[Value, Operand] = dict(zip(body.inputs, [*carried, *eqn.inputs[n:]], strict=True))
    equations = copied(body.equations, table, {symbol: begin + symbol_size(inner)}, names)
    last = emit_loop(
        part,
        inputs,
        carried,
        Block(equations, [table.get(x, x) if isinstance(x, Value) else x for x in body.outputs]),
        count=minimum(length, count - begin),
        symbol=inner,
        start=params["start"] + params["step"] * begin,
        step=params["step"],
        name=params["index_name"],
    )
    outer = GraphBuilder(role=eqn.role)
    outer.location = eqn.location
    made = emit_checkpoint(outer, Block(part.equations, last))
    emit_loop(
        builder,
        eqn.inputs[:n],
        inputs,
        Block(outer.equations, made),
        count=floordiv(count + length - 1, length),
        symbol=segment,
        name="segment",
    )
    *before, loop = builder.equations
    return iter([*before, replace(loop, outputs=eqn.outputs)])


def _length(builder: GraphBuilder, count: Size, names: Names) -> Size:
    """About sqrt(count), at least 1."""
    if isinstance(count, int):
        return isqrt(max(count - 1, 0)) + 1
    root = builder.emit(ew.sqrt, builder.convert(builder.dim(maximum(1, count)), np.float64))
    number = builder.convert(builder.emit(ew.ceil, root), np.int64)
    symbol = names.symbol("length")
    symbol = replace(symbol, lower=1)
    builder.bind(st.bind, builder.emit(ew.maximum, number, literal(1)), symbol=symbol)
    return symbol_size(symbol)


def residual_bytes(before: Graph, after: Graph) -> Size:
    """The bytes that the gradient `after` of a graph keeps for the backward pass of its loops."""
    known = set(before.equations)
    total: Size = 0
    for eqn in after.equations:
        if eqn.primitive is st.empty and eqn not in known:
            total = total + product(eqn.output.shape) * eqn.output.dtype.itemsize
    return total
