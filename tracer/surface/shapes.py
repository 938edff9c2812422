"""Changes of shape and order that NumPy answers with a view wherever it can."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from adjit.ir.errors import ArgumentError, ShapeError, UnsupportedError
from adjit.ir.indexing import At, Item, NewAxis, Slice, full
from adjit.tracer.arrays import TracedArray
from adjit.tracer.surface import kit
from adjit.tracer.surface.table import lowers, methods
from adjit.tracer.symint import number_of
from adjit.tracer.trace import Trace


@lowers(np.reshape)
def reshape(t: Trace, a: Any, shape: Any, order: str = "C", copy: Any = None) -> TracedArray:
    x = kit.array(t, a)
    if copy not in (None, True):
        raise t.error(UnsupportedError, "np.reshape: copy=False is not supported", "leave it out")
    if copy:
        x = t.wrap(t.lift(x), array=True)
    if kit.order_of(t, order, x) == "F":
        reversed_shape = kit.as_shape(t, shape)[::-1]
        return _reversed(_reversed(x).reshape_view(reversed_shape))
    return x.reshape_view(kit.as_shape(t, shape))


def _reversed(x: TracedArray) -> TracedArray:
    return x.transpose_view(tuple(range(x.ndim))[::-1])


@methods("reshape")
def reshape_method(
    t: Trace, self: TracedArray, *shape: Any, order: str = "C", copy: Any = None
) -> TracedArray:
    return reshape(t, self, shape[0] if len(shape) == 1 else shape, order, copy)


@lowers(np.ravel, method="ravel")
def ravel(t: Trace, a: Any, order: str = "C") -> TracedArray:
    x = kit.array(t, a)
    return (_reversed(x) if kit.order_of(t, order, x) == "F" else x).ravel_view()


@methods("flatten")
def flatten(t: Trace, self: TracedArray, order: str = "C") -> TracedArray:
    return ravel(t, t.wrap(t.lift(self), array=True), order)


@lowers(np.transpose, np.permute_dims)
def transpose(t: Trace, a: Any, axes: Any = None) -> TracedArray:
    x = kit.array(t, a)
    perm = tuple(range(x.ndim))[::-1] if axes is None else kit.axes_of(t, axes, x.ndim, "axes")
    if len(perm) != x.ndim:
        raise t.error(
            ShapeError,
            f"np.transpose: axes={axes!r} for an array with {x.ndim} axes",
            "name every axis once",
        )
    return x.transpose_view(perm)


@methods("transpose")
def transpose_method(t: Trace, self: TracedArray, *axes: Any) -> TracedArray:
    if len(axes) == 1 and (axes[0] is None or isinstance(axes[0], (tuple, list))):
        return transpose(t, self, axes[0])
    return transpose(t, self, axes or None)


@lowers(np.matrix_transpose, np.linalg.matrix_transpose)
def matrix_transpose(t: Trace, x: Any) -> TracedArray:
    return swapaxes(t, x, -1, -2)


@lowers(np.swapaxes, method="swapaxes")
def swapaxes(t: Trace, a: Any, axis1: Any, axis2: Any) -> TracedArray:
    x = kit.array(t, a)
    perm = list(range(x.ndim))
    i, j = kit.axis_of(t, axis1, x.ndim, "axis1"), kit.axis_of(t, axis2, x.ndim, "axis2")
    perm[i], perm[j] = j, i
    return x.transpose_view(tuple(perm))


@lowers(np.moveaxis)
def moveaxis(t: Trace, a: Any, source: Any, destination: Any) -> TracedArray:
    x = kit.array(t, a)
    moved = kit.axes_of(t, source, x.ndim, "source")
    places = kit.axes_of(t, destination, x.ndim, "destination")
    if len(moved) != len(places):
        raise t.error(
            ArgumentError,
            "np.moveaxis: source and destination name unequal numbers of axes",
            "name as many places as axes",
        )
    perm = [k for k in range(x.ndim) if k not in moved]
    for place, k in sorted(zip(places, moved, strict=True)):
        perm.insert(place, k)
    return x.transpose_view(tuple(perm))


@lowers(np.rollaxis)
def rollaxis(t: Trace, a: Any, axis: Any, start: Any = 0) -> TracedArray:
    x = kit.array(t, a)
    k = kit.axis_of(t, axis, x.ndim)
    place = kit.axis_of(t, start, x.ndim + 1, "start") if start >= 0 else start + x.ndim
    perm = [n for n in range(x.ndim) if n != k]
    perm.insert(place - 1 if k < place else place, k)
    return x.transpose_view(tuple(perm))


@lowers(np.squeeze, method="squeeze")
def squeeze(t: Trace, a: Any, axis: Any = None) -> TracedArray:
    x = kit.array(t, a)
    shape = x.dims
    if axis is None:
        drop = tuple(k for k, n in enumerate(shape) if t.sizes.decide(n, "==", 1))
    else:
        drop = kit.axes_of(t, axis, x.ndim)
        for k in drop:
            if not t.sizes.decide(shape[k], "==", 1):
                raise t.error(
                    ShapeError,
                    f"np.squeeze: axis {k} has size {t.sizes.show(shape[k])}",
                    "squeeze axes of size 1 only",
                )
    if not drop:
        return x.index_view(tuple(map(full, shape)))
    return x.index_view(tuple(At(0) if k in drop else full(n) for k, n in enumerate(x.dims)))


@lowers(np.expand_dims)
def expand_dims(t: Trace, a: Any, axis: Any) -> TracedArray:
    x = kit.array(t, a)
    axes = axis if isinstance(axis, (tuple, list)) else (axis,)
    places = kit.axes_of(t, tuple(axes), x.ndim + len(axes))
    sizes = iter(x.dims)
    return x.index_view(
        tuple(NewAxis() if k in places else full(next(sizes)) for k in range(x.ndim + len(axes)))
    )


def _at_least(t: Trace, x: TracedArray, spec: Sequence[Item | None]) -> TracedArray:
    """A view with new axes around the array's own, which `None` stands for."""
    sizes = iter(x.dims)
    return x.index_view(tuple(full(next(sizes)) if item is None else item for item in spec))


