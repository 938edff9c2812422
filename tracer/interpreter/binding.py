"""Binding the arguments of a call to a function's parameters, as Python does."""

from __future__ import annotations

import ast
from collections.abc import Callable, Mapping, Sequence
from typing import Any

#: Gives the default of a parameter; raises KeyError where it has none.
Default = Callable[[str], Any]


def bind(
    arguments: ast.arguments,
    name: str,
    default: Default,
    args: Sequence[Any],
    kwargs: Mapping[str, Any],
) -> dict[str, Any]:
    """The parameters of a function with their values."""
    positional = [a.arg for a in (*arguments.posonlyargs, *arguments.args)]
    keyword_only = [a.arg for a in arguments.kwonlyargs]
    bound: dict[str, Any] = dict(zip(positional, args, strict=False))
    rest = tuple(args[len(positional) :])
    if arguments.vararg is not None:
        bound[arguments.vararg.arg] = rest
    elif rest:
        raise TypeError(
            f"{name}() takes {len(positional)} positional argument"
            f"{'' if len(positional) == 1 else 's'} but {len(args)} were given"
        )
    named = set(positional[len(arguments.posonlyargs) :]) | set(keyword_only)
    extra: dict[str, Any] = {}
    for key, value in kwargs.items():
        if key not in named:
            extra[key] = value
        elif key in bound:
            raise TypeError(f"{name}() got multiple values for argument {key!r}")
        else:
            bound[key] = value
    if arguments.kwarg is not None:
        bound[arguments.kwarg.arg] = extra
    elif extra:
        raise TypeError(f"{name}() got an unexpected keyword argument {next(iter(extra))!r}")
    missing = []
    for parameter in (*positional, *keyword_only):
        if parameter not in bound:
            try:
                bound[parameter] = default(parameter)
            except KeyError:
                missing.append(parameter)
    if missing:
        kind = "keyword-only" if missing[0] in keyword_only else "positional"
        listed = " and ".join(repr(m) for m in missing)
        raise TypeError(
            f"{name}() missing {len(missing)} required {kind} "
            f"argument{'s' if len(missing) > 1 else ''}: {listed}"
        )
    return bound
