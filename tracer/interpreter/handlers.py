"""`try` and `with`: handlers of the exceptions that are raised while tracing."""

from __future__ import annotations

import ast
import warnings
from collections.abc import Callable, Sequence
from contextlib import nullcontext
from functools import partial
from typing import Any

import numpy as np

from adjit.ir.errors import AdjitError
from adjit.tracer.control.checks import handling
from adjit.tracer.control.exits import Signal
from adjit.tracer.control.results import freeze_result
from adjit.tracer.interpreter import control, protocols
from adjit.tracer.interpreter.assign import assign
from adjit.tracer.interpreter.evaluate import evaluate
from adjit.tracer.interpreter.frame import Frame
from adjit.tracer.origin import is_user_function

Execute = Callable[[Sequence[ast.stmt]], Signal]


def run_try(frame: Frame, node: ast.Try, execute: Execute) -> Signal:
    """A `try` statement."""
    try:
        with handling(frame.trace, lambda cls: control.may_leave(node.finalbody)):
            signal = _guarded(frame, node, execute)
    except AdjitError:
        # What cannot be captured is never handled, nor replaced, by the user's code: its handlers
        # are for errors that NumPy would raise.
        execute(node.finalbody)
        raise
    except BaseException:
        last = execute(node.finalbody)
        if last is None:
            raise
        return last
    if node.finalbody:
        freeze_result(frame.trace, signal)
    last = execute(node.finalbody)
    return signal if last is None else last


def _guarded(frame: Frame, node: ast.Try, execute: Execute) -> Signal:
    try:
        with handling(frame.trace, partial(_handles, frame, node.handlers)):
            signal = execute(node.body)
    except AdjitError:
        raise
    except BaseException as error:  # noqa: BLE001  the user's handlers choose
        return _handle(frame, node.handlers, error, execute)
    return execute(node.orelse) if signal is None else signal


def _handles(frame: Frame, handlers: Sequence[ast.ExceptHandler], cls: type[BaseException]) -> bool:
    return any(h.type is None or issubclass(cls, evaluate(frame, h.type)) for h in handlers)


def _handle(
    frame: Frame,
    handlers: Sequence[ast.ExceptHandler],
    error: BaseException,
    execute: Execute,
) -> Signal:
    for handler in handlers:
        if handler.type is not None and not isinstance(error, evaluate(frame, handler.type)):
            continue
        if handler.name:
            frame.store(handler.name, error)
        frame.handling.append(error)
        try:
            return execute(handler.body)
        finally:
            frame.handling.pop()
            if handler.name and handler.name in frame.locals:
                frame.delete(handler.name)
    raise error


#: Context managers that let every exception through, and of which compiled code needs no end.
_TRANSPARENT = (np.errstate, nullcontext, warnings.catch_warnings)


def run_with(frame: Frame, node: ast.With, execute: Execute) -> Signal:
    """A `with` statement."""
    return _with_items(frame, node.items, node.body, execute)


def _with_items(
    frame: Frame, items: Sequence[ast.withitem], body: Sequence[ast.stmt], execute: Execute
) -> Signal:
    if not items:
        return execute(body)
    first, *rest = items
    manager = evaluate(frame, first.context_expr)
    leave = _special(manager, "__exit__")
    value = frame.call(_special(manager, "__enter__"), manager)
    if first.optional_vars is not None:
        assign(frame, first.optional_vars, value)
    try:
        with handling(frame.trace, lambda cls: type(manager) not in _TRANSPARENT):
            signal = _with_items(frame, rest, body, execute)
    except BaseException as error:
        handled = frame.call(leave, manager, type(error), error, error.__traceback__)
        if isinstance(error, AdjitError) or not protocols.truth(frame, handled):
            raise
        return None
    if is_user_function(leave):
        freeze_result(frame.trace, signal)
    frame.call(leave, manager, None, None, None)
    return signal


def _special(obj: Any, name: str) -> Any:
    found = getattr(type(obj), name, None)
    if found is None:
        raise TypeError(
            f"{type(obj).__name__!r} object does not support the context manager protocol"
        )
    return found
