"""Conditions: decided while tracing where they are known, else traced."""

from __future__ import annotations

import ast
from collections.abc import Callable, Sequence
from typing import Any

from adjit.ir.errors import AdjitError
from adjit.tracer.control.branches import choose
from adjit.tracer.control.logic import truth_of
from adjit.tracer.interpreter import protocols
from adjit.tracer.interpreter.evaluate import evaluate
from adjit.tracer.interpreter.frame import Frame
from adjit.tracer.operators import is_bool, is_traced
from adjit.tracer.symint import SymInt


def truth(frame: Frame, value: Any) -> Any:
    """`bool(value)`: a bool, or a traced bool."""
    if is_traced(value) or isinstance(value, SymInt):
        return truth_of(frame.trace, value)
    return protocols.truth(frame, value)


def condition(frame: Frame, node: ast.expr) -> Any:
    """The truth of a condition; an error stands at the condition."""
    value = evaluate(frame, node)
    try:
        return truth(frame, value)
    except AdjitError as error:
        frame.locate(error, node)
        raise


def connected(frame: Frame, value: Any, flag: Any, wanted: bool, rest: Callable[[], Any]) -> Any:
    """`value or rest` (wanted: True) or `value and rest`, where the truth of `value` is traced."""

    def other() -> Any:
        found = rest()
        # what is a truth value on one side is one as a whole
        return truth(frame, found) if is_bool(value) and not is_bool(found) else found

    if wanted:
        return choose(frame.trace, flag, lambda: value, other)
    return choose(frame.trace, flag, other, lambda: value)


def leaves(node: ast.If) -> bool:
    """True where one of the arms ends the block that the `if` stands in; after a check the other
    one goes on all the same."""
    return any(_ends(arm) and not ends_in_raise(arm) for arm in (node.body, node.orelse))


def ends_in_raise(body: Sequence[ast.stmt]) -> bool:
    """True where the last statement is a `raise`."""
    return bool(body) and isinstance(body[-1], ast.Raise)


def may_leave(body: Sequence[ast.stmt]) -> bool:
    """True where a block, of a `finally`, may end in another way than the code before it."""
    leaving = (ast.Return, ast.Break, ast.Continue, ast.Raise, ast.Assert)
    return any(isinstance(part, leaving) for statement in body for part in ast.walk(statement))


def _ends(body: Sequence[ast.stmt]) -> bool:
    if not body:
        return False
    last = body[-1]
    if isinstance(last, ast.If):
        return _ends(last.body) and _ends(last.orelse)
    return isinstance(last, (ast.Return, ast.Break, ast.Continue, ast.Raise))
