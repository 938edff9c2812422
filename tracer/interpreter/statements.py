"""Statements: one function per kind, in the table `STATEMENTS`.

A statement returns None, or how control leaves the block: `BREAK`, `CONTINUE` or a `Return`.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any

from adjit.ir.errors import AdjitError, UnsupportedError
from adjit.tracer.control.branches import resume, run_branch
from adjit.tracer.control.checks import demand
from adjit.tracer.control.exits import BREAK, CONTINUE, Exits, Return, Signal
from adjit.tracer.control.logic import negation
from adjit.tracer.interpreter import control, handlers, loops, messages, protocols
from adjit.tracer.interpreter.assign import assign, augmented, delete
from adjit.tracer.interpreter.classes import define_class
from adjit.tracer.interpreter.evaluate import evaluate
from adjit.tracer.interpreter.frame import Frame
from adjit.tracer.interpreter.functions import default_values, make_function
from adjit.tracer.interpreter.imports import import_from, import_modules
from adjit.tracer.interpreter.patterns import matches
from adjit.tracer.operators import is_traced


def execute(frame: Frame, body: Sequence[ast.stmt]) -> Signal:
    """Run a block."""
    for k, node in enumerate(body):
        if isinstance(node, ast.If) and control.leaves(node):
            return run(frame, node, partial(_if, rest=body[k + 1 :]))
        signal = run(frame, node)
        if isinstance(signal, Exits):
            return resume(frame.trace, signal, partial(execute, frame, body[k + 1 :]))
        if signal is not None:
            return signal
    return None


def run(
    frame: Frame, node: ast.stmt, handler: Callable[[Frame, Any], Signal] | None = None
) -> Signal:
    """Run one statement; errors learn where they come from."""
    frame.enter(node)
    handler = handler or STATEMENTS.get(type(node))
    try:
        if handler is None:
            raise frame.trace.error(
                UnsupportedError,
                f"{type(node).__name__} is not supported",
                "write it with ordinary statements",
            )
        return handler(frame, node)
    except AdjitError as error:
        frame.locate(error, node)
        raise
    except Exception as error:
        frame.annotate(error, node)
        raise


def _expression(frame: Frame, node: ast.Expr) -> Signal:
    evaluate(frame, node.value)
    return None


def _assign(frame: Frame, node: ast.Assign) -> Signal:
    value = evaluate(frame, node.value)
    for target in node.targets:
        assign(frame, target, value)
    return None


def _annotated(frame: Frame, node: ast.AnnAssign) -> Signal:
    if node.value is not None:
        assign(frame, node.target, evaluate(frame, node.value))
    return None


def _augmented(frame: Frame, node: ast.AugAssign) -> Signal:
    augmented(frame, node.target, protocols.SYMBOLS[type(node.op)], node.value)
    return None


def _delete(frame: Frame, node: ast.Delete) -> Signal:
    for target in node.targets:
        delete(frame, target)
    return None


def _return(frame: Frame, node: ast.Return) -> Signal:
    return Return(None if node.value is None else evaluate(frame, node.value))


def _test(frame: Frame, node: ast.expr) -> bool:
    """The truth of a condition; an error stands at the condition."""
    value = evaluate(frame, node)
    try:
        return protocols.truth(frame, value)
    except AdjitError as error:
        frame.locate(error, node)
        raise


def _if(frame: Frame, node: ast.If, rest: Sequence[ast.stmt] = ()) -> Signal:
    """An `if` and, where one of its arms ends the block, the rest of the block."""
    while True:
        flag = control.condition(frame, node.test)
        if is_traced(flag) and control.ends_in_raise(node.orelse):
            return run_branch(  # what ends in an exception comes first: the rest is traced once
                frame.trace,
                negation(frame.trace, flag),
                partial(execute, frame, node.orelse),
                partial(execute, frame, [*node.body, *rest]),
            )
        if is_traced(flag):
            return run_branch(
                frame.trace,
                flag,
                partial(execute, frame, [*node.body, *rest]),
                partial(execute, frame, [*node.orelse, *rest]),
            )
        if flag or len(node.orelse) != 1 or not isinstance(node.orelse[0], ast.If):
            return execute(frame, [*(node.body if flag else node.orelse), *rest])
        node = node.orelse[0]  # elif: no deeper in the stack
        frame.enter(node)


def _for(frame: Frame, node: ast.For) -> Signal:
    return loops.run_for(frame, node, partial(execute, frame))


def _while(frame: Frame, node: ast.While) -> Signal:
    return loops.run_while(frame, node, partial(execute, frame))


def _break(frame: Frame, node: ast.Break) -> Signal:
    return BREAK


def _continue(frame: Frame, node: ast.Continue) -> Signal:
    return CONTINUE


def _nothing(frame: Frame, node: ast.stmt) -> Signal:
    return None


def _assert(frame: Frame, node: ast.Assert) -> Signal:
    if not __debug__:
        return None
    flag = control.condition(frame, node.test)
    if is_traced(flag):
        text = [] if node.msg is None else [messages.constant(frame, node.msg)]
        demand(frame.trace, flag, AssertionError(*text))
    elif not flag:
        text = [] if node.msg is None else [evaluate(frame, node.msg)]
        raise _noted(frame, AssertionError(*text))
    return None


def _noted(frame: Frame, error: BaseException) -> BaseException:
    """An exception that the user's own code raises now."""
    frame.trace.root.raised = error
    return error


