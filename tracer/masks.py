"""Boolean masks as indices."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from adjit.ir.errors import IndexingError, ShapeError
from adjit.ir.primitives import elementwise as ew
from adjit.ir.primitives import structural as st
from adjit.ir.values import Operand, Shape, Value
from adjit.tracer.operators import is_traced

if TYPE_CHECKING:
    from adjit.tracer.arrays import TracedArray
    from adjit.tracer.trace import Trace


def is_mask(entry: Any) -> bool:
    return (is_traced(entry) or isinstance(entry, np.ndarray)) and entry.dtype.kind == "b"


def only_mask(t: Trace, x: TracedArray, entries: Sequence[Any]) -> Operand | None:
    first = entries[0] if entries else None
    if not is_mask(first) or not all(e == slice(None) for e in entries[1:] if isinstance(e, slice)):
        return None
    if not all(isinstance(e, slice) for e in entries[1:]):
        return None
    mask = t.lift(first)
    match_mask(t, mask, x, 0)
    return mask


def match_mask(t: Trace, mask: Operand, x: TracedArray, axis: int) -> None:
    for k, n in enumerate(mask.shape):
        try:
            t.sizes.equate(x.dims[axis + k], n)
        except ShapeError as error:
            raise t.error(
                IndexingError,
                "boolean index did not match indexed array along axis "
                f"{axis + k}; size of axis is {t.sizes.show(x.dims[axis + k])} but size of "
                f"corresponding boolean axis is {t.sizes.show(n)}",
                error.remedy or "give the mask the shape of the array",
            ) from None


def positions_of(t: Trace, x: TracedArray, entry: Any, axis: int) -> Sequence[Operand]:
    if isinstance(entry, np.ndarray):
        for k, n in enumerate(entry.shape):
            t.sizes.equate(x.dims[axis + k], n, "sizes of array and mask")
        return [t.lift(t.outside.fresh(found)) for found in np.nonzero(entry)]
    mask = t.lift(entry)
    match_mask(t, mask, x, axis)
    return nonzero(t, mask)


def nonzero(t: Trace, mask: Operand) -> tuple[Value, ...]:
    """The positions of True, one array per axis; the same mask gives the same symbol."""
    assert isinstance(mask, Value)
    key = _signature(t, mask)
    found = t.nonzeros.get(key)
    if found is None:
        symbol = t.fresh_symbol("count", lower=0)
        found = t.builder.bind(st.nonzero, mask, symbol=symbol)
        t.nonzeros[key] = found
    return found


def _signature(t: Trace, x: Operand) -> Any:
    """What a value is computed from: equal for `x > 0` written twice. Values are immutable, so it
    holds across writes to the arrays that they were read from."""
    made = {v: e for e in t.builder.equations for v in e.outputs}
    signatures: dict[Operand, Any] = {}

    def visit(value: Operand) -> Any:
        eqn = made.get(value) if isinstance(value, Value) else None
        if eqn is None or eqn.regions or len(eqn.outputs) > 1:
            return value
        if value not in signatures:
            params = tuple(sorted((k, repr(p)) for k, p in eqn.params.items()))
            parts = tuple(map(visit, eqn.inputs))
            # Interned, so that comparing two signatures does not walk through shared parts.
            signatures[value] = t.interned.setdefault((eqn.primitive, parts, params), value)
        return signatures[value]

    return visit(x)


def write_masked(t: Trace, x: TracedArray, mask: Operand, value: Operand) -> bool:
    """`x[mask] = value` as a select, where the value does not depend on the count of the mask."""
    rest = x.dims[len(mask.shape) :]
    shape = value.shape
    extra = len(shape) - len(rest)
    if extra > 0:
        if not all(n == 1 for n in shape[:extra]):
            return False
        value = t.builder.reshape(value, shape[extra:])
    value = fitted(t, value, rest)
    if rest:
        mask = t.builder.reshape(mask, (*mask.shape, *[1] * len(rest)))
    x.set(t.builder.emit(ew.select, mask, value, x.operand))
    return True


def fitted(t: Trace, value: Operand, place: Shape) -> Operand:
    """The value, its extra leading axes of size 1 dropped, checked to broadcast into place."""
    shape = value.shape
    extra = len(shape) - len(place)
    if extra > 0 and all(n == 1 for n in shape[:extra]):
        value = t.builder.reshape(value, shape[extra:])
    target = t.sizes.resolve_shape(place)
    try:
        fits = len(value.shape) <= len(place) and (
            t.sizes.broadcast([value.shape, target]) == t.sizes.resolve_shape(target)
        )
    except ShapeError:
        fits = False
    if not fits:
        show = t.sizes.show_shape
        raise t.error(
            ShapeError,
            f"could not broadcast input array from shape {show(shape)} into shape {show(place)}",
            "give the value the shape of the place that it is assigned to",
        )
    return value
