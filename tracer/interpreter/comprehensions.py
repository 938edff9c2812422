"""Comprehensions: loops in a scope of their own. Generator expressions are evaluated at once."""

from __future__ import annotations

import ast
from collections.abc import Callable
from typing import Any

from adjit.ir.errors import UnsupportedError
from adjit.tracer.control.journal import ItemsSlot, NotRollable
from adjit.tracer.control.rows import has_rows
from adjit.tracer.control.sequences import going_over, sequence_of
from adjit.tracer.interpreter import control, protocols
from adjit.tracer.interpreter.assign import assign
from adjit.tracer.interpreter.evaluate import EXPRESSIONS, evaluate
from adjit.tracer.interpreter.frame import Frame
from adjit.tracer.interpreter.loops import over
from adjit.tracer.interpreter.scopes import Scope
from adjit.tracer.operators import is_traced


def _comprehend(
    frame: Frame, generators: list[ast.comprehension], out: Any, element: Callable[[Frame], None]
) -> None:
    """Run the loops of a comprehension; `element`, called innermost, adds to `out`."""
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

    inner.locals["<items>"] = out  # so that a region sees it grow

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
        sequence = sequence_of(frame.trace, frame.trace.outside.plain(items))

        def turn(item: Any) -> None:
            frame.trace.check_length()
            assign(inner, generator.target, item)
            if all(_wanted(inner, test) for test in generator.ifs):
                loop(depth + 1)

        with going_over(frame.trace, items if sequence is None else sequence):
            if sequence is not None:
                over(inner, generator, sequence, turn)
                return
            for item in protocols.iterate(frame, items):
                turn(item)

    frame.trace.root.frames.append(inner)
    try:
        loop(0)
    finally:
        frame.trace.root.frames.pop()


def _wanted(frame: Frame, test: ast.expr) -> bool:
    """Whether an item passes a filter; it must be known, for the result's length depends on it."""
    flag = control.condition(frame, test)
    if not is_traced(flag):
        return bool(flag)
    error = frame.trace.error(
        NotRollable,
        "the filter of a comprehension depends on numbers that are known only when the compiled "
        "function runs",
        "use np.where, or a loop with an `if`",
    )
    frame.locate(error, test)
    raise error


def _list_comprehension(frame: Frame, node: ast.ListComp | ast.GeneratorExp) -> list[Any]:
    out: list[Any] = []

    def add(inner: Frame) -> None:
        item = evaluate(inner, node.elt)
        frame.trace.root.changes.note(ItemsSlot(out))
        out.append(item)

    _comprehend(frame, node.generators, out, add)
    return out


def _generator(frame: Frame, node: ast.GeneratorExp) -> Any:
    out = _list_comprehension(frame, node)
    return out if has_rows(out) else iter(out)


def _set_comprehension(frame: Frame, node: ast.SetComp) -> set[Any]:
    out: set[Any] = set()

    def add(inner: Frame) -> None:
        item = evaluate(inner, node.elt)
        frame.trace.root.changes.note(ItemsSlot(out))
        out.add(item)

    _comprehend(frame, node.generators, out, add)
    return out


def _dict_comprehension(frame: Frame, node: ast.DictComp) -> dict[Any, Any]:
    out: dict[Any, Any] = {}

    def add(inner: Frame) -> None:
        key, value = evaluate(inner, node.key), evaluate(inner, node.value)
        frame.trace.root.changes.note(ItemsSlot(out))
        out[key] = value

    _comprehend(frame, node.generators, out, add)
    return out


EXPRESSIONS.update(
    {
        ast.ListComp: _list_comprehension,
        ast.GeneratorExp: _generator,
        ast.SetComp: _set_comprehension,
        ast.DictComp: _dict_comprehension,
    }
)
