"""Arrays inside generated kernels: allocation and views, as numba intrinsics.

They do what `np.empty` and `reshape` do, and cost a third of the compile time.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from llvmlite import ir
from numba import types
from numba.core import cgutils
from numba.extending import intrinsic
from numba.np.arrayobj import _empty_nd_impl, make_array, populate_array
from numba.np.numpy_support import from_dtype

__all__ = ["address", "empty", "reshaped"]


@intrinsic
def empty(typingctx: Any, like: Any, *sizes: Any) -> Any:
    """A new C-contiguous array of the dtype of the scalar `like`: `empty(0.0, n, m)`."""
    shape = _sizes(sizes)
    if shape is None:
        return None
    kind = types.Array(_element(like), len(shape), "C")

    def codegen(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        return _empty_nd_impl(context, builder, kind, _unpacked(builder, args[1], shape))._getvalue()

    return kind(like, types.StarArgTuple.from_types(shape)), codegen


@intrinsic
def reshaped(typingctx: Any, array: Any, *sizes: Any) -> Any:
    """A contiguous array under another shape of the same number of elements (not checked)."""
    shape = _sizes(sizes)
    if shape is None or not isinstance(array, types.Array) or array.layout != "C":
        return None
    kind = array.copy(ndim=len(shape))

    def codegen(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        old = make_array(array)(context, builder, args[0])
        lengths = _unpacked(builder, args[1], shape)
        stride = context.get_constant(types.intp, context.get_abi_sizeof(
            context.get_data_type(array.dtype)))
        strides = []
        for length in reversed(lengths):
            strides.append(stride)
            stride = builder.mul(stride, length)
        new = make_array(kind)(context, builder)
        populate_array(
            new, data=old.data, itemsize=old.itemsize, meminfo=old.meminfo, parent=old.parent,
            shape=cgutils.pack_array(builder, lengths, ty=context.get_value_type(types.intp)),
            strides=cgutils.pack_array(builder, strides[::-1],
                                       ty=context.get_value_type(types.intp)))
        if context.enable_nrt:
            context.nrt.incref(builder, kind, new._getvalue())
        return new._getvalue()

    return kind(array, types.StarArgTuple.from_types(shape)), codegen


@intrinsic
def address(typingctx: Any, array: Any, *indices: Any) -> Any:
    """Where `array[indices]` lies in memory: for calls of BLAS. Not bounds-checked."""
    places = _sizes(indices)
    if places is None or not isinstance(array, types.Array) or len(places) != array.ndim:
        return None
    kind = types.CPointer(array.dtype)

    def codegen(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        view = make_array(array)(context, builder, args[0])
        strides = cgutils.unpack_tuple(builder, view.strides, array.ndim)
        place = _unpacked(builder, args[1], places)
        offset = ir.Constant(ir.IntType(64), 0)
        for k, stride in zip(place, strides, strict=True):
            offset = builder.add(offset, builder.mul(k, stride))
        start = builder.bitcast(view.data, ir.IntType(8).as_pointer())
        moved = builder.gep(start, [offset], source_etype=ir.IntType(8))
        return builder.bitcast(moved, context.get_value_type(kind))

    return kind(array, types.StarArgTuple.from_types(places)), codegen


def _element(like: Any) -> Any:
    kind = types.unliteral(like)
    return types.boolean if kind == types.boolean else from_dtype(np.dtype(str(kind)))


def _sizes(sizes: Any) -> list[Any] | None:
    """All sizes as int64, or None where one is no integer."""
    parts = sizes[0] if len(sizes) == 1 and isinstance(sizes[0], types.BaseTuple) else sizes
    if not all(isinstance(n, types.Integer) for n in parts):
        return None
    return [types.intp] * len(list(parts))


def _unpacked(builder: Any, packed: Any, shape: list[Any]) -> list[Any]:
    return cgutils.unpack_tuple(builder, packed, len(shape))
