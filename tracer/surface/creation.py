"""New arrays: filled, copied, and from nested lists. Sizes may be symbolic."""

from __future__ import annotations

from typing import Any

import numpy as np

from adjit.ir.errors import UnsupportedError
from adjit.ir.values import Operand, Shape
from adjit.tracer import layout
from adjit.tracer.arrays import TracedArray
from adjit.tracer.surface import kit
from adjit.tracer.surface.table import lowers, methods
from adjit.tracer.trace import Trace


def filled(t: Trace, shape: Shape, value: Operand, order: str = "C") -> TracedArray:
    """A new array; in Fortran order it is the transpose of one in C order, views included."""
    if order == "F" and len(shape) > 1:
        back = tuple(range(len(shape)))[::-1]
        if value.shape:
            value = t.builder.transpose(t.builder.broadcast(value, shape), back)
        return t.wrap(t.builder.broadcast(value, shape[::-1]), array=True).transpose_view(back)
    return t.wrap(t.builder.broadcast(value, shape), array=True)


def _new(t: Trace, shape: Any, value: Any, dtype: Any, order: Any) -> TracedArray:
    if order not in ("C", "F"):
        raise ValueError(f"order must be 'C' or 'F', not {order!r}")
    return filled(t, kit.new_shape(t, shape), kit.operand(t, value, dtype or np.float64), order)


# The content of np.empty is undefined: zeros are as good as any.
@lowers(np.zeros, np.empty)
def zeros(t: Trace, shape: Any, dtype: Any = None, order: Any = "C") -> TracedArray:
    return _new(t, shape, 0, dtype, order)


@lowers(np.ones)
def ones(t: Trace, shape: Any, dtype: Any = None, order: Any = "C") -> TracedArray:
    return _new(t, shape, 1, dtype, order)


@lowers(np.full)
def full(t: Trace, shape: Any, fill_value: Any, dtype: Any = None, order: Any = "C") -> TracedArray:
    value = kit.array(t, fill_value)
    sizes = kit.new_shape(t, shape)
    sizes = kit.broadcasts_into(t, value.dims, sizes, "np.full: fill_value")
    return _new(t, kit.user_shape(t, sizes), value, dtype or value.dtype, order)


def _like(t: Trace, a: Any, value: Any, dtype: Any, order: Any, shape: Any) -> TracedArray:
    x = kit.array(t, a)
    sizes = x.dims if shape is None else kit.new_shape(t, shape)
    made = filled(t, sizes, kit.operand(t, value, dtype or x.dtype), _order_like(t, order, x))
    if order in ("K", "A") and x.ndim > 1 and not x.c_contiguous and not made.steps:
        made.cell.layout = "A"
    return made


def _order_like(t: Trace, order: Any, x: TracedArray) -> str:
    if order in ("K", "A"):
        return "F" if layout.is_contiguous(x.dims, x.strides, "F") and not x.c_contiguous else "C"
    return kit.order_of(t, order, x)


@lowers(np.zeros_like)
def zeros_like(
    t: Trace, a: Any, dtype: Any = None, order: Any = "K", shape: Any = None
) -> TracedArray:
    return _like(t, a, 0, dtype, order, shape)


@lowers(np.empty_like)
def empty_like(
    t: Trace, prototype: Any, dtype: Any = None, order: Any = "K", shape: Any = None
) -> TracedArray:
    return _like(t, prototype, 0, dtype, order, shape)


@lowers(np.ones_like)
def ones_like(
    t: Trace, a: Any, dtype: Any = None, order: Any = "K", shape: Any = None
) -> TracedArray:
    return _like(t, a, 1, dtype, order, shape)


@lowers(np.full_like)
def full_like(
    t: Trace, a: Any, fill_value: Any, dtype: Any = None, order: Any = "K", shape: Any = None
) -> TracedArray:
    value = kit.array(t, fill_value)
    like = kit.array(t, a)
    sizes = like.dims if shape is None else kit.new_shape(t, shape)
    kit.broadcasts_into(t, value.dims, sizes, "np.full_like: fill_value")
    return _like(t, like, value, dtype or like.dtype, order, shape)


def copy_of(t: Trace, x: TracedArray, dtype: Any, order: Any) -> TracedArray:
    """A new array with the same elements, laid out as order= says."""
    value = kit.operand(t, x, dtype)
    if order in ("F", "f") and x.ndim > 1:
        return filled(t, value.shape, value, "F")
    made = t.wrap(value, array=True)
    if order in ("K", "A", "k", "a") and x.ndim > 1 and not x.c_contiguous:
        fortran = layout.is_contiguous(x.dims, x.strides, "F")
        made.cell.layout = "F" if fortran else "A"
    return made


@lowers(np.array)
def array(
    t: Trace, object: Any, dtype: Any = None, copy: Any = True, order: Any = "K", ndmin: Any = 0
) -> TracedArray:
    x = _as_array(t, "np.array", object, dtype, order, copy)
    if x.ndim >= ndmin:
        return x
    return x.reshape_view((*[1] * (ndmin - x.ndim), *x.shape))


@lowers(np.asarray, np.asanyarray)
def asarray(
    t: Trace, a: Any, dtype: Any = None, order: Any = None, copy: Any = None
) -> TracedArray:
    return _as_array(t, "np.asarray", a, dtype, order or "K", copy)


