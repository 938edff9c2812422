"""Primitives with regions: control flow. Everything a region uses is one of its inputs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from adjit.ir.primitives.core import Primitive, register, require
from adjit.ir.values import Type

BOOL = np.dtype(np.bool_)
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
    require(_inputs(body)[1:] == tuple(types), "loop: body inputs are index, carried, captured")
    require(_outputs(body) == tuple(types[:n]), "loop: the body returns what it carries")
    return _outputs(body)


def _while(types: Sequence[Type], params: Params, regions: Sequence[Any]) -> tuple[Type, ...]:
    condition, body = regions
    n = params["carried"]
    require(_inputs(condition) == _inputs(body) == tuple(types), "while: region inputs")
    require(_outputs(condition) == (Type(BOOL),), "while: the condition is a bool scalar")
    require(_outputs(body) == tuple(types[:n]), "while: the body returns what it carries")
    return _outputs(body)


#: `branch(predicate, *captured) {then, otherwise}`: only the region taken is run.
branch = register(Primitive("branch", "region", _branch))
#: `loop(*carried, *captured; start, stop, step, symbol, carried) {body}`: sizes start, stop, step;
#: the body's inputs are (index, *carried, *captured), its outputs the new carried values;
#: `symbol` stands for the index in sizes inside the body.
loop = register(Primitive("loop", "region", _loop))
#: `while(*carried, *captured; carried) {condition, body}`.
while_ = register(Primitive("while", "region", _while))
