"""What an emitter hands over: the text of a module, and how its function is called."""

from __future__ import annotations

from dataclasses import dataclass

from adjit.codegen.interface import constant_text
from adjit.ir.errors import Location

#: Bits of the status that a checked kernel returns first; 0: all is well. An index was out of
#: range; an argument of sin or cos was beyond the fast range; the extremum of an empty array; a
#: singular matrix; one that is not positive definite.
OUT_OF_RANGE, TOO_LARGE, EMPTY, SINGULAR, INDEFINITE = 1, 2, 4, 8, 16
#: The number k of an exception of the user's own is the status (k + 1) * FAILURE.
FAILURE = 32


@dataclass(frozen=True, slots=True)
class Failure:
    """An exception that the user's code raises when it runs: its name in `ir`'s table of exceptions
    and its arguments; where in the user's code."""

    error: str
    arguments: tuple[object, ...]
    location: Location | None = None

    @property
    def text(self) -> str:
        """The exception as source."""
        if not self.arguments:
            return self.error
        return f"{self.error}({', '.join(map(constant_text, self.arguments))})"


@dataclass(frozen=True, slots=True)
class Program:
    """Generated source and what a runner must know about it.

    Attributes
    ----------
    source:
        The text of a whole module: imports, helpers, the function.
    entry:
        Name of the function.
    form:
        "numpy" (the reader's form) or "numba" (kernels).
    parameters:
        Names of the function's parameters, in order.
    checked:
        numba form: True when the kernel returns a status as its first result.
    failures:
        numba form: the exceptions of the user's own that a status stands for.
    """

    source: str
    entry: str
    form: str
    parameters: tuple[str, ...] = ()
    checked: bool = False
    failures: tuple[Failure, ...] = ()