def _each(result: list[TracedArray]) -> Any:
    return result[0] if len(result) == 1 else tuple(result)


_NEW = NewAxis()


@lowers(np.atleast_1d)
def atleast_1d(t: Trace, *arys: Any) -> Any:
    return _each([_widened(t, x, {0: [_NEW]}) for x in arys])


@lowers(np.atleast_2d)
def atleast_2d(t: Trace, *arys: Any) -> Any:
    return _each([_widened(t, x, {0: [_NEW, _NEW], 1: [_NEW, None]}) for x in arys])


@lowers(np.atleast_3d)
def atleast_3d(t: Trace, *arys: Any) -> Any:
    specs: dict[int, list[Item | None]] = {
        0: [_NEW, _NEW, _NEW],
        1: [_NEW, None, _NEW],
        2: [None, None, _NEW],
    }
    return _each([_widened(t, x, specs) for x in arys])


def _widened(t: Trace, a: Any, specs: dict[int, Any]) -> TracedArray:
    x = kit.array(t, a)
    return _at_least(t, x, specs[x.ndim]) if x.ndim in specs else x


@lowers(np.broadcast_to)
def broadcast_to(t: Trace, array: Any, shape: Any) -> TracedArray:
    x = kit.array(t, array)
    wanted = kit.as_shape(t, shape)
    kit.broadcasts_into(t, x.dims, wanted, "np.broadcast_to: the array")
    return x.broadcast_view(t.sizes.resolve_shape(wanted))


@lowers(np.broadcast_arrays)
def broadcast_arrays(t: Trace, *args: Any) -> tuple[TracedArray, ...]:
    xs = [kit.array(t, x) for x in args]
    shape = t.sizes.broadcast([x.dims for x in xs])
    return tuple(x if x.dims == shape else x.broadcast_view(shape) for x in xs)


@lowers(np.broadcast_shapes)
def broadcast_shapes(t: Trace, *args: Any) -> tuple[Any, ...]:
    return kit.user_shape(t, t.sizes.broadcast([kit.as_shape(t, shape) for shape in args]))


@lowers(np.flip)
def flip(t: Trace, m: Any, axis: Any = None) -> TracedArray:
    x = kit.array(t, m)
    return _flipped(x, kit.axes_of(t, axis, x.ndim))


def _flipped(x: TracedArray, axes: Sequence[int]) -> TracedArray:
    return x.index_view(
        tuple(
            Slice(n - 1, n, -1) if k in axes and n != 0 else full(n) for k, n in enumerate(x.dims)
        )
    )


@lowers(np.fliplr)
def fliplr(t: Trace, m: Any) -> TracedArray:
    x = kit.array(t, m)
    if x.ndim < 2:
        raise t.error(ShapeError, "np.fliplr of an array with fewer than 2 axes", "use np.flip")
    return _flipped(x, (1,))


@lowers(np.flipud)
def flipud(t: Trace, m: Any) -> TracedArray:
    x = kit.array(t, m)
    if x.ndim < 1:
        raise t.error(ShapeError, "np.flipud of a scalar", "leave it out")
    return _flipped(x, (0,))


@lowers(np.rot90)
def rot90(t: Trace, m: Any, k: Any = 1, axes: Any = (0, 1)) -> TracedArray:
    x = kit.array(t, m)
    i, j = kit.axes_of(t, tuple(axes), x.ndim, "axes")
    turns = int(k) % 4
    if turns == 0:
        return x.index_view(tuple(map(full, x.dims)))
    if turns == 2:
        return _flipped(x, (i, j))
    return (
        swapaxes(t, _flipped(x, (j,)), i, j) if turns == 1 else _flipped(swapaxes(t, x, i, j), (j,))
    )


@lowers(np.shape)
def shape(t: Trace, a: Any) -> Any:
    return kit.array(t, a).shape


@lowers(np.ndim)
def ndim(t: Trace, a: Any) -> int:
    return kit.array(t, a).ndim


@lowers(np.size)
def size(t: Trace, a: Any, axis: Any = None) -> Any:
    x = kit.array(t, a)
    return number_of(t, kit.count(t.lift(x), kit.axes_of(t, axis, x.ndim)))
