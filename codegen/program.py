"""What an emitter hands over: the text of a module, and how its function is called."""

from __future__ import annotations

from dataclasses import dataclass

#: Bits of the status that a checked kernel returns first; 0: all is well. An index was out of
#: range; an argument of sin or cos was beyond the fast range; the extremum of an empty array; a
#: singular matrix; one that is not positive definite.
OUT_OF_RANGE, TOO_LARGE, EMPTY, SINGULAR, INDEFINITE = 1, 2, 4, 8, 16


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
    """

    source: str
    entry: str
    form: str
    parameters: tuple[str, ...] = ()
    checked: bool = False
