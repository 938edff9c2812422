"""Joining the items of a list to which a compiled loop has appended: they are rows already."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from adjit.tracer.control.rows import stacked
from adjit.tracer.surface import kit, shapes

if TYPE_CHECKING:
    from adjit.tracer.arrays import TracedArray
    from adjit.tracer.trace import Trace


def rows_stacked(t: Trace, items: Any, axis: Any, dtype: Any = None) -> TracedArray:
    """`np.stack(items, axis)`."""
    array = t.wrap(stacked(t, items), array=True)
    made = shapes.moveaxis(t, array, 0, kit.axis_of(t, axis, array.ndim))
    return made if dtype is None else t.wrap(t.builder.convert(t.lift(made), dtype), array=True)


def rows_joined(t: Trace, items: Any, axis: Any, dtype: Any = None) -> TracedArray:
    """`np.concatenate(items, axis)`: the rows beside one another along an axis of theirs."""
    array = t.wrap(stacked(t, items), array=True)
    if axis is None:
        return shapes.ravel(t, array)
    k = kit.axis_of(t, axis, array.ndim - 1)
    moved = shapes.moveaxis(t, array, 0, k)
    dims = moved.dims
    shape = (*dims[:k], dims[k] * dims[k + 1], *dims[k + 2 :])
    operand = t.builder.reshape(t.lift(moved), shape)
    return t.wrap(operand if dtype is None else t.builder.convert(operand, dtype), array=True)
