"""What is written with brackets, such as `np.c_[a, b]` and `np.mgrid[:3, :4]`; sliding windows."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

from adjit.ir.errors import ShapeError, UnsupportedError
from adjit.ir.indexing import Gather, full
from adjit.tracer.arrays import TracedArray
from adjit.tracer.dispatch import SUBSCRIPTS
from adjit.tracer.surface import joining, kit
from adjit.tracer.surface.ranges import steps
from adjit.tracer.surface.table import lowers
from adjit.tracer.trace import Trace


def _pieces(t: Trace, name: str, key: Any) -> list[TracedArray]:
    """The parts between the brackets as arrays of one dtype; slices are ranges."""
    parts = [
        _range(t, x) if isinstance(x, slice) else x
        for x in (key if isinstance(key, tuple) else (key,))
    ]
    if any(isinstance(x, str) for x in parts):
        raise t.error(
            UnsupportedError,
            f"{name} with a string of instructions is not supported",
            "use np.concatenate, np.stack or np.column_stack",
        )
    return [t.wrap(x, array=True) for x in t.promote(*parts)]


def _range(t: Trace, x: slice) -> Any:
    start = 0 if x.start is None else x.start
    if isinstance(x.step, complex):  # 0:1:5j, five points from 0 to 1
        return t.lowered(np.linspace, start, x.stop, int(abs(x.step)))
    return t.lowered(np.arange, start, x.stop, 1 if x.step is None else x.step)


def columns(t: Trace, key: Any) -> TracedArray:
    """`np.c_[...]`: lines become columns."""
    pieces = _pieces(t, "np.c_", key)
    wide = [x if x.ndim > 1 else x.reshape_view((x.size, 1)) for x in pieces]
    return joining.join(t, "np.c_", wide, -1)


def rows(t: Trace, key: Any) -> TracedArray:
    """`np.r_[...]`: one after the other along the first axis."""
    pieces = _pieces(t, "np.r_", key)
    return joining.join(t, "np.r_", [x if x.ndim else x.reshape_view((1,)) for x in pieces], 0)


def _lines(t: Trace, key: Any) -> list[TracedArray]:
    """The ranges of a grid, of one dtype."""
    return [t.wrap(x, array=True) for x in t.promote(*(_range(t, x) for x in key))]


def open_grid(t: Trace, key: Any) -> Any:
    """`np.ogrid[...]`: a range along each axis."""
    if isinstance(key, slice):
        return _range(t, key)
    lines = _lines(t, key)
    return tuple(
        x.reshape_view(tuple(x.size if k == axis else 1 for k in range(len(lines))))
        for axis, x in enumerate(lines)
    )


def grid(t: Trace, key: Any) -> TracedArray:
    """`np.mgrid[...]`: the open grid, spread out and stacked."""
    made: TracedArray
    if isinstance(key, slice):
        made = _range(t, key)
    else:
        made = t.lowered(np.stack, t.lowered(np.broadcast_arrays, *open_grid(t, key)))
    return made


SUBSCRIPTS.update(
    {
        id(np.c_): columns,
        id(np.r_): rows,
        id(np.ogrid): open_grid,
        id(np.mgrid): grid,
    }
)


@lowers(sliding_window_view)
def windows(t: Trace, x: Any, window_shape: Any, axis: Any = None) -> TracedArray:
    array = kit.array(t, x)
    sizes = tuple(window_shape) if isinstance(window_shape, (tuple, list)) else (window_shape,)
    if axis is None and len(sizes) != array.ndim:
        raise ValueError("Since axis is None, must provide window_shape for all dimensions of `x`")
    given = axis if isinstance(axis, (tuple, list)) else (axis,)
    axes = (
        list(range(array.ndim)) if axis is None else [kit.axis_of(t, k, array.ndim) for k in given]
    )
    if len(axes) != len(sizes):
        raise ValueError("Must provide matching length window_shape and axis")
    out = t.lift(array)
    for place, width in zip(axes, sizes, strict=True):
        length = kit.as_size(t, width, "window")
        count = out.shape[place] - length + 1
        if t.sizes.decide(count, "<", 1):
            raise t.error(
                ShapeError,
                "a window is longer than the axis that it slides along",
                "make the window shorter, or pad the array",
            )
        first = t.builder.reshape(steps(t, count), (count, 1))
        index = t.builder.add(first, steps(t, length))
        spec = [full(n) for n in out.shape]
        moved = t.builder.index(
            out, (*spec[:place], Gather(0, checked=True), *spec[place + 1 :]), (index,)
        )
        order = [k for k in range(len(moved.shape)) if k != place + 1]
        out = t.builder.transpose(moved, [*order, place + 1])
    made = t.wrap(out, array=True)
    for cell in (array.cell, made.cell):
        cell.refuse_writes(
            "an array is written to after sliding_window_view made a view of it",
            "write first, or slide over a copy of it: x.copy()",
        )
    return made
