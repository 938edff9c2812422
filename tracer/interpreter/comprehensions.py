"""Comprehensions: loops in a scope of their own. Generator expressions are evaluated at once."""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator
from typing import Any

from adjit.ir.errors import UnsupportedError
from adjit.tracer.interpreter import protocols
from adjit.tracer.interpreter.assign import assign
from adjit.tracer.interpreter.evaluate import EXPRESSIONS, evaluate
from adjit.tracer.interpreter.frame import Frame
from adjit.tracer.interpreter.scopes import Scope


def _comprehend(
    frame: Frame, generators: list[ast.comprehension], element: Callable[[Frame], None]
) -> None:
    """Run the loops of a comprehension; `element` is called innermost."""
    names = {
        n.id
        for g in generators
        for n in ast.walk(g.target)
        if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Store)
    }
    inner = Frame(
        frame.trace,
        frame.name,
        frame.file,
        Scope(frozenset(names)),
        frame.globals,
        parent=frame,
        class_name=frame.class_name,
        is_function=False,
    )

    def loop(depth: int) -> None:
        if depth == len(generators):
            element(inner)
            return
        generator = generators[depth]
        if generator.is_async:
            raise frame.trace.error(
                UnsupportedError, "async comprehensions are not supported", "use an ordinary loop"
            )
        # The first iterable is evaluated outside the comprehension's own scope.
        items = evaluate(inner if depth else frame, generator.iter)
        for item in protocols.iterate(frame, items):
            frame.trace.check_length()
            assign(inner, generator.target, item)
            if all(protocols.truth(inner, evaluate(inner, test)) for test in generator.ifs):
                loop(depth + 1)

    loop(0)


def _list_comprehension(frame: Frame, node: ast.ListComp | ast.GeneratorExp) -> list[Any]:
    out: list[Any] = []
    _comprehend(frame, node.generators, lambda inner: out.append(evaluate(inner, node.elt)))
    return out


def _generator(frame: Frame, node: ast.GeneratorExp) -> Iterator[Any]:
    return iter(_list_comprehension(frame, node))


def _set_comprehension(frame: Frame, node: ast.SetComp) -> set[Any]:
    out: set[Any] = set()
    _comprehend(frame, node.generators, lambda inner: out.add(evaluate(inner, node.elt)))
    return out


def _dict_comprehension(frame: Frame, node: ast.DictComp) -> dict[Any, Any]:
    out: dict[Any, Any] = {}

    def add(inner: Frame) -> None:
        key = evaluate(inner, node.key)
        out[key] = evaluate(inner, node.value)

    _comprehend(frame, node.generators, add)
    return out


EXPRESSIONS.update(
    {
        ast.ListComp: _list_comprehension,
        ast.GeneratorExp: _generator,
        ast.SetComp: _set_comprehension,
        ast.DictComp: _dict_comprehension,
    }
)
