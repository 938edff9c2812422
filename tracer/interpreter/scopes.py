"""Which names a function binds: Python's scoping rules, from the syntax."""

from __future__ import annotations

import ast
import functools
from collections.abc import Iterator
from dataclasses import dataclass

_FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda)
_COMPREHENSIONS = (ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp)


@dataclass(frozen=True, slots=True)
class Scope:
    """Names of one function: bound in it, declared global, declared nonlocal. `native` says why
    its body cannot be interpreted ("" where it can)."""

    locals: frozenset[str]
    globals: frozenset[str] = frozenset()
    nonlocals: frozenset[str] = frozenset()
    native: str = ""


@functools.lru_cache(maxsize=4096)
def scope_of(node: ast.AST) -> Scope:
    """The scope of a function or lambda."""
    bound: set[str] = set()
    global_names: set[str] = set()
    nonlocal_names: set[str] = set()
    native = "an async function" if isinstance(node, ast.AsyncFunctionDef) else ""
    arguments = getattr(node, "args", None)
    if isinstance(arguments, ast.arguments):
        bound |= {a.arg for a in all_arguments(arguments)}
    body = getattr(node, "body", [])
    for inner in _own_nodes(body if isinstance(body, list) else [body]):
        bound |= set(_bound_names(inner))
        if isinstance(inner, ast.Global):
            global_names |= set(inner.names)
        elif isinstance(inner, ast.Nonlocal):
            nonlocal_names |= set(inner.names)
        elif isinstance(inner, (ast.Yield, ast.YieldFrom)):
            native = native or "a generator function"
        elif isinstance(inner, (ast.Await, ast.AsyncFor, ast.AsyncWith)):
            native = "an async function"
    return Scope(
        frozenset(bound - global_names - nonlocal_names),
        frozenset(global_names),
        frozenset(nonlocal_names),
        native,
    )


def all_arguments(arguments: ast.arguments) -> list[ast.arg]:
    """Every parameter, the starred ones included."""
    star = [a for a in (arguments.vararg, arguments.kwarg) if a is not None]
    return [*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs, *star]


def _own_nodes(nodes: list[ast.AST] | list[ast.stmt] | list[ast.expr]) -> Iterator[ast.AST]:
    """The nodes of a function's own body: not of functions and classes inside it."""
    for node in nodes:
        yield node
        if isinstance(node, (*_FUNCTIONS, ast.ClassDef)):
            continue
        if isinstance(node, _COMPREHENSIONS):
            yield from _walrus_only(node)
            continue
        yield from _own_nodes(list(ast.iter_child_nodes(node)))


def _walrus_only(node: ast.AST) -> Iterator[ast.AST]:
    """In a comprehension, `:=` binds in the function around it; its loop names do not."""
    for inner in ast.walk(node):
        if isinstance(inner, ast.NamedExpr):
            yield inner.target
        elif isinstance(inner, (ast.Yield, ast.YieldFrom, ast.Await)):
            yield inner


def _bound_names(node: ast.AST) -> Iterator[str]:
    if isinstance(node, ast.Name) and isinstance(node.ctx, (ast.Store, ast.Del)):
        yield node.id
    elif isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
        yield node.name
    elif isinstance(node, ast.alias):
        yield (node.asname or node.name).split(".")[0]
    elif (isinstance(node, ast.ExceptHandler) and node.name) or (
        isinstance(node, (ast.MatchAs, ast.MatchStar)) and node.name
    ):
        yield node.name
    elif isinstance(node, ast.MatchMapping) and node.rest:
        yield node.rest
