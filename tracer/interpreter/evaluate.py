"""The value of an expression: looked up by kind of node.

The rows are entered by `expressions` and `comprehensions`; what they have in common is here, so
that each of them can evaluate parts of its own.
"""

from __future__ import annotations

import ast
from collections.abc import Callable
from typing import Any

from adjit.ir.errors import AdjitError, UnsupportedError
from adjit.tracer.control.state import Unavailable
from adjit.tracer.interpreter.frame import Frame

Evaluate = Callable[[Frame, Any], Any]
EXPRESSIONS: dict[type, Evaluate] = {}


def evaluate(frame: Frame, node: ast.expr) -> Any:
    """The value of an expression. Errors of adjit's get the place of the innermost one."""
    handler = EXPRESSIONS.get(type(node))
    try:
        if handler is None:
            raise frame.trace.error(
                UnsupportedError,
                f"{type(node).__name__} is not supported",
                "write it with ordinary expressions",
            )
        value = handler(frame, node)
        if isinstance(value, Unavailable):
            raise value.error(frame.trace)
        return value
    except AdjitError as error:
        frame.locate(error, node)
        raise
