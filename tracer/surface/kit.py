"""What the rows are written with: from the user's objects to operands, sizes and axes."""

from __future__ import annotations

import operator
from collections.abc import Sequence
from typing import Any

import numpy as np

from adjit.ir import substitution
from adjit.ir.dims import Size, product
from adjit.ir.errors import ArgumentError, DTypeError, ShapeError, UnsupportedError
from adjit.ir.values import Operand, Shape
from adjit.tracer import layout, promotion
from adjit.tracer.arrays import TracedArray
from adjit.tracer.symint import SymInt, number_of
from adjit.tracer.trace import Trace

INT = np.dtype(np.int64)
FLOAT = np.dtype(np.float64)


# What an object is.


def is_traced(x: Any) -> bool:
    """True when x, or anything in a nested list or tuple x, stands for a traced value."""
    if isinstance(x, (list, tuple)):
        return any(map(is_traced, x))
    return isinstance(x, (TracedArray, SymInt))


def is_number(x: Any) -> bool:
    """True for numbers that are known while tracing."""
    return isinstance(x, (bool, int, float, np.bool_, np.integer, np.floating))


def is_scalar(x: Any) -> bool:
    """True for numbers and what stands for one number."""
    return is_number(x) or isinstance(x, SymInt) or (isinstance(x, TracedArray) and x.ndim == 0)


def weak_type(x: Any) -> type | None:
    """bool, int or float for Python numbers and what stands for one; None for NumPy's values."""
    if isinstance(x, SymInt):
        return int
    if isinstance(x, TracedArray) and x.weak:
        return {"b": bool, "i": int, "f": float}[x.dtype.kind]
    return type(x) if type(x) in (bool, int, float) else None


def loop_type(t: Trace, x: Any) -> Any:
    """What `ufunc.resolve_dtypes` wants to know: a dtype, or int or float for a weak scalar."""
    weak = weak_type(x)
    if weak is not None and weak is not bool:
        return weak
    if isinstance(x, (TracedArray, np.ndarray, np.generic)):
        return x.dtype
    return t.lift(x).type.dtype


# Operands.


def array(t: Trace, x: Any) -> TracedArray:
    """`np.asarray(x)`: an array is itself, anything else becomes a new one."""
    if isinstance(x, TracedArray) and x.kind == "array":
        return x
    return t.wrap(t.lift(x), array=True)


def operand(t: Trace, x: Any, dtype: Any = None) -> Operand:
    """The value of x, in a dtype."""
    if dtype is None:
        return t.lift(x)
    target = check_dtype(t, dtype)
    if type(x) is int and target.kind in "iu":
        limits = np.iinfo(target)
        if not limits.min <= x <= limits.max:
            raise OverflowError(f"Python integer {x} out of bounds for {target}")
    if target.kind == "f":
        x = promotion.among_floats(t, x)
    return t.builder.convert(t.lift(x), target)


def check_dtype(t: Trace, dtype: Any) -> np.dtype[Any]:
    """The dtype, if graphs can hold it: bool, integers, float32 and float64."""
    target: np.dtype[Any] = np.dtype(dtype)
    if target.isnative and (target.kind in "biu" or target.char in "fd"):
        return target
    raise t.error(
        DTypeError,
        f"dtype {target} is not supported",
        "use float64, float32, an integer dtype or bool",
    )


def size_operand(t: Trace, size: Size, dtype: Any) -> Operand:
    """A size as a number of this dtype."""
    return t.builder.convert(t.builder.dim(size), dtype)


def flat(t: Trace, x: Operand) -> Operand:
    """The elements of x in C order, as a vector."""
    return t.builder.reshape(x, (product(x.shape),))


def broadcasts_into(t: Trace, shape: Shape, target: Shape, what: str) -> Shape:
    """The target; an error unless `shape` broadcasts into it without making it larger."""
    try:
        fits = len(shape) <= len(target) and (
            t.sizes.broadcast([shape, target]) == t.sizes.resolve_shape(target)
        )
    except ShapeError:
        fits = False
    if not fits:
        show = t.sizes.show_shape
        raise t.error(
            ShapeError,
            f"{what} has shape {show(shape)}, which does not fit into {show(target)}",
            "give it a shape that broadcasts into the array's",
        )
    return t.sizes.resolve_shape(target)


