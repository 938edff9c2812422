"""What a transform was asked to do: the function, what is differentiated, what is returned."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from adjit.ir.errors import Location
from adjit.signature import Parameters, Selected


@dataclass(frozen=True, slots=True)
class Task:
    """One call of `grad`, `value_and_grad` or `jit`.

    `selected` is None for `jit`; `single` says that argnums was one entry, so that one gradient is
    returned rather than a tuple. `returns_value` tells value_and_grad from grad.
    """

    function: Callable[..., Any]
    parameters: Parameters
    transform: str
    selected: tuple[Selected, ...] | None
    single: bool
    returns_value: bool
    has_aux: bool
    static: frozenset[int]

    @property
    def name(self) -> str:
        """The user's name of the function; "function" for a lambda or an object without one."""
        name = getattr(self.function, "__name__", "")
        return name if name.isidentifier() else "function"

    @property
    def location(self) -> Location | None:
        """Where the function is defined, for errors about the function as a whole."""
        code = getattr(inspect.unwrap(self.function), "__code__", None)
        if code is None:
            return None
        return Location(code.co_filename, code.co_firstlineno, self.name)

    @property
    def generated_name(self) -> str:
        """The name of the generated function."""
        suffix = {"grad": "_grad", "value_and_grad": "_value_and_grad", "jit": ""}[self.transform]
        return self.name + suffix
