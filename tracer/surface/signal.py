"""Convolution, correlation and interpolation in one dimension."""

from __future__ import annotations

from typing import Any

import numpy as np

from adjit.ir.dims import Size
from adjit.ir.errors import UnsupportedError
from adjit.ir.indexing import At, Gather
from adjit.ir.primitives import elementwise as ew
from adjit.ir.primitives import structural as st
from adjit.ir.values import Operand, literal
from adjit.tracer.arrays import TracedArray
from adjit.tracer.surface import kit
from adjit.tracer.surface.contractions import product
from adjit.tracer.surface.ranges import steps
from adjit.tracer.surface.repeating import piece
from adjit.tracer.surface.sorting import searchsorted
from adjit.tracer.surface.table import lowers
from adjit.tracer.trace import Trace


@lowers(np.convolve)
def convolve(t: Trace, a: Any, v: Any, mode: str = "full") -> TracedArray:
    x, y = _vectors(t, a, v)
    if t.sizes.decide(y.shape[0], ">", x.shape[0]):
        x, y = y, x
    for given in (x, y):
        if t.sizes.decide(given.shape[0], "==", 0):
            raise ValueError("v cannot be empty")
    return t.wrap(_window_sums(t, x, piece(t, y, 0, y.shape[0] - 1, y.shape[0], -1), mode))


@lowers(np.correlate)
def correlate(t: Trace, a: Any, v: Any, mode: str = "valid") -> TracedArray:
    x, y = _vectors(t, a, v)
    if t.sizes.decide(y.shape[0], ">", x.shape[0]):
        # NumPy swaps the two and turns the result around.
        out = _window_sums(t, y, x, mode)
        return t.wrap(piece(t, out, 0, out.shape[0] - 1, out.shape[0], -1))
    return t.wrap(_window_sums(t, x, y, mode))


def _vectors(t: Trace, a: Any, v: Any) -> list[Operand]:
    arrays = [t.lowered(np.atleast_1d, x) for x in (a, v)]
    if any(x.ndim != 1 for x in arrays):
        raise ValueError("object too deep for desired array")
    return t.promote(*arrays)


def _window_sums(t: Trace, x: Operand, w: Operand, mode: str) -> Operand:
    """`out[i] = sum_j x[i + j - pad] * w[j]`, x continued by zeros; len(x) >= len(w)."""
    n, m = x.shape[0], w.shape[0]
    pads: dict[str, tuple[Size, Size]] = {
        "full": (m - 1, m - 1),
        "valid": (0, 0),
        "same": (m // 2, m - 1 - m // 2),
    }
    if mode not in pads:
        raise ValueError(f"mode must be one of 'full', 'same', or 'valid' (got {mode!r})")
    before, after = pads[mode]
    wide = [t.builder.full(0, (k,), x.type.dtype) for k in (before, after)]
    padded = t.builder.emit(st.concatenate, wide[0], x, wide[1], axis=0)
    size = before + n + after - m + 1
    first = t.builder.reshape(steps(t, size), (size, 1))
    windows = t.builder.index(padded, (Gather(0, True),), (t.builder.add(first, steps(t, m)),))
    return product(t, windows, [0, 1], w, [1], [0])


@lowers(np.interp)
def interp(t: Trace, x: Any, xp: Any, fp: Any, left: Any = None, right: Any = None) -> TracedArray:
    b = t.builder
    points, grid, values = (kit.operand(t, v, np.float64) for v in (x, xp, fp))
    if len(grid.shape) != 1 or len(values.shape) != 1:
        raise ValueError("object too deep for desired array")
    t.sizes.equate(grid.shape[0], values.shape[0], "np.interp: sizes of xp and fp")
    n = grid.shape[0]
    if t.sizes.decide(n, "<", 2):
        raise t.error(
            UnsupportedError,
            "np.interp with fewer than 2 points is not supported",
            "give two points or more",
        )
    place = t.lift(searchsorted(t, t.wrap(grid), t.wrap(points, array=True), "right"))
    place = b.sub(place, literal(1, np.int64))
    place = b.emit(ew.maximum, place, literal(0, np.int64))
    place = b.emit(ew.minimum, place, b.dim(n - 2))
    after = b.add(place, literal(1, np.int64))

    def at(v: Operand, k: Operand) -> Operand:
        line = t.wrap(v, array=True)
        return t.lift(line[t.wrap(k, array=True)])

    low, start = at(grid, place), at(values, place)
    slope = b.div(b.sub(at(values, after), start), b.sub(at(grid, after), low))
    out = b.add(b.mul(slope, b.sub(points, low)), start)
    for beyond, end, given in ((ew.lt, 0, left), (ew.gt, n - 1, right)):
        border, last = (b.index(v, (At(end),)) for v in (grid, values))
        other = last if given is None else kit.operand(t, given, np.float64)
        out = b.emit(ew.select, b.emit(beyond, points, border), other, out)
    return t.wrap(out)