def write(
    t: Trace,
    name: str,
    out: Any,
    result: TracedArray,
    *,
    where: Any = True,
    casting: Any = "same_kind",
) -> None:
    """`out[...] = result` under NumPy's rules for out=: its shape, and a cast of this kind."""
    if not isinstance(out, TracedArray) or out.kind != "array":
        raise t.error(
            ArgumentError,
            f"{name}: out= must be an array",
            "create it with np.zeros inside the function",
        )
    if not np.can_cast(result.dtype, out.dtype, casting):
        raise t.error(
            DTypeError,
            f"{name}: the result ({result.dtype}) cannot be written into "
            f"out= ({out.dtype}) by the rule {casting!r}",
            "convert it with .astype()",
        )
    value = t.builder.convert(t.lift(result), out.dtype)
    broadcasts_into(t, value.shape, out.dims, f"{name}: the result for out=")
    if where is not True:
        kept = t.lowered(np.where, where, t.wrap(value), out)
        broadcasts_into(t, kept.dims, out.dims, f"{name}: where=")
        value = t.lift(kept)
    out.set(value)


# Sizes, shapes and axes.


def as_size(t: Trace, n: Any, what: str = "size") -> Size:
    """A size from a Python integer or from one that stands for a symbolic size."""
    if isinstance(n, SymInt):
        return n.size
    try:
        return operator.index(n)
    except TypeError:
        raise t.error(
            ArgumentError,
            f"{what} {n!r} is not an integer",
            "give an integer, such as x.shape[0] or len(x)",
        ) from None


def as_shape(t: Trace, shape: Any) -> Shape:
    """A shape from an integer or a sequence of integers."""
    items = shape if isinstance(shape, (tuple, list, np.ndarray)) else (shape,)
    return tuple(as_size(t, n) for n in items)


def new_shape(t: Trace, shape: Any) -> Shape:
    """The shape of a new array: no size is negative."""
    sizes = as_shape(t, shape)
    for n in sizes:
        if t.sizes.decide(n, "<", 0):
            raise ValueError("negative dimensions are not allowed")
    return t.sizes.resolve_shape(sizes)


def user_shape(t: Trace, shape: Shape) -> tuple[Any, ...]:
    """A shape as the user sees it: ints and what stands for them."""
    return tuple(number_of(t, n) for n in shape)


def show(t: Trace, x: Operand) -> str:
    """The shape of x for a message."""
    return t.sizes.show_shape(x.shape)


def hint(size: Size) -> int:
    """The number met while tracing, to choose an order by; 1 where there is none."""
    number = substitution.hint(size)
    return 1 if number is None else number


def axis_of(t: Trace, axis: Any, ndim: int, name: str = "axis") -> int:
    """An axis as a number from 0."""
    try:
        k = operator.index(axis)
    except TypeError:
        raise t.error(
            ArgumentError, f"{name}={axis!r} is not an integer", "give an integer"
        ) from None
    if not -ndim <= k < ndim:
        raise t.error(
            ShapeError,
            f"{name} {k} is out of bounds for array of dimension {ndim}",
            f"an axis lies between {-ndim} and {ndim - 1}"
            if ndim
            else "a scalar has no axes: leave it out",
        )
    return k % ndim


def axes_of(t: Trace, axis: Any, ndim: int, name: str = "axis") -> tuple[int, ...]:
    """The axes that axis= means (None: all), each from 0, in the order given."""
    if axis is None:
        return tuple(range(ndim))
    axes = axis if isinstance(axis, (tuple, list)) else (axis,)
    found = tuple(axis_of(t, k, ndim, name) for k in axes)
    if len(set(found)) != len(found):
        raise t.error(ShapeError, f"repeated axis in {name}={axis!r}", "name each axis once")
    return found


def count(x: Operand, axes: Sequence[int]) -> Size:
    """Number of elements along these axes."""
    return product(x.shape[k] for k in axes)


def order_of(t: Trace, order: Any, x: TracedArray) -> str:
    """ "C" or "F" from order=, which may mean "as the array is laid out"."""
    if order is None or order in ("C", "c"):
        return "C"
    if order in ("F", "f"):
        return "F"
    if order not in ("A", "K", "a", "k"):
        raise ValueError(f"order must be one of 'C', 'F', 'A', or 'K' (got {order!r})")
    if x.c_contiguous:
        return "C"
    if layout.is_contiguous(x.dims, x.strides, "F"):
        return "F"
    if order in ("A", "a") and x.strides is not None:
        return "C"
    raise t.error(
        UnsupportedError,
        f"order={order!r} of an array whose memory layout is not known while tracing",
        "name the order: 'C' or 'F'",
    )
