"""The rows of the NumPy surface, and how a call is matched to one.

A row is a function decorated with `lowers(np.f)`. Its parameters are named as NumPy's; it leaves
out those that it cannot honour. A call is bound by NumPy's own signature, so positional
arguments land where NumPy puts them, and an argument that the row does not take is an error
unless it is NumPy's default. Nothing can be accepted and ignored.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import Any, TypeVar

import numpy as np

from adjit.ir.errors import ArgumentError, UnsupportedError
from adjit.tracer.dispatch import LOWERINGS, METHODS, QUALIFIED
from adjit.tracer.surface import kit
from adjit.tracer.surface.signatures import NO_VALUE, signature_of
from adjit.tracer.trace import Trace

Function = Callable[..., Any]
F = TypeVar("F", bound=Function)


@dataclass(frozen=True, slots=True, eq=False)
class Row:
    """How calls of one function become equations.

    Attributes
    ----------
    name:
        As the user writes it, "np.linalg.norm".
    lower:
        `lower(trace, ...)` with parameters named as those of the function.
    signature:
        What calls are bound by.
    remedies:
        For parameters that are refused: what to write instead.
    """

    name: str
    lower: Function
    signature: Callable[[], inspect.Signature]
    remedies: Mapping[str, str] = field(default_factory=dict)

    def __call__(self, t: Trace, *args: Any, **kwargs: Any) -> Any:
        """Lower a call with the user's arguments."""
        signature = self.signature()
        try:
            bound = signature.bind(*args, **kwargs)
        except TypeError as error:
            raise t.error(
                ArgumentError, f"{self.name}: {error}", f"call it as {self.name}{signature}"
            ) from None
        before: list[Any] = []
        given: dict[str, Any] = {}
        for name, value in bound.arguments.items():
            parameter = signature.parameters[name]
            if parameter.kind is inspect.Parameter.VAR_POSITIONAL:
                before, given = [*given.values(), *value], {}
            elif parameter.kind is inspect.Parameter.VAR_KEYWORD:
                if name in parameters_taken(self.lower):
                    given.update(value)
                    continue
                for key, item in value.items():
                    self._pass(t, key, item, inspect.Parameter.empty, given)
            else:
                self._pass(t, name, value, parameter.default, given)
        out = None if "out" in parameters_taken(self.lower) else given.pop("out", None)
        result = self.lower(t, *before, **given)
        return result if out is None else _stored(t, self.name, out, result)

    def _pass(self, t: Trace, name: str, value: Any, default: Any, given: dict[str, Any]) -> None:
        """Put an argument where the lowering takes it, or refuse it."""
        if value is NO_VALUE:
            return
        if name in parameters_taken(self.lower) or name == "out":
            given[name] = value
        elif not _is_default(value, default):
            remedy = self.remedies.get(
                name, f"leave {name}= out and write its effect as a further step"
            )
            raise t.error(
                UnsupportedError,
                f"{self.name}: the argument {name}={value!r} is not supported",
                remedy,
            )


@cache
def parameters_taken(lower: Function) -> frozenset[str]:
    """Names of the parameters that a lowering honours (the trace left out)."""
    return frozenset(list(inspect.signature(lower).parameters)[1:])


def _is_default(value: Any, default: Any) -> bool:
    """True when nothing is asked for by giving this value."""
    return value is default or (
        type(value) is type(default)
        and isinstance(value, (bool, int, float, str))
        and bool(value == default)
    )


def _stored(t: Trace, name: str, out: Any, result: Any) -> Any:
    """Write a result into the user's out= array, which must have its shape and dtype."""
    if isinstance(out, tuple) and len(out) == 1:
        out = out[0]
    if getattr(out, "dtype", None) != result.dtype:
        raise t.error(
            UnsupportedError,
            f"{name}: out= has dtype {getattr(out, 'dtype', None)}, the result {result.dtype}",
            "write out[...] = the result",
        )
    kit.write(t, name, out, result)
    return out


def lowers(*functions: Function, method: str = "", **remedies: str) -> Callable[[F], F]:
    """Make the decorated function the row of `functions`, and of an array method with the same
    signature. Keywords: for refused parameters, what to write instead."""

    def decorate(lower: F) -> F:
        for function in functions:
            LOWERINGS[function] = row_of(function, lower, remedies)
        if method:
            METHODS[method] = row_of(functions[0], lower, remedies, f"ndarray.{method}")
        return lower

    return decorate


def row_of(function: Function, lower: Function, remedies: Mapping[str, str], name: str = "") -> Row:
    """The row of a function, bound by its signature."""
    return Row(
        name or display_name(function), lower, cache(lambda: signature_of(function)), remedies
    )


def lowers_qualified(*names: str) -> Callable[[F], F]:
    """The row of a function of a library that is not imported here, by its full name. The
    lowering's own signature, without the trace, is what calls are bound by."""

    def decorate(lower: F) -> F:
        for name in names:
            QUALIFIED[name] = Row(name, lower, cache(lambda: _without_trace(lower)))
        return lower

    return decorate


def methods(*names: str) -> Callable[[F], F]:
    """Make the decorated function the lowering of array methods, bound by its own signature."""

    def decorate(lower: F) -> F:
        for name in names:
            METHODS[name] = Row(f"ndarray.{name}", lower, cache(lambda: _without_trace(lower)))
        return lower

    return decorate


def _without_trace(lower: Function) -> inspect.Signature:
    signature = inspect.signature(lower)
    return signature.replace(parameters=list(signature.parameters.values())[1:])


def display_name(function: Function) -> str:
    """`np.sum`, `np.linalg.norm`, `math.sin`, `np.add.reduce`."""
    name = getattr(function, "__name__", type(function).__name__)
    owner = getattr(function, "__self__", None)
    if isinstance(owner, np.ufunc):
        return f"np.{owner.__name__}.{name}"
    module = getattr(function, "__module__", None) or "numpy"
    return f"{module.replace('numpy', 'np', 1)}.{name}"
