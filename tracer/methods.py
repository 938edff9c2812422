"""Methods of traced arrays: `x.sum()` is the row of the table for "sum"."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from adjit.ir.errors import UnsupportedError
from adjit.tracer import dispatch
from adjit.tracer.context import current_for
from adjit.tracer.operators import is_traced

if TYPE_CHECKING:
    from adjit.tracer.arrays import TracedArray

#: Methods that Python's numbers have too.
_OF_NUMBERS = ("item", "conjugate", "is_integer")


@dataclass(frozen=True, slots=True, eq=False)
class BoundMethod:
    """`x.sum`: the method of a traced array."""

    array: TracedArray
    lowering: dispatch.Lowering

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        trace = current_for(self.array.trace)
        result = dispatch.run(trace, self.lowering, (self.array, *args), kwargs)
        scalar = self.array.kind == "numpy" and is_traced(result)
        if scalar and result.kind == "array" and not result.ndim:
            return trace.wrap(trace.lift(result))  # methods of scalars give scalars
        return result


def attribute(x: TracedArray, name: str) -> BoundMethod:
    """`x.name`, where the class has no attribute of that name."""
    lowering = dispatch.METHODS.get(name)
    python = x.python_type()
    if lowering is None or name.startswith("__"):
        if hasattr(python, name) and not name.startswith("__"):
            raise x.trace.error(
                UnsupportedError,
                f"the attribute .{name} of arrays is not supported",
                "use the np function of that name, or compute it outside the function",
            )
        raise AttributeError(f"{python.__name__!r} object has no attribute {name!r}")
    if name not in _OF_NUMBERS:
        x.refuse_weak(name)
    return BoundMethod(x, lowering)