def _raise(frame: Frame, node: ast.Raise) -> Signal:
    if node.exc is None:
        if not frame.handling:
            raise RuntimeError("No active exception to reraise")
        raise _noted(frame, frame.handling[-1])
    error = messages.exception(frame, node.exc)
    if isinstance(error, type) and issubclass(error, BaseException):
        error = frame.call(error)
    if not isinstance(error, BaseException):
        raise TypeError("exceptions must derive from BaseException")
    if node.cause is None:
        raise _noted(frame, error)
    cause = evaluate(frame, node.cause)
    raise _noted(frame, error) from cause


def _try(frame: Frame, node: ast.Try) -> Signal:
    return handlers.run_try(frame, node, partial(execute, frame))


def _with(frame: Frame, node: ast.With) -> Signal:
    return handlers.run_with(frame, node, partial(execute, frame))


def _function(frame: Frame, node: ast.FunctionDef) -> Signal:
    decorators = [evaluate(frame, d) for d in node.decorator_list]
    made: Any = make_function(frame, node, node.name, default_values(frame, node.args))
    for decorator in reversed(decorators):
        made = frame.call(decorator, made)
    frame.store(node.name, made)
    return None


def _class(frame: Frame, node: ast.ClassDef) -> Signal:
    frame.store(node.name, define_class(frame, node))
    return None


def _import(frame: Frame, node: ast.Import) -> Signal:
    for name, module in import_modules(frame, node):
        frame.store(name, module)
    return None


def _import_from(frame: Frame, node: ast.ImportFrom) -> Signal:
    for name, value in import_from(frame, node):
        frame.store(name, value)
    return None


def _match(frame: Frame, node: ast.Match) -> Signal:
    subject = evaluate(frame, node.subject)
    for case in node.cases:
        bound: dict[str, Any] = {}
        if not matches(frame, case.pattern, subject, bound):
            continue
        for name, value in bound.items():
            if is_traced(value):
                value.give_name(name)
            frame.store(name, value)
        if case.guard is None or _test(frame, case.guard):
            return execute(frame, case.body)
    return None


STATEMENTS: Mapping[type, Callable[[Frame, Any], Signal]] = {
    ast.Expr: _expression,
    ast.Assign: _assign,
    ast.AnnAssign: _annotated,
    ast.AugAssign: _augmented,
    ast.Delete: _delete,
    ast.Return: _return,
    ast.If: _if,
    ast.While: _while,
    ast.For: _for,
    ast.Break: _break,
    ast.Continue: _continue,
    ast.Pass: _nothing,
    ast.Global: _nothing,
    ast.Nonlocal: _nothing,
    ast.Assert: _assert,
    ast.Raise: _raise,
    ast.Try: _try,
    ast.With: _with,
    ast.FunctionDef: _function,
    ast.ClassDef: _class,
    ast.Import: _import,
    ast.ImportFrom: _import_from,
    ast.Match: _match,
}
