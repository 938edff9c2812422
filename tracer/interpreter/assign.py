"""Assignment to names, attributes, items and patterns; values get the user's names."""

from __future__ import annotations

import ast
from typing import Any

from adjit.ir.errors import UnsupportedError
from adjit.tracer.interpreter import protocols
from adjit.tracer.interpreter.attributes import (
    delete_attribute,
    load_attribute,
    store_attribute,
)
from adjit.tracer.interpreter.evaluate import evaluate
from adjit.tracer.interpreter.frame import Frame
from adjit.tracer.operators import is_traced


def assign(frame: Frame, target: ast.expr, value: Any) -> None:
    """`target = value`."""
    if isinstance(target, ast.Name):
        if is_traced(value) and value.trace is frame.trace:
            value.give_name(target.id)
        frame.store(target.id, value)
    elif isinstance(target, ast.Attribute):
        obj = evaluate(frame, target.value)
        if is_traced(value) and value.trace is frame.trace:
            value.give_name(target.attr.strip("_") or target.attr)
        store_attribute(frame, obj, frame.mangle(target.attr), value)
    elif isinstance(target, ast.Subscript):
        obj = evaluate(frame, target.value)
        protocols.set_item(frame, obj, evaluate(frame, target.slice), value)
    elif isinstance(target, (ast.Tuple, ast.List)):
        _unpack(frame, target.elts, value)
    else:
        raise frame.trace.error(
            UnsupportedError, f"assignment to {type(target).__name__}", "assign to a name"
        )


def _unpack(frame: Frame, targets: list[ast.expr], value: Any) -> None:
    try:
        items = list(protocols.iterate(frame, value))
    except TypeError:
        if hasattr(type(value), "__iter__") and not is_traced(value):
            raise
        name = value.python_type().__name__ if is_traced(value) else type(value).__name__
        raise TypeError(f"cannot unpack non-iterable {name} object") from None
    starred = [k for k, t in enumerate(targets) if isinstance(t, ast.Starred)]
    wanted = len(targets) - len(starred)
    if not starred and len(items) > wanted:
        raise ValueError(f"too many values to unpack (expected {wanted})")
    if len(items) < wanted:
        at_least = "at least " if starred else ""
        raise ValueError(
            f"not enough values to unpack (expected {at_least}{wanted}, got {len(items)})"
        )
    if starred:
        k = starred[0]
        rest = len(items) - (len(targets) - k - 1)
        items = [*items[:k], items[k:rest], *items[rest:]]
    for target, item in zip(targets, items, strict=True):
        assign(frame, target.value if isinstance(target, ast.Starred) else target, item)


def augmented(frame: Frame, target: ast.expr, symbol: str, node: ast.expr) -> None:
    """`target symbol= value`: object and index are evaluated once, as in Python."""
    if isinstance(target, ast.Name):
        old = frame.load(target.id)
        new = protocols.inplace(frame, symbol, old, evaluate(frame, node))
        assign(frame, target, new)
    elif isinstance(target, ast.Attribute):
        obj = evaluate(frame, target.value)
        name = frame.mangle(target.attr)
        old = load_attribute(frame, obj, name)
        new = protocols.inplace(frame, symbol, old, evaluate(frame, node))
        store_attribute(frame, obj, name, new)
    elif isinstance(target, ast.Subscript):
        obj = evaluate(frame, target.value)
        key = evaluate(frame, target.slice)
        old = protocols.get_item(frame, obj, key)
        new = protocols.inplace(frame, symbol, old, evaluate(frame, node))
        # A view that was written in place is its own new item: NumPy copies it onto itself.
        if not (new is old and is_traced(obj) and is_traced(new) and new.cell is obj.cell):
            protocols.set_item(frame, obj, key, new)
    else:
        raise frame.trace.error(
            UnsupportedError, "augmented assignment to this target", "assign to a name"
        )


def delete(frame: Frame, target: ast.expr) -> None:
    """`del target`."""
    if isinstance(target, ast.Name):
        frame.delete(target.id)
    elif isinstance(target, ast.Attribute):
        delete_attribute(frame, evaluate(frame, target.value), frame.mangle(target.attr))
    elif isinstance(target, ast.Subscript):
        obj = evaluate(frame, target.value)
        protocols.delete_item(frame, obj, evaluate(frame, target.slice))
    elif isinstance(target, (ast.Tuple, ast.List)):
        for part in target.elts:
            delete(frame, part)
