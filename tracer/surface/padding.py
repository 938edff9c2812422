"""`np.pad`."""

from __future__ import annotations

from typing import Any

import numpy as np

from adjit.ir.dims import Size
from adjit.ir.errors import ArgumentError, ShapeError, UnsupportedError
from adjit.ir.primitives import structural as st
from adjit.ir.values import Operand
from adjit.tracer.arrays import TracedArray
from adjit.tracer.surface import kit
from adjit.tracer.surface.repeating import gather, piece
from adjit.tracer.surface.table import lowers
from adjit.tracer.trace import Trace

Pair = tuple[Any, Any]


@lowers(
    np.pad,
    reflect_type="only the default, reflect_type='even', is there",
    stat_length="pad with mode='edge' or 'constant'",
    end_values="pad with mode='constant'",
)
def pad(
    t: Trace, array: Any, pad_width: Any, mode: Any = "constant", constant_values: Any = 0
) -> TracedArray:
    x = t.lift(array)
    if mode not in ("constant", *_BORDERS):
        raise t.error(
            UnsupportedError,
            f"np.pad: mode={mode!r} is not supported",
            "use mode 'constant', 'edge', 'reflect', 'symmetric' or 'wrap'",
        )
    if mode != "constant" and not (type(constant_values) is int and constant_values == 0):
        raise t.error(ArgumentError, f"np.pad: constant_values= with mode={mode!r}", "leave it out")
    widths = _pairs(t, pad_width, len(x.shape))
    values = _pairs(t, constant_values, len(x.shape))
    for axis, (before, after) in enumerate(widths):
        low, high = kit.as_size(t, before, "pad_width"), kit.as_size(t, after, "pad_width")
        if t.sizes.decide(low, "<", 0) or t.sizes.decide(high, "<", 0):
            raise t.error(ArgumentError, "np.pad: a pad width is negative", "slice the array")
        if mode == "constant":
            x = _constant(t, x, axis, (low, high), values[axis])
        elif not (low == 0 and high == 0):
            x = _border(t, x, axis, low, high, mode)
    return t.wrap(x)


def _pairs(t: Trace, given: Any, ndim: int) -> list[Pair]:
    """(before, after) for each axis, from any of the forms that NumPy takes."""
    if isinstance(given, dict):
        chosen: list[Pair] = [(0, 0)] * ndim
        for axis, item in given.items():
            chosen[kit.axis_of(t, axis, ndim)] = (
                (item, item) if kit.is_scalar(item) else (item[0], item[1])
            )
        return chosen
    if kit.is_scalar(given):
        return [(given, given)] * ndim
    items = list(given)
    if all(map(kit.is_scalar, items)):
        if len(items) in (1, 2):
            return [(items[0], items[-1])] * ndim
    else:
        pairs = [tuple(item) if not kit.is_scalar(item) else (item, item) for item in items]
        pairs = pairs * ndim if len(pairs) == 1 else pairs
        if len(pairs) == ndim and all(len(pair) in (1, 2) for pair in pairs):
            return [(pair[0], pair[-1]) for pair in pairs]
    raise t.error(
        ArgumentError,
        f"np.pad: {given!r} is no pad width for {ndim} axes",
        "give a number, (before, after), or one such pair for each axis",
    )


def _constant(t: Trace, x: Operand, axis: int, widths: tuple[Size, Size], values: Pair) -> Operand:
    pieces = []
    for width, value in zip(widths, values, strict=True):
        shape = (*x.shape[:axis], width, *x.shape[axis + 1 :])
        fill = kit.operand(t, value, x.type.dtype)
        pieces.append(None if width == 0 else t.builder.broadcast(fill, shape))
    kept = [p for p in (pieces[0], x, pieces[1]) if p is not None]
    return x if len(kept) == 1 else t.builder.emit(st.concatenate, *kept, axis=axis)


def _border(t: Trace, x: Operand, axis: int, low: Size, high: Size, mode: str) -> Operand:
    n = x.shape[axis]
    if t.sizes.decide(n, "==", 0):
        raise t.error(
            ShapeError, f"np.pad: mode={mode!r} of an axis of size 0", "pad with mode='constant'"
        )
    reach = n - 1 if mode == "reflect" else n
    if mode != "edge" and (t.sizes.decide(low, ">", reach) or t.sizes.decide(high, ">", reach)):
        # Wider than the array: the pattern repeats, which is simplest said by positions.
        widths = (t.sizes.concrete(low), t.sizes.concrete(high))
        pattern: Any = mode
        return gather(t, x, axis, np.pad(np.arange(t.sizes.concrete(n)), widths, mode=pattern))
    before, after = _BORDERS[mode](t, x, axis, n, low, high)
    pieces = [*([] if low == 0 else [before()]), x, *([] if high == 0 else [after()])]
    return t.builder.emit(st.concatenate, *pieces, axis=axis)


def _edge(t: Trace, x: Operand, axis: int, n: Size, low: Size, high: Size) -> Any:
    def spread(at: Size, width: Size) -> Operand:
        shape = (*x.shape[:axis], width, *x.shape[axis + 1 :])
        return t.builder.broadcast(piece(t, x, axis, at, 1), shape)

    return lambda: spread(0, low), lambda: spread(n - 1, high)


def _reflect(t: Trace, x: Operand, axis: int, n: Size, low: Size, high: Size) -> Any:
    return (lambda: piece(t, x, axis, low, low, -1), lambda: piece(t, x, axis, n - 2, high, -1))


def _symmetric(t: Trace, x: Operand, axis: int, n: Size, low: Size, high: Size) -> Any:
    return (lambda: piece(t, x, axis, low - 1, low, -1), lambda: piece(t, x, axis, n - 1, high, -1))


def _wrap(t: Trace, x: Operand, axis: int, n: Size, low: Size, high: Size) -> Any:
    return lambda: piece(t, x, axis, n - low, low), lambda: piece(t, x, axis, 0, high)


_BORDERS = {"edge": _edge, "reflect": _reflect, "symmetric": _symmetric, "wrap": _wrap}
