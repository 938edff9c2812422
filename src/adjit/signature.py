"""Parameters of the user's function, and which of them `argnums` names."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from adjit.errors import ArgumentError

ArgNums = int | str | Sequence[int | str]
MISSING: Any = type("Missing", (), {"__repr__": lambda self: "..."})()

_STARS: dict[Any, str] = {
    inspect.Parameter.VAR_POSITIONAL: "*",
    inspect.Parameter.VAR_KEYWORD: "**",
}
_POSITIONAL = (inspect.Parameter.POSITIONAL_ONLY, inspect.Parameter.POSITIONAL_OR_KEYWORD)


@dataclass(frozen=True, slots=True)
class Selected:
    """One entry of `argnums`: a parameter, or one item of `*args` / `**kwargs` (`key`)."""

    parameter: int
    key: int | str | None = None


@dataclass(frozen=True, slots=True)
class Parameters:
    """The function's parameters. A call is one value per parameter: `*args` a tuple, `**kwargs` a
    dict, an omitted argument its default, read at the call."""

    function: Callable[..., Any]
    signature: inspect.Signature

    @property
    def names(self) -> tuple[str, ...]:
        return tuple(self.signature.parameters)

    def rebuild(self, values: Sequence[Any]) -> tuple[tuple[Any, ...], dict[str, Any]]:
        """(args, kwargs) that call the function with one value per parameter."""
        args: list[Any] = []
        kwargs: dict[str, Any] = {}
        for parameter, value in zip(self.signature.parameters.values(), values, strict=True):
            if parameter.kind in _POSITIONAL:
                args.append(value)
            elif parameter.kind is parameter.VAR_POSITIONAL:
                args.extend(value)
            elif parameter.kind is parameter.KEYWORD_ONLY:
                kwargs[parameter.name] = value
            else:
                kwargs.update(value)
        return tuple(args), kwargs

    def select(self, argnums: ArgNums, what: str, *, skip: int = 0) -> tuple[Selected, ...]:
        """The parameters that `argnums` names. `skip` positional parameters (`self`) do not count.

        Raises `ArgumentError` for numbers out of range, unknown or repeated names.
        """
        entries = argnums if isinstance(argnums, (tuple, list)) else (argnums,)
        chosen = tuple(self._select_one(entry, what, skip) for entry in entries)
        if len(set(chosen)) != len(chosen):
            raise ArgumentError(
                f"{what}={argnums!r} names an argument twice", remedy="name each argument once"
            )
        return chosen

    def _select_one(self, entry: object, what: str, skip: int) -> Selected:
        parameters = list(self.signature.parameters.values())
        signature = f"{getattr(self.function, '__name__', 'f')}{self.signature}"
        if isinstance(entry, str):
            for k, parameter in enumerate(parameters):
                if parameter.name == entry and parameter.kind is not parameter.VAR_KEYWORD:
                    return Selected(k)
            if parameters and parameters[-1].kind is inspect.Parameter.VAR_KEYWORD:
                return Selected(len(parameters) - 1, entry)
            raise ArgumentError(
                f"{what} names {entry!r}, which is no argument of {signature}",
                remedy=f"choose among {', '.join(self.names)}",
            )
        if isinstance(entry, bool) or not isinstance(entry, int):
            raise ArgumentError(
                f"{what} holds {entry!r}, which is neither a number nor a name",
                remedy="give int positions or argument names",
            )
        positional = [k for k, p in enumerate(parameters) if p.kind in _POSITIONAL]
        variadic = [k for k, p in enumerate(parameters) if p.kind is p.VAR_POSITIONAL]
        position = entry + skip if entry >= 0 else entry + len(positional)
        if skip <= position < len(positional):
            return Selected(positional[position])
        if variadic and entry >= 0:
            return Selected(variadic[0], position - len(positional))
        raise ArgumentError(
            f"{what}={entry} is out of range for {signature}, which takes "
            f"{len(positional) - skip} positional argument(s)",
            remedy="count from 0, or use the argument's name",
        )


def parameters_of(function: Callable[..., Any]) -> Parameters:
    """Read a callable's signature; one without (some builtins) takes `*args, **kwargs`."""
    try:
        signature = inspect.signature(function)
    except (ValueError, TypeError):
        if not callable(function):
            raise ArgumentError(
                f"{function!r} is not callable", remedy="pass the function itself"
            ) from None
        signature = inspect.signature(lambda *args, **kwargs: None)
    return Parameters(function, signature)


def binder_source(parameters: Parameters, body: str, name: str) -> str:
    """Source of a function with the user's own signature; defaults are filled in at the call.

    `body` sees one local per parameter, `_adjit_0`, `_adjit_1`, ...; only names that Python itself
    accepted as parameters reach the text.
    """
    for taken in parameters.names:
        if taken.startswith("_adjit_"):
            raise ArgumentError(
                f"the parameter name {taken!r} is reserved",
                remedy="rename it: names that begin with _adjit_ are adjit's own",
            )
    parts: list[str] = []
    assignments: list[str] = []
    seen_star = False
    previous = None
    for k, parameter in enumerate(parameters.signature.parameters.values()):
        if previous is inspect.Parameter.POSITIONAL_ONLY and parameter.kind is not previous:
            parts.append("/")
        if parameter.kind is parameter.KEYWORD_ONLY and not seen_star:
            parts.append("*")
            seen_star = True
        stars = _STARS.get(parameter.kind, "")
        seen_star = seen_star or stars == "*"
        default = "" if parameter.default is parameter.empty else "=_adjit_missing"
        parts.append(f"{stars}{parameter.name}{default}")
        assignments.append(f"    _adjit_{k} = {parameter.name}\n")
        if default:
            assignments.append(
                f"    if _adjit_{k} is _adjit_missing:\n        _adjit_{k} = _adjit_default({k})\n"
            )
        previous = parameter.kind
    if previous is inspect.Parameter.POSITIONAL_ONLY:
        parts.append("/")
    return f"def {name}({', '.join(parts)}):\n{''.join(assignments)}{body}"


def live_default(function: Callable[..., Any], index: int) -> Any:
    """The default of parameter `index`, as it is now (`__defaults__` can be changed)."""
    return list(inspect.signature(function).parameters.values())[index].default
