"""Primitives with regions: control flow. Everything a region uses is one of its inputs.

A region sees the symbols of the graph around it. Symbols that are bound inside it (a loop's
iteration number, the count of a `nonzero`, a `bind`) mean nothing outside of it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from adjit.ir.primitives.core import Primitive, register, require
from adjit.ir.values import Type

BOOL = np.dtype(np.bool_)
INT = np.dtype(np.int64)
Params = Mapping[str, Any]


def _outputs(region: Any) -> tuple[Type, ...]:
    return tuple(x.type for x in region.outputs)


def _inputs(region: Any) -> tuple[Type, ...]:
    return tuple(x.type for x in region.inputs)


def _branch(types: Sequence[Type], params: Params, regions: Sequence[Any]) -> tuple[Type, ...]:
    predicate, *captured = types
    then, otherwise = regions
    require(predicate == Type(BOOL), "branch: the predicate is a bool scalar")
    require(_inputs(then) == _inputs(otherwise) == tuple(captured), "branch: captured values")
    require(_outputs(then) == _outputs(otherwise), "branch: outputs differ")
    return _outputs(then)


def _loop(types: Sequence[Type], params: Params, regions: Sequence[Any]) -> tuple[Type, ...]:
    (body,) = regions
    n = params["carried"]
    require({"count", "symbol", "start", "step", "index_name"} <= set(params), "loop: parameters")
    require(_inputs(body) == tuple(types), "loop: body inputs are carried, captured")
    require(_outputs(body) == tuple(types[:n]), "loop: the body returns what it carries")
    return _outputs(body)


def _while(types: Sequence[Type], params: Params, regions: Sequence[Any]) -> tuple[Type, ...]:
    condition, body = regions
    n = params["carried"]
    require(_inputs(condition) == _inputs(body) == tuple(types), "while: region inputs")
    require(_outputs(condition) == (Type(BOOL),), "while: the condition is a bool scalar")
    require(_outputs(body) == tuple(types[:n]), "while: the body returns what it carries")
    return (*_outputs(body), Type(INT))


def _checkpoint(types: Sequence[Type], params: Params, regions: Sequence[Any]) -> tuple[Type, ...]:
    (body,) = regions
    require(_inputs(body) == tuple(types), "checkpoint: body inputs are the operands")
    return _outputs(body)


#: `branch(predicate, *captured) {then, otherwise}`: only the region taken is run.
branch = register(Primitive("branch", "region", _branch))
#: `loop(*carried, *captured; count, symbol, carried, start, step, index_name) {body}`: the body
#: is run `count` times (not at all where count <= 0). Its inputs are (*carried, *captured), its
#: outputs the new carried values; the operands of the equation are the first ones, its outputs the
#: last ones. Inside the body, `symbol` stands for the iteration number 0, 1, ..., count - 1.
#: `carried` is the number of carried values. For the reader only: the user's index is
#: `start + step * symbol`, called `index_name`.
loop = register(Primitive("loop", "region", _loop))
#: `while(*carried, *captured; carried, symbol, index_name) {condition, body} -> *carried, trips`:
#: as `loop`, while the condition of (*carried, *captured) holds; `trips`, int64, is how often the
#: body was run. `symbol` is the iteration number, in the condition too.
while_ = register(Primitive("while", "region", _while))
#: `checkpoint(*captured) {body}`: the outputs of the body; the adjoint keeps the operands only and
#: runs the body once more.
checkpoint = register(Primitive("checkpoint", "region", _checkpoint))
