"""What Python asks of a number: `bool(x)`, `float(x)`, `x` as an index, as a text.

A traced array has no number to give, unless it follows from sizes alone (the capture is then
specialised to them). Each row says how the number is converted, what needed it and what to write
instead.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from adjit.ir.errors import DataDependentError
from adjit.tracer import dispatch
from adjit.tracer.context import current_for
from adjit.tracer.known import known_number

if TYPE_CHECKING:
    from adjit.tracer.arrays import TracedArray


@dataclass(frozen=True, slots=True)
class Conversion:
    """`convert` makes the result from a known number; None: what was asked for is refused."""

    convert: Callable[[Any], Any] | None
    what: str
    remedy: str
    kinds: str = "biuf"


CONVERSIONS = {
    "__bool__": Conversion(
        bool,
        "a decision in Python (if, while, and, or, not, bool())",
        "use np.where(condition, a, b), np.logical_and/or/not, np.minimum or np.maximum",
    ),
    "__float__": Conversion(
        float, "float() in a function that is not traced", "keep the traced value: drop the float()"
    ),
    "__int__": Conversion(
        int, "int()", "use np.floor(x) for a rounded float, or pass the integer as an argument"
    ),
    "__index__": Conversion(
        int,
        "an integer (a size, a loop count, an index of a list)",
        "pass the integer as an argument; arrays can be indexed with traced integers",
        "iub",
    ),
    "__complex__": Conversion(None, "complex()", "compute with real and imaginary part separately"),
    "__str__": Conversion(None, "a text", "return the value and print it outside"),
    "__format__": Conversion(None, "a text", "return the value and print it outside"),
    "__array__": Conversion(
        None,
        "a function that wants a real NumPy array",
        "use the NumPy functions that adjit supports, or compute this outside the function",
    ),
}


def install(cls: type) -> None:
    """Give the class of traced arrays all conversions."""
    for name, row in CONVERSIONS.items():
        setattr(cls, name, _method(row))


def _method(row: Conversion) -> Callable[..., Any]:
    def method(self: TracedArray, *args: Any, **kwargs: Any) -> Any:
        if row.convert is not None and self.dtype.kind in row.kinds:
            known = _known(self)
            if known is not None:
                return row.convert(known)
        raise _number_needed(self, row.what, row.remedy)

    return method


def rounded(x: TracedArray, digits: int | None) -> Any:
    """`round(x, digits)`."""
    if x.kind != "array" and digits is None:
        known = _known(x)
        if known is not None:
            return round(known)
        raise _number_needed(x, "round() to an integer", "use np.round(x)")
    return dispatch.lower(current_for(x.trace), np.round, (x, digits or 0), {})


def _known(x: TracedArray) -> Any:
    """The number, where it follows from sizes alone."""
    return known_number(x.trace, x.operand) if x.trace is current_for(x.trace) else None


def _number_needed(x: TracedArray, what: str, remedy: str) -> DataDependentError:
    name = getattr(x.operand, "name", "")
    return current_for(x.trace).error(
        DataDependentError,
        f"{what} needs the number behind {name or 'a traced value'}, which "
        "is known only when the compiled function runs",
        remedy,
    )
