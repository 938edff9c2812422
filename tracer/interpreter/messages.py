"""The texts of exceptions that compiled code raises: constants.

What stands in such a text is known while tracing, or else the text shows the expression for it:
`f"x = {x}"` for a traced x is `x = {x}`.
"""

from __future__ import annotations

import ast
from typing import Any

import numpy as np

from adjit.tracer.control.checks import can_raise
from adjit.tracer.control.regions import record, survey
from adjit.tracer.interpreter.evaluate import evaluate
from adjit.tracer.interpreter.frame import Frame
from adjit.tracer.operators import is_traced
from adjit.tracer.outside import holds_traced
from adjit.tracer.symint import SymInt


def exception(frame: Frame, node: ast.expr) -> Any:
    """What a `raise` raises. Inside of a region, if nobody handles it, its text is a constant."""
    root = frame.trace.root
    if root.changes.open and isinstance(node, ast.Call) and not node.keywords:
        cls = evaluate(frame, node.func)
        handled = can_raise(cls) and any(catches(cls) for catches in root.handlers)
        unpacked = any(isinstance(arg, ast.Starred) for arg in node.args)
        if can_raise(cls) and not handled and not unpacked:
            return cls(*[constant(frame, arg) for arg in node.args])
    return evaluate(frame, node)


def constant(frame: Frame, node: ast.expr) -> Any:
    """The value of an expression, or its source."""
    if isinstance(node, ast.JoinedStr):
        return "".join(_part(frame, part) for part in node.values)
    found = _known(frame, node)
    return ast.unparse(node) if found is _UNKNOWN else found


def _part(frame: Frame, node: ast.expr) -> str:
    if isinstance(node, ast.FormattedValue):
        if _known(frame, node.value) is _UNKNOWN:
            return f"{{{ast.unparse(node.value)}}}"
        text = _known(frame, ast.copy_location(ast.JoinedStr([node]), node))
        return f"{{{ast.unparse(node.value)}}}" if text is _UNKNOWN else str(text)
    return str(evaluate(frame, node))


_UNKNOWN: Any = object()


def _known(frame: Frame, node: ast.expr) -> Any:
    """The value where it depends on nothing traced, nor on a size."""
    if isinstance(node, ast.Constant):
        return node.value
    trace = frame.trace
    try:
        for part in ast.walk(node):
            if isinstance(part, ast.Name) and _is_open(frame.load(part.id)):
                return _UNKNOWN
        recorded = record(trace, survey(trace), lambda journal: evaluate(frame, node))
    except Exception:  # noqa: BLE001  the text of an exception is no reason for another one
        return _UNKNOWN
    trace.release(recorded.equations)
    found = recorded.result
    if isinstance(found, np.generic):
        return found.item()
    return _UNKNOWN if _is_open(found) or holds_traced(found) else found


def _is_open(value: Any) -> bool:
    return is_traced(value) or isinstance(value, SymInt)