def _as_array(t: Trace, name: str, a: Any, dtype: Any, order: Any, copy: Any) -> TracedArray:
    if not isinstance(a, TracedArray) or a.kind != "array":
        if copy is False:
            raise ValueError("Unable to avoid copy while creating an array as requested.")
        value = kit.operand(t, a, dtype)
        return filled(t, value.shape, value, "F" if order == "F" else "C")
    same = dtype is None or a.dtype == np.dtype(dtype)
    if not copy and same and _has_order(t, name, a, order):
        return a
    if copy is False:
        raise ValueError("Unable to avoid copy while creating an array as requested.")
    return copy_of(t, a, dtype, order)


def _has_order(t: Trace, name: str, a: TracedArray, order: Any) -> bool:
    """True when the array is already laid out as asked."""
    if order in ("K", "A", "k", "a"):
        return True
    wanted = "F" if order in ("F", "f") else "C"
    if layout.is_contiguous(a.dims, a.strides, wanted):
        return True
    if a.strides is None:
        raise t.error(
            UnsupportedError,
            f"{name} with order={order!r} of an array whose memory "
            "layout is not known while tracing: whether it copies is not known",
            "use np.copy, or leave order= out",
        )
    return False


@lowers(np.ascontiguousarray)
def ascontiguousarray(t: Trace, a: Any, dtype: Any = None) -> TracedArray:
    x = _contiguous(t, "np.ascontiguousarray", a, dtype, "C")
    return x if x.ndim else x.reshape_view((1,))


@lowers(np.asfortranarray)
def asfortranarray(t: Trace, a: Any, dtype: Any = None) -> TracedArray:
    x = _contiguous(t, "np.asfortranarray", a, dtype, "F")
    return x if x.ndim else x.reshape_view((1,))


def _contiguous(t: Trace, name: str, a: Any, dtype: Any, order: str) -> TracedArray:
    x = kit.array(t, a)
    if x.strides is not None or (dtype is not None and np.dtype(dtype) != x.dtype):
        return _as_array(t, name, x, dtype, order, None)
    # An array or a copy of it: nobody may write to either from now on.
    made = copy_of(t, x, None, order)
    for cell in (x.cell, made.cell):
        cell.refuse_writes(
            f"an array is written to after {name}, which copies it or not: its "
            "memory layout is not known while tracing",
            "use np.copy instead",
        )
    return made


@lowers(np.copy)
def copy(t: Trace, a: Any, order: Any = "K") -> TracedArray:
    return copy_of(t, kit.array(t, a), None, order)


@methods("copy")
def copy_method(t: Trace, self: TracedArray, order: Any = "C") -> TracedArray:
    return copy_of(t, kit.array(t, self), None, order)


@lowers(np.astype)
def astype(t: Trace, x: Any, dtype: Any, copy: Any = True) -> TracedArray:
    return astype_method(t, kit.array(t, x), dtype, copy=copy)


@methods("astype")
def astype_method(
    t: Trace,
    self: TracedArray,
    dtype: Any,
    order: Any = "K",
    casting: Any = "unsafe",
    subok: bool = True,
    copy: Any = True,
) -> TracedArray:
    target = np.dtype(dtype)
    if not np.can_cast(self.dtype, target, casting):
        raise TypeError(
            f"Cannot cast array data from {self.dtype!r} to {target!r} according to "
            f"the rule {casting!r}"
        )
    if not subok:
        raise t.error(UnsupportedError, "astype: subok=False is not supported", "leave it out")
    if self.kind != "array":
        return t.wrap(kit.operand(t, self, target))
    return _as_array(t, "astype", self, target, order, True if copy else None)


@lowers(np.copyto)
def copyto(t: Trace, dst: Any, src: Any, casting: str = "same_kind", where: Any = True) -> None:
    value = t.wrap(t.lift(src))
    weak = kit.weak_type(src)
    if weak in (int, float):  # a Python number takes the dtype of the array, if its kind fits
        value = t.wrap(kit.operand(t, src, np.result_type(dst.dtype, weak(0))))
    kit.write(t, "np.copyto", dst, value, where=where, casting=casting)


@methods("fill")
def fill(t: Trace, self: TracedArray, value: Any) -> None:
    self[...] = value


@methods("item")
def item(t: Trace, self: TracedArray, *args: Any) -> TracedArray:
    x = self
    if args:
        index = args[0] if len(args) == 1 and isinstance(args[0], tuple) else args
        x = (t.lowered(np.ravel, self) if len(index) == 1 and self.ndim != 1 else self)[
            tuple(index)
        ]
    value = t.lift(x)
    for n in value.shape:
        if not t.sizes.decide(n, "==", 1):
            raise ValueError("can only convert an array of size 1 to a Python scalar")
    return t.wrap(t.builder.reshape(value, ()), weak=True)


@methods("tolist")
def tolist(t: Trace, self: TracedArray) -> Any:
    if self.ndim == 0:
        return item(t, self)
    return [tolist(t, row) for row in self]


@methods("conj", "conjugate")
def conj(t: Trace, self: TracedArray) -> TracedArray:
    return self


@lowers(np.real)
def real(t: Trace, val: Any) -> TracedArray:
    return kit.array(t, val)


@lowers(np.iscomplexobj)
def iscomplexobj(t: Trace, x: Any) -> bool:
    return False


@lowers(np.isrealobj)
def isrealobj(t: Trace, x: Any) -> bool:
    return True


@lowers(np.isscalar)
def isscalar(t: Trace, element: Any) -> bool:
    if isinstance(element, TracedArray):
        return element.kind != "array"
    return kit.is_scalar(element) or np.isscalar(element)
