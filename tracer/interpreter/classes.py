"""Classes defined inside a traced function: made natively, their methods interpreted."""

from __future__ import annotations

import ast
import types
from typing import Any

from adjit.tracer.interpreter.frame import Frame
from adjit.tracer.interpreter.source import codes_in, first_line, functions_in, register


def define_class(frame: Frame, node: ast.ClassDef) -> Any:
    """Run a class statement. Names of the surrounding functions are passed in as they are now."""
    free = _names_used(node) & _visible(frame)
    parameters = [ast.arg(name) for name in sorted(free)]
    arguments = ast.arguments([], parameters, None, [], [], None, [])
    result = ast.Return(ast.Name(node.name, ast.Load()))
    outer = ast.FunctionDef("__define__", arguments, [node, result], [])
    tree = ast.fix_missing_locations(ast.Module([ast.copy_location(outer, node)], []))
    code = compile(tree, frame.file, "exec", dont_inherit=True)
    _register_methods(code, node)
    namespace: dict[str, Any] = {}
    exec(code, namespace)
    define = types.FunctionType(namespace["__define__"].__code__, frame.globals)
    made = define(*[frame.load(name) for name in sorted(free)])
    if isinstance(made, type):
        frame.trace.root.own_classes.add(made)
    return made


def _names_used(node: ast.AST) -> set[str]:
    return {n.id for n in ast.walk(node) if isinstance(n, ast.Name)}


def _visible(frame: Frame) -> set[str]:
    """Names that are bound in the frames around (not globals)."""
    names: set[str] = set()
    current: Frame | None = frame
    while current is not None:
        names |= set(current.locals) | set(current.cells)
        current = current.parent
    return names


def _register_methods(code: types.CodeType, node: ast.ClassDef) -> None:
    nodes = {
        (getattr(n, "name", "<lambda>"), first_line(n)): (n, name)
        for n, name in functions_in(node, node.name)
    }
    for inner in codes_in(code):
        found = nodes.get((inner.co_name, inner.co_firstlineno))
        if found is not None:
            register(inner, *found)
