"""Expressions: one function per kind of node, entered in the table `EXPRESSIONS`."""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from adjit.tracer import dispatch
from adjit.tracer.interpreter import protocols
from adjit.tracer.interpreter.attributes import load_attribute
from adjit.tracer.interpreter.evaluate import EXPRESSIONS, evaluate
from adjit.tracer.interpreter.frame import Frame
from adjit.tracer.interpreter.functions import default_values, make_function
from adjit.tracer.operators import is_traced


def _constant(frame: Frame, node: ast.Constant) -> Any:
    return node.value


def _name(frame: Frame, node: ast.Name) -> Any:
    return frame.load(node.id)


def _attribute(frame: Frame, node: ast.Attribute) -> Any:
    return load_attribute(frame, evaluate(frame, node.value), frame.mangle(node.attr))


def _subscript(frame: Frame, node: ast.Subscript) -> Any:
    obj, key = evaluate(frame, node.value), evaluate(frame, node.slice)
    row = dispatch.SUBSCRIPTS.get(id(obj))
    return (
        protocols.get_item(frame, obj, key)
        if row is None
        else (dispatch.run(frame.trace, row, (key,), {}))
    )


def _slice(frame: Frame, node: ast.Slice) -> slice:
    parts = (None if x is None else evaluate(frame, x) for x in (node.lower, node.upper, node.step))
    return slice(*parts)


def _call(frame: Frame, node: ast.Call) -> Any:
    function = evaluate(frame, node.func)
    args = list(_elements(frame, node.args))
    kwargs: dict[str, Any] = {}
    for keyword in node.keywords:
        value = evaluate(frame, keyword.value)
        if keyword.arg is not None:
            given = {keyword.arg: value}
        else:
            given = (
                frame.trace.outside.snapshot(value)
                if (frame.trace.outside.is_outside_container(value))
                else dict(value)
            )
        for key, item in given.items():
            if key in kwargs:
                raise TypeError(f"got multiple values for keyword argument {key!r}")
            kwargs[key] = item
    return frame.call_with(function, tuple(args), kwargs)


def _elements(frame: Frame, nodes: list[ast.expr]) -> Iterator[Any]:
    """Values of a list of expressions, starred ones spread out."""
    for node in nodes:
        if isinstance(node, ast.Starred):
            yield from protocols.iterate(frame, evaluate(frame, node.value))
        else:
            yield evaluate(frame, node)


def _binary(frame: Frame, node: ast.BinOp) -> Any:
    left = evaluate(frame, node.left)
    right = evaluate(frame, node.right)
    return protocols.binary(frame, protocols.SYMBOLS[type(node.op)], left, right)


def _unary(frame: Frame, node: ast.UnaryOp) -> Any:
    value = evaluate(frame, node.operand)
    if isinstance(node.op, ast.Not):
        return not protocols.truth(frame, value)
    return protocols.unary(frame, type(node.op), value)


def _bool(frame: Frame, node: ast.BoolOp) -> Any:
    wanted = isinstance(node.op, ast.Or)
    value: Any = None
    for item in node.values[:-1]:
        value = evaluate(frame, item)
        if protocols.truth(frame, value) is wanted:
            return value
    return evaluate(frame, node.values[-1])


def _compare(frame: Frame, node: ast.Compare) -> Any:
    left = evaluate(frame, node.left)
    result: Any = True
    for k, (op, item) in enumerate(zip(node.ops, node.comparators, strict=True)):
        if k and not protocols.truth(frame, result):
            return result
        right = evaluate(frame, item)
        result = protocols.compare(frame, type(op), left, right)
        left = right
    return result


def _conditional(frame: Frame, node: ast.IfExp) -> Any:
    taken = node.body if protocols.truth(frame, evaluate(frame, node.test)) else node.orelse
    return evaluate(frame, taken)


def _lambda(frame: Frame, node: ast.Lambda) -> Any:
    return make_function(frame, node, "<lambda>", default_values(frame, node.args))


def _list(frame: Frame, node: ast.List) -> list[Any]:
    return list(_elements(frame, node.elts))


def _tuple(frame: Frame, node: ast.Tuple) -> tuple[Any, ...]:
    return tuple(_elements(frame, node.elts))


def _set(frame: Frame, node: ast.Set) -> set[Any]:
    return set(_elements(frame, node.elts))


def _dict(frame: Frame, node: ast.Dict) -> dict[Any, Any]:
    out: dict[Any, Any] = {}
    for key, item in zip(node.keys, node.values, strict=True):
        if key is None:
            spread = evaluate(frame, item)
            outside = frame.trace.outside
            out.update(outside.snapshot(spread) if outside.is_outside_container(spread) else spread)
        else:
            out[evaluate(frame, key)] = evaluate(frame, item)
    return out


def _joined(frame: Frame, node: ast.JoinedStr) -> str:
    return "".join(str(evaluate(frame, part)) for part in node.values)


def _formatted(frame: Frame, node: ast.FormattedValue) -> str:
    value = frame.trace.outside.plain(evaluate(frame, node.value))
    spec = "" if node.format_spec is None else evaluate(frame, node.format_spec)
    if node.conversion != -1:
        value = _CONVERSIONS[chr(node.conversion)](protocols.printable(frame, value))
    return format(protocols.printable(frame, value), spec)


_CONVERSIONS: Mapping[str, Callable[[Any], str]] = {"s": str, "r": repr, "a": ascii}


def _named(frame: Frame, node: ast.NamedExpr) -> Any:
    value = evaluate(frame, node.value)
    if is_traced(value):
        value.give_name(node.target.id)
    frame.store(node.target.id, value)
    return value


EXPRESSIONS.update(
    {
        ast.Constant: _constant,
        ast.Name: _name,
        ast.Attribute: _attribute,
        ast.Subscript: _subscript,
        ast.Slice: _slice,
        ast.Call: _call,
        ast.BinOp: _binary,
        ast.UnaryOp: _unary,
        ast.BoolOp: _bool,
        ast.Compare: _compare,
        ast.IfExp: _conditional,
        ast.Lambda: _lambda,
        ast.List: _list,
        ast.Tuple: _tuple,
        ast.Set: _set,
        ast.Dict: _dict,
        ast.JoinedStr: _joined,
        ast.FormattedValue: _formatted,
        ast.NamedExpr: _named,
    }
)
