"""Arrays inside generated kernels: allocation and views, as numba intrinsics.

They do what `np.empty`, `fill` and `reshape` do for a third of the compile time, and without
reference counts.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from llvmlite import ir
from numba import types as _types
from numba.core import cgutils as _cgutils
from numba.extending import intrinsic
from numba.np import arrayobj
from numba.np.numpy_support import from_dtype

from adjit.codegen.blocks import acquire, give_back

__all__ = ["at", "clear", "empty", "extent", "grow", "release", "reshaped"]

# numba's own annotations cover half of what is used here.
types: Any = _types
cgutils: Any = _cgutils
make_array: Any = arrayobj.make_array
populate_array: Any = arrayobj.populate_array

SIZE = ir.IntType(64)


@intrinsic
def empty(typingctx: Any, like: Any, *sizes: Any) -> Any:
    """A new C-contiguous array of the dtype of the scalar `like`: `empty(0.0, n, m)`.

    Nothing counts references to it: `release` it before the kernel returns.
    """
    shape = _sizes(sizes)
    if shape is None:
        return None
    kind = types.Array(_element(like), len(shape), "C")

    def codegen(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        lengths = _unpacked(builder, args[1], shape)
        size = _item_size(context, kind)
        strides = []
        for length in reversed(lengths):
            strides.append(size)
            size = builder.mul(size, length)
        return _array(context, builder, kind, acquire(builder, size), lengths, strides[::-1])

    return kind(like, types.StarArgTuple.from_types(shape)), codegen


@intrinsic
def release(typingctx: Any, *arrays: Any) -> Any:
    """Give back arrays made by `empty`."""
    parts = arrays[0] if len(arrays) == 1 and isinstance(arrays[0], types.BaseTuple) else arrays
    if not all(isinstance(a, types.Array) for a in parts):
        return None

    def codegen(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        for kind, array in zip(parts, cgutils.unpack_tuple(builder, args[0]), strict=True):
            give_back(builder, make_array(kind)(context, builder, array).data)
        return context.get_dummy_value()

    return types.void(types.StarArgTuple.from_types(list(parts))), codegen


@intrinsic
def grow(typingctx: Any, array: Any, count: Any) -> Any:
    """The array with room for at least `count` entries along its first axis, and twice as many as
    before; the old block is given back. What is new is undefined."""
    if not isinstance(array, types.Array) or array.layout != "C":
        return None
    if not isinstance(count, types.Integer):
        return None

    def codegen(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        old = make_array(array)(context, builder, args[0])
        lengths = cgutils.unpack_tuple(builder, old.shape, array.ndim)
        strides = cgutils.unpack_tuple(builder, old.strides, array.ndim)
        double = builder.shl(lengths[0], SIZE(1))
        enough = builder.icmp_signed(">", double, args[1])
        length = builder.select(enough, double, args[1])
        data = acquire(builder, builder.mul(length, strides[0]))
        kept = builder.mul(lengths[0], strides[0])
        cgutils.raw_memcpy(builder, data, builder.bitcast(old.data, data.type), kept, 1)
        give_back(builder, old.data)
        return _array(context, builder, array, data, [length, *lengths[1:]], strides)

    return array(array, types.intp), codegen


@intrinsic
def clear(typingctx: Any, array: Any) -> Any:
    """Fill a C-contiguous array with zeros."""
    if not isinstance(array, types.Array) or array.layout != "C":
        return None

    def codegen(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        view = make_array(array)(context, builder, args[0])
        size = builder.mul(view.nitems, _item_size(context, array))
        cgutils.memset(builder, view.data, size, 0)
        return context.get_dummy_value()

    return types.void(array), codegen


@intrinsic
def reshaped(typingctx: Any, array: Any, *sizes: Any) -> Any:
    """A contiguous array under another shape of the same number of elements (not checked)."""
    shape = _sizes(sizes)
    if shape is None or not isinstance(array, types.Array) or array.layout != "C":
        return None
    kind = array.copy(ndim=len(shape))

    def codegen(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        data = make_array(array)(context, builder, args[0]).data
        lengths = _unpacked(builder, args[1], shape)
        stride, strides = _item_size(context, array), []
        for length in reversed(lengths):
            strides.append(stride)
            stride = builder.mul(stride, length)
        return _array(context, builder, kind, data, lengths, strides[::-1])

    return kind(array, types.StarArgTuple.from_types(shape)), codegen


@intrinsic
def at(typingctx: Any, index: Any) -> Any:
    """An index that is not negative: numba need not look whether it counts from the end, and LLVM
    sees how it runs."""
    if not isinstance(index, types.Integer):
        return None

    def codegen(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        return args[0]

    return types.uint64(types.int64), codegen


@intrinsic
def extent(typingctx: Any, n: Any) -> Any:
    """The number n, hidden from the optimiser, which would unroll nests of constant loops."""
    if not isinstance(n, types.Integer):
        return None

    def codegen(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        kind = ir.FunctionType(SIZE, [SIZE])
        return builder.asm(kind, "", "=r,0", list(args), side_effect=False)

    return types.intp(types.intp), codegen


def _array(context: Any, builder: Any, kind: Any, data: Any, lengths: Any, strides: Any) -> Any:
    """An array structure that owns nothing."""
    new = make_array(kind)(context, builder)
    pack, size = cgutils.pack_array, context.get_value_type(types.intp)
    populate_array(
        new,
        data=builder.bitcast(data, new.data.type),
        meminfo=None,
        parent=None,
        itemsize=_item_size(context, kind),
        shape=pack(builder, lengths, ty=size),
        strides=pack(builder, strides, ty=size),
    )
    return new._getvalue()


def _item_size(context: Any, kind: Any) -> Any:
    size = context.get_abi_sizeof(context.get_data_type(kind.dtype))
    return context.get_constant(types.intp, size)


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
    parts: list[Any] = cgutils.unpack_tuple(builder, packed, len(shape))
    return parts
