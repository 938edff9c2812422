"""What an emitter hands over: the text of a module, and how its function is called."""

from __future__ import annotations

from dataclasses import dataclass


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
        numba form: True when the kernel returns a status as its first result (bit 1: an index was
        out of range; bit 2: an argument of sin, cos or tan was too large for the fast range).
    wide:
        numba form: the entry in the same source for such arguments; "" where none is needed.
    """

    source: str
    entry: str
    form: str
    parameters: tuple[str, ...] = ()
    checked: bool = False
    wide: str = ""
