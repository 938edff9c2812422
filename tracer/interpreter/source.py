"""Finding the syntax tree of a function that runs, and of no other.

A file is parsed and compiled once. The code objects that come out are compared with the function's
own: a file that was edited since it was imported does not match and is not used.
"""

from __future__ import annotations

import ast
import functools
import linecache
import types
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from adjit.tracer.interpreter.scopes import Scope, scope_of

FunctionNode = ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda


@dataclass(frozen=True, slots=True, eq=False)
class Source:
    """The syntax of one function. `class_name` is the class around it, for private names."""

    node: FunctionNode
    file: str
    name: str
    class_name: str
    scope: Scope


@dataclass(frozen=True, slots=True, eq=False)
class _File:
    """A parsed file: its functions by name and first line, and their code objects."""

    nodes: dict[tuple[str, int], list[tuple[FunctionNode, str]]]
    codes: dict[tuple[str, int], list[types.CodeType]]


_found: dict[types.CodeType, Source | None] = {}


def source_of(function: types.FunctionType) -> Source | None:
    """The syntax of a function, None where it is not known for certain."""
    code = function.__code__
    if code not in _found or _found[code] is None:
        _found[code] = _find(code, function.__globals__)
    return _found[code]


def register(code: types.CodeType, node: FunctionNode, class_name: str) -> None:
    """Say where the code of a method came from, for a class made while tracing."""
    name = getattr(node, "name", "<lambda>")
    _found[code] = Source(node, code.co_filename, name, class_name, scope_of(node))


def _find(code: types.CodeType, module: dict[str, Any]) -> Source | None:
    lines = linecache.getlines(code.co_filename, module)
    if not lines:
        return None
    parsed = _parse(code.co_filename, "".join(lines))
    if parsed is None:
        return None
    key = (code.co_name, code.co_firstlineno)
    nodes = parsed.nodes.get(key, [])
    if len(nodes) > 1 or code.co_name == "<lambda>":
        nodes = _enclosing(code, nodes)
    if len(nodes) != 1:
        return None
    node, class_name = nodes[0]
    if not any(_same_code(code, other, node) for other in parsed.codes.get(key, [])):
        return None
    return Source(node, code.co_filename, code.co_name, class_name, scope_of(node))


@functools.lru_cache(maxsize=256)
def _parse(file: str, text: str) -> _File | None:
    try:
        tree = ast.parse(text, file)
        module = compile(tree, file, "exec", dont_inherit=True)
    except (SyntaxError, ValueError):
        return None
    nodes: dict[tuple[str, int], list[tuple[FunctionNode, str]]] = {}
    for node, class_name in functions_in(tree, ""):
        key = getattr(node, "name", "<lambda>"), first_line(node)
        nodes.setdefault(key, []).append((node, class_name))
    codes: dict[tuple[str, int], list[types.CodeType]] = {}
    for code in codes_in(module):
        codes.setdefault((code.co_name, code.co_firstlineno), []).append(code)
    return _File(nodes, codes)


def first_line(node: FunctionNode) -> int:
    """The line that a code object gives as its first: that of the first decorator."""
    decorators = getattr(node, "decorator_list", [])
    first: int = min([node.lineno, *[d.lineno for d in decorators]])
    return first


def functions_in(node: ast.AST, class_name: str) -> Iterator[tuple[FunctionNode, str]]:
    """All functions in a tree, each with the class around it."""
    for child in ast.iter_child_nodes(node):
        if isinstance(child, (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda)):
            yield child, class_name
        inner = child.name if isinstance(child, ast.ClassDef) else class_name
        yield from functions_in(child, inner)


def codes_in(code: types.CodeType) -> Iterator[types.CodeType]:
    """A code object and all those inside it."""
    yield code
    for constant in code.co_consts:
        if isinstance(constant, types.CodeType):
            yield from codes_in(constant)


def _enclosing(
    code: types.CodeType, nodes: list[tuple[FunctionNode, str]]
) -> list[tuple[FunctionNode, str]]:
    """Of several functions on a line, the innermost whose body is around the code's positions.

    (The position of a lambda inside a lambda is part of the outer one's body, not of its own.)
    """
    places = [place for place in code.co_positions() if None not in place and place[2:] != (0, 0)]
    if not places:
        return nodes if len(nodes) == 1 else []
    first = min((line, column) for line, _, column, _ in places)
    last = max((line, column) for _, line, _, column in places)
    around = [
        (node, name) for node, name in nodes if _span(node)[0] <= first and last <= _span(node)[1]
    ]
    around.sort(key=lambda item: _span(item[0])[0])
    return around[-1:]


def _span(node: FunctionNode) -> tuple[tuple[int, int], tuple[int, int]]:
    body = node.body if isinstance(node.body, list) else [node.body]
    last = body[-1]
    return (
        (body[0].lineno, body[0].col_offset),
        (last.end_lineno or last.lineno, last.end_col_offset or 0),
    )


def _same_code(code: types.CodeType, other: types.CodeType, node: FunctionNode) -> bool:
    if code == other:
        return True
    # A test runner rewrites assert statements before it compiles; all else must agree.
    if not any(isinstance(inner, ast.Assert) for inner in ast.walk(node)):
        return False
    return (
        code.co_varnames[: _arguments(code)] == other.co_varnames[: _arguments(other)]
        and set(other.co_names) <= set(code.co_names) | {"AssertionError"}
        and code.co_freevars == other.co_freevars
    )


def _arguments(code: types.CodeType) -> int:
    return int(code.co_argcount + code.co_kwonlyargcount)
