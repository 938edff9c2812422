"""The shape that `reshape` is asked for."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from adjit.ir.dims import product
from adjit.ir.errors import ShapeError
from adjit.ir.values import Shape
from adjit.tracer.symint import size_of

if TYPE_CHECKING:
    from adjit.tracer.trace import Trace

#: Reason and remedy where an array may or may not share memory with a reshape of it.
UNKNOWN_LAYOUT = (
    "an array is written to after a reshape of it, or of the array that it was reshaped from, "
    "whose memory layout is not known while tracing: whether both share memory is not known",
    "call .copy() before reshaping, or pass a C-contiguous array",
)


def full_shape(t: Trace, old: Shape, asked: Sequence[Any]) -> Shape:
    """The sizes asked for, -1 filled in; `ShapeError` unless the number of elements agrees."""
    new = [size_of(n) for n in asked]
    total = product(old)
    unknown = [k for k, n in enumerate(new) if n == -1]
    if len(unknown) > 1:
        raise ValueError("can only specify one unknown dimension")
    if unknown:
        rest = product(n for k, n in enumerate(new) if k != unknown[0])
        if t.sizes.decide(rest, "==", 0) or not t.sizes.decide(total % rest, "==", 0):
            raise _bad_reshape(t, old, new)
        new[unknown[0]] = t.sizes.resolve(total) // t.sizes.resolve(rest)
        return t.sizes.resolve_shape(new)
    try:
        t.sizes.equate(total, product(new))
    except ShapeError:
        raise _bad_reshape(t, old, new) from None
    return t.sizes.resolve_shape(new)


def _bad_reshape(t: Trace, old: Shape, new: Sequence[Any]) -> ShapeError:
    show = t.sizes.show_shape
    return t.error(
        ShapeError,
        f"an array of shape {show(old)} cannot be reshaped into {show(new)}",
        "the number of elements must stay the same",
    )
