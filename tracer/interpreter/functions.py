"""Functions that the user's code defines while it is interpreted: `def` and `lambda`.

They are real Python functions, so that they can be decorated, passed to `sorted` or `map`, and
bound as methods; calling one natively comes back to the interpreter.
"""

from __future__ import annotations

import ast
import inspect
import types
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from adjit.ir.errors import LeakedTraceError
from adjit.tracer.context import running
from adjit.tracer.interpreter.evaluate import evaluate
from adjit.tracer.interpreter.frame import Frame
from adjit.tracer.interpreter.scopes import Scope, scope_of


@dataclass(frozen=True, slots=True, eq=False)
class Template:
    """What a call of such a function needs."""

    node: ast.FunctionDef | ast.Lambda
    name: str
    defaults: dict[str, Any]
    parent: Frame
    scope: Scope


def make_function(
    frame: Frame, node: ast.FunctionDef | ast.Lambda, name: str, defaults: dict[str, Any]
) -> Callable[..., Any]:
    """The function object for a definition met in `frame`."""
    template = Template(node, name, defaults, frame, scope_of(node))

    def interpreted(*args: Any, **kwargs: Any) -> Any:
        if not template.parent.trace.alive or not running():
            raise LeakedTraceError(
                f"the function {template.name!r}, defined while tracing, is called after its trace "
                "has ended, or on another thread",
                remedy="define it outside the differentiated function",
            )
        trace = running()[-1]
        assert trace.run_function is not None
        return trace.run_function(trace, interpreted, args, kwargs)

    interpreted.__name__ = name
    interpreted.__qualname__ = f"{frame.name}.<locals>.{name}"
    interpreted.__signature__ = _signature(node.args, defaults)  # type: ignore[attr-defined]
    interpreted.__module__ = frame.globals.get("__name__", "__main__")
    if isinstance(node, ast.FunctionDef):
        interpreted.__doc__ = ast.get_docstring(node)
    return interpreted


def _signature(arguments: ast.arguments, defaults: dict[str, Any]) -> inspect.Signature:
    """The parameters as they are written: transforms select arguments by name."""
    kind = inspect.Parameter
    listed = [
        *((a, kind.POSITIONAL_ONLY) for a in arguments.posonlyargs),
        *((a, kind.POSITIONAL_OR_KEYWORD) for a in arguments.args),
        *((a, kind.VAR_POSITIONAL) for a in (arguments.vararg,) if a is not None),
        *((a, kind.KEYWORD_ONLY) for a in arguments.kwonlyargs),
        *((a, kind.VAR_KEYWORD) for a in (arguments.kwarg,) if a is not None),
    ]
    return inspect.Signature(
        [kind(a.arg, k, default=defaults.get(a.arg, kind.empty)) for a, k in listed]
    )


_CODE = make_function.__code__.co_consts
_INTERPRETED = next(
    c for c in _CODE if isinstance(c, types.CodeType) and c.co_name == "interpreted"
)


def template_of(function: Any) -> Template | None:
    """The template, where a function was made by `make_function`."""
    if not isinstance(function, types.FunctionType) or function.__code__ is not _INTERPRETED:
        return None
    for cell in function.__closure__ or ():
        if isinstance(cell.cell_contents, Template):
            return cell.cell_contents
    return None


def default_values(frame: Frame, arguments: ast.arguments) -> dict[str, Any]:
    """Defaults of a nested function: evaluated where it is defined."""
    out: dict[str, Any] = {}
    positional = [*arguments.posonlyargs, *arguments.args]
    for argument, node in zip(
        positional[len(positional) - len(arguments.defaults) :], arguments.defaults, strict=True
    ):
        out[argument.arg] = evaluate(frame, node)
    for argument, optional in zip(arguments.kwonlyargs, arguments.kw_defaults, strict=True):
        if optional is not None:
            out[argument.arg] = evaluate(frame, optional)
    return out
