"""Expressions: one function per kind of node, entered in the table `EXPRESSIONS`."""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from adjit.tracer import dispatch
from adjit.tracer.control.branches import choose
from adjit.tracer.control.logic import negation
from adjit.tracer.interpreter import control, protocols
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
        return negation(frame.trace, control.truth(frame, value))
    return protocols.unary(frame, type(node.op), value)


def _bool(frame: Frame, node: ast.BoolOp) -> Any:
    return _chain(frame, node.values, isinstance(node.op, ast.Or))


def _chain(frame: Frame, nodes: Sequence[ast.expr], wanted: bool) -> Any:
    """`a or b or ...` (wanted: True), `a and b and ...`: what comes later is looked at only where
    it matters."""
    value = evaluate(frame, nodes[0])
    if len(nodes) == 1:
        return value
    flag = control.truth(frame, value)
    if not is_traced(flag):
        return value if flag is wanted else _chain(frame, nodes[1:], wanted)
    return control.connected(frame, value, flag, wanted, lambda: _chain(frame, nodes[1:], wanted))


def _compare(frame: Frame, node: ast.Compare) -> Any:
    return _comparisons(frame, evaluate(frame, node.left), node.ops, node.comparators)


def _comparisons(
    frame: Frame, left: Any, ops: Sequence[ast.cmpop], nodes: Sequence[ast.expr]
) -> Any:
    right = evaluate(frame, nodes[0])
    result = protocols.compare(frame, type(ops[0]), left, right)
    if len(ops) == 1:
        return result
    flag = control.truth(frame, result)
    if not is_traced(flag):
        return _comparisons(frame, right, ops[1:], nodes[1:]) if flag else result
    return control.connected(
        frame, result, flag, False, lambda: _comparisons(frame, right, ops[1:], nodes[1:])
    )


def _conditional(frame: Frame, node: ast.IfExp) -> Any:
    flag = control.condition(frame, node.test)
    if not is_traced(flag):
        return evaluate(frame, node.body if flag else node.orelse)
    return choose(
        frame.trace,
        flag,
        lambda: evaluate(frame, node.body),
        lambda: evaluate(frame, node.orelse),
    )


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
