"""Joining and splitting: concatenate and its family, split, tile, repeat, roll, append."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from typing import Any

import numpy as np

from adjit.ir.dims import Size
from adjit.ir.errors import ArgumentError, ShapeError
from adjit.ir.indexing import Slice, full
from adjit.ir.primitives import structural as st
from adjit.ir.values import Operand
from adjit.tracer.arrays import TracedArray
from adjit.tracer.control.rows import has_rows, item_ndim
from adjit.tracer.surface import kit, shapes
from adjit.tracer.surface.loop_lists import rows_joined, rows_stacked
from adjit.tracer.surface.table import lowers
from adjit.tracer.trace import Trace


def join(
    t: Trace,
    name: str,
    arrays: Sequence[TracedArray],
    axis: Any,
    dtype: Any = None,
    casting: Any = "same_kind",
) -> TracedArray:
    """Concatenate along an axis; every other axis must agree."""
    if not arrays:
        raise t.error(ArgumentError, f"{name} of no arrays", "give at least one array")
    ndim = arrays[0].ndim
    if ndim == 0:
        raise t.error(ShapeError, f"{name}: scalars cannot be concatenated", "use np.stack")
    k = kit.axis_of(t, axis, ndim)
    common = np.result_type(*(x.dtype for x in arrays)) if dtype is None else np.dtype(dtype)
    values = []
    for x in arrays:
        if not np.can_cast(x.dtype, common, casting):
            raise t.error(
                ArgumentError,
                f"{name}: cannot cast {x.dtype} to {common} by the rule {casting!r}",
                "convert the array with .astype()",
            )
        if x.ndim != ndim:
            raise t.error(
                ShapeError,
                f"{name}: arrays with {ndim} and {x.ndim} axes",
                "give all arrays the same number of axes",
            )
        values.append(kit.operand(t, x, common))
    return t.wrap(_concatenated(t, name, values, k))


def _concatenated(t: Trace, name: str, values: Sequence[Operand], axis: int) -> Operand:
    for x in values[1:]:
        for k in range(len(x.shape)):
            if k != axis:
                t.sizes.equate(values[0].shape[k], x.shape[k], f"{name}: axis {k}: sizes")
    if len(values) == 1:
        return values[0]
    return t.builder.emit(st.concatenate, *values, axis=axis)


def _arrays(t: Trace, name: str, arrays: Any) -> list[TracedArray]:
    if isinstance(arrays, TracedArray):
        return list(arrays)
    try:
        return [kit.array(t, x) for x in arrays]
    except TypeError:
        raise t.error(
            ArgumentError,
            f"{name} takes a sequence of arrays, not {type(arrays).__name__}",
            "give a list or a tuple of arrays",
        ) from None


@lowers(np.concatenate, np.concat)
def concatenate(
    t: Trace, arrays: Any, axis: Any = 0, dtype: Any = None, casting: str = "same_kind"
) -> TracedArray:
    if has_rows(arrays):
        return rows_joined(t, arrays, axis, dtype)
    xs = _arrays(t, "np.concatenate", arrays)
    if axis is None:
        xs, axis = [shapes.ravel(t, x) for x in xs], 0
    return join(t, "np.concatenate", xs, axis, dtype, casting)


@lowers(np.stack)
def stack(
    t: Trace, arrays: Any, axis: Any = 0, dtype: Any = None, casting: str = "same_kind"
) -> TracedArray:
    if has_rows(arrays):
        return rows_stacked(t, arrays, axis, dtype)
    xs = _arrays(t, "np.stack", arrays)
    if not xs:
        raise t.error(ArgumentError, "np.stack of no arrays", "give at least one array")
    if len({x.ndim for x in xs}) > 1:
        raise t.error(
            ShapeError,
            "np.stack: the arrays have different numbers of axes",
            "give all arrays the same shape",
        )
    for x in xs[1:]:
        for k in range(x.ndim):
            t.sizes.equate(xs[0].dims[k], x.dims[k], f"np.stack: axis {k}: sizes")
    k = kit.axis_of(t, axis, xs[0].ndim + 1)
    return join(t, "np.stack", [shapes.expand_dims(t, x, k) for x in xs], k, dtype, casting)


@lowers(np.vstack)
def vstack(t: Trace, tup: Any, dtype: Any = None, casting: str = "same_kind") -> TracedArray:
    if has_rows(tup):
        lines = item_ndim(tup) < 2
        return (rows_stacked if lines else rows_joined)(t, tup, 0, dtype)
    xs = [shapes.atleast_2d(t, x) for x in _arrays(t, "np.vstack", tup)]
    return join(t, "np.vstack", xs, 0, dtype, casting)


@lowers(np.hstack)
def hstack(t: Trace, tup: Any, dtype: Any = None, casting: str = "same_kind") -> TracedArray:
    if has_rows(tup):
        ndim = item_ndim(tup)
        return (
            rows_joined(t, tup, min(ndim - 1, 1), dtype) if ndim else rows_stacked(t, tup, 0, dtype)
        )
    xs = [shapes.atleast_1d(t, x) for x in _arrays(t, "np.hstack", tup)]
    axis = 0 if xs and xs[0].ndim == 1 else 1
    return join(t, "np.hstack", xs, axis, dtype, casting)


@lowers(np.dstack)
def dstack(t: Trace, tup: Any) -> TracedArray:
    xs = [shapes.atleast_3d(t, x) for x in _arrays(t, "np.dstack", tup)]
    return join(t, "np.dstack", xs, 2)


@lowers(np.column_stack)
def column_stack(t: Trace, tup: Any) -> TracedArray:
    if has_rows(tup):
        return (rows_stacked if item_ndim(tup) < 2 else rows_joined)(t, tup, 1)
    xs = [
        x if x.ndim >= 2 else shapes.transpose(t, shapes.atleast_2d(t, x))
        for x in _arrays(t, "np.column_stack", tup)
    ]
    return join(t, "np.column_stack", xs, 1)


@lowers(np.block)
def block(t: Trace, arrays: Any) -> TracedArray:
    depth = _depth(arrays)
    ndim = max(depth, *(kit.array(t, x).ndim for x in _leaves(arrays)))
    return _block(t, arrays, depth, ndim)


def _depth(arrays: Any) -> int:
    return 1 + _depth(arrays[0]) if isinstance(arrays, list) and arrays else 0


def _leaves(arrays: Any) -> list[Any]:
    return [x for item in arrays for x in _leaves(item)] if isinstance(arrays, list) else [arrays]


def _block(t: Trace, arrays: Any, depth: int, ndim: int) -> TracedArray:
    if _depth(arrays) != depth:
        raise t.error(
            ShapeError, "np.block: lists are nested to unequal depths", "nest all rows equally"
        )
    if depth == 0:
        x = kit.array(t, arrays)
        return t.wrap(t.builder.reshape(t.lift(x), (*[1] * (ndim - x.ndim), *x.dims)), array=True)
    return join(t, "np.block", [_block(t, x, depth - 1, ndim) for x in arrays], ndim - depth)


@lowers(np.append)
def append(t: Trace, arr: Any, values: Any, axis: Any = None) -> TracedArray:
    xs = [kit.array(t, arr), kit.array(t, values)]
    if axis is None:
        xs, axis = [shapes.ravel(t, x) for x in xs], 0
    return join(t, "np.append", xs, axis)


def _cuts(t: Trace, n: Size, where: Any, *, even: bool) -> list[Size]:
    """The positions at which an axis of size n is cut, 0 and n included."""
    if isinstance(where, (tuple, list, np.ndarray)):
        cuts: list[Size] = [0]
        for point in where:
            at = kit.as_size(t, point)
            at = at + n if t.sizes.decide(at, "<", 0) else at
            at = 0 if t.sizes.decide(at, "<", 0) else n if t.sizes.decide(at, ">", n) else at
            cuts.append(at)
        return [*cuts, n]
    parts = t.sizes.concrete(kit.as_size(t, where, "number of sections"))
    if parts <= 0:
        raise t.error(
            ArgumentError, "the number of sections must be larger than 0", "give a positive number"
        )
    # Asked as an inequality: an equality would fix n, where a guard on its remainder will do.
    if t.sizes.decide(n % parts, "<", 1):
        return [n // parts * k for k in range(parts + 1)]
    if even:
        raise t.error(
            ShapeError,
            f"an axis of size {t.sizes.show(n)} does not divide into {parts} equal parts",
            "use np.array_split",
        )
    total = t.sizes.concrete(n)
    base, extra = divmod(total, parts)
    return [base * k + min(k, extra) for k in range(parts + 1)]


def _split(t: Trace, ary: Any, where: Any, axis: Any, *, even: bool) -> list[TracedArray]:
    x = kit.array(t, ary)
    k = kit.axis_of(t, axis, x.ndim)
    cuts = _cuts(t, x.dims[k], where, even=even)
    out = []
    for start, stop in itertools.pairwise(cuts):
        size = stop - start if t.sizes.decide(stop, ">", start) else 0
        out.append(
            x.index_view(
                tuple(Slice(start, size) if i == k else full(n) for i, n in enumerate(x.dims))
            )
        )
    return out


@lowers(np.split)
def split(t: Trace, ary: Any, indices_or_sections: Any, axis: Any = 0) -> list[TracedArray]:
    return _split(t, ary, indices_or_sections, axis, even=True)


@lowers(np.array_split)
def array_split(t: Trace, ary: Any, indices_or_sections: Any, axis: Any = 0) -> list[TracedArray]:
    return _split(t, ary, indices_or_sections, axis, even=False)


if hasattr(np, "unstack"):  # NumPy 2.1

    @lowers(np.unstack)
    def unstack(t: Trace, x: Any, axis: Any = 0) -> tuple[TracedArray, ...]:
        v = kit.array(t, x)
        return tuple(shapes.moveaxis(t, v, axis, 0))


@lowers(np.hsplit)
def hsplit(t: Trace, ary: Any, indices_or_sections: Any) -> list[TracedArray]:
    return split(t, ary, indices_or_sections, 0 if kit.array(t, ary).ndim == 1 else 1)


@lowers(np.vsplit)
def vsplit(t: Trace, ary: Any, indices_or_sections: Any) -> list[TracedArray]:
    if kit.array(t, ary).ndim < 2:
        raise t.error(ShapeError, "np.vsplit of an array with fewer than 2 axes", "use np.split")
    return split(t, ary, indices_or_sections, 0)


@lowers(np.dsplit)
def dsplit(t: Trace, ary: Any, indices_or_sections: Any) -> list[TracedArray]:
    if kit.array(t, ary).ndim < 3:
        raise t.error(ShapeError, "np.dsplit of an array with fewer than 3 axes", "use np.split")
    return split(t, ary, indices_or_sections, 2)
