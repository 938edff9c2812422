"""What one leaf of the arguments is: array, number, size, or static object."""

from __future__ import annotations

import types
from dataclasses import dataclass
from typing import Any

import numpy as np

from adjit.errors import ArgumentError, DTypeError
from adjit.ir.dims import Size, Symbol, symbol_size
from adjit.ir.magnitude import LIMIT
from adjit.tracer import Leaf, SymInt, TracedArray

SUPPORTED = frozenset(
    np.dtype(t)
    for t in (
        np.bool_,
        np.int8,
        np.int16,
        np.int32,
        np.int64,
        np.uint8,
        np.uint16,
        np.uint32,
        np.uint64,
        np.float32,
        np.float64,
    )
)


@dataclass(frozen=True, slots=True)
class Kind:
    """The part of a leaf that selects a specialisation, apart from the sizes above 1.

    `form` is "array", "numpy" (a NumPy scalar), "python" (a Python float), "int" (a Python int
    that is not differentiated, and not huge) or "static". `sizes` holds 0 and 1 where an axis has
    that size and None where it is larger. `value` is the static object.
    """

    form: str
    dtype: np.dtype[np.generic] | None = None
    sizes: tuple[int | None, ...] = ()
    layout: str = ""
    value: Any = None


def normalise(value: Any, *, differentiated: bool, name: str) -> Any:
    """The value that the compiled code will see: an exact ndarray, NumPy scalar or Python number.

    Raises `DTypeError` for dtypes that cannot be handled and `ArgumentError` for foreign arrays.
    """
    if isinstance(value, TracedArray):
        return _checked(value, differentiated, name) if value.kind != "python" else value
    if isinstance(value, SymInt):
        return _as_float(value) if differentiated else value
    if type(value) is np.ndarray or isinstance(value, np.generic):
        return _checked(value, differentiated, name)
    if isinstance(value, np.memmap):
        return _checked(np.asarray(value), differentiated, name)
    if isinstance(value, np.ndarray):
        raise DTypeError(
            f"argument {name!r} is a {type(value).__name__}, a subclass of numpy.ndarray with a "
            "meaning of its own",
            remedy=f"pass np.asarray({name})",
        )
    if differentiated:
        return _differentiable(value, name)
    if isinstance(value, complex):
        raise DTypeError(
            f"argument {name!r} is complex, which is not supported",
            remedy="pass real and imaginary part separately",
        )
    if hasattr(value, "__array__") and not isinstance(value, type):
        raise ArgumentError(
            f"argument {name!r} is a {_type_name(value)}, not a NumPy array",
            remedy=f"pass np.asarray({name})",
        )
    return value


def _as_float(size: SymInt) -> TracedArray:
    """A size as a Python float of its trace."""
    trace = size.trace
    return trace.wrap(trace.builder.convert(trace.lift(size), np.float64), weak=True)


def _differentiable(value: Any, name: str) -> float:
    if type(value) is float:
        return value
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        return float(value)
    if isinstance(value, complex):
        raise DTypeError(
            f"argument {name!r} is complex, which cannot be differentiated",
            remedy="pass real and imaginary part separately",
        )
    raise DTypeError(
        f"argument {name!r} of type {_type_name(value)} cannot be differentiated",
        remedy="leave it out of argnums, or pass a float, a float array, or a list, tuple, dict or "
        "dataclass of them",
    )


def _checked(value: Any, differentiated: bool, name: str) -> Any:
    dtype = value.dtype
    if dtype.kind == "c":
        raise DTypeError(
            f"argument {name!r} has dtype {dtype}, which is not supported",
            remedy="pass real and imaginary part separately",
        )
    if dtype.kind == "O":
        raise DTypeError(
            f"argument {name!r} is an array of objects",
            remedy="use a list of arrays, or an array of float64",
        )
    if differentiated and dtype.kind in "iub":
        raise DTypeError(
            f"argument {name!r} has dtype {dtype}: integer and bool arrays have no gradient",
            remedy=f"pass {name}.astype(float), or leave it out of argnums",
        )
    if dtype not in SUPPORTED:
        remedy = "float64, float32, bool and integers of 8 to 64 bits in native byte order are"
        raise DTypeError(
            f"argument {name!r} has dtype {dtype}, which is not supported",
            remedy=f"convert it: {remedy}",
        )
    if not dtype.isnative:
        raise DTypeError(
            f"argument {name!r} is not in native byte order",
            remedy=f"pass {name}.astype({name}.dtype.newbyteorder('='))",
        )
    return value


def kind_of(value: Any, *, static: bool) -> Kind:
    """Classify a normalised value."""
    if static:
        return Kind("static", value=value)
    if isinstance(value, TracedArray):
        return Kind(value.kind, value.dtype, (None,) * value.ndim)
    if isinstance(value, np.ndarray):
        sizes = tuple(n if n < 2 else None for n in value.shape)
        return Kind("array", value.dtype, sizes, layout_of(value))
    if isinstance(value, np.generic):
        return Kind("numpy", value.dtype)
    if type(value) is float:
        return Kind("python", np.dtype(np.float64))
    if type(value) is int and abs(value) < LIMIT:
        return Kind("int", np.dtype(np.int64))
    return Kind("static", value=value)


def layout_of(array: np.ndarray[Any, Any]) -> str:
    """ "C", "F" (and not C) or "A": how the compiled code may step through the array."""
    if array.flags.c_contiguous:
        return "C"
    return "F" if array.flags.f_contiguous else "A"


def leaf_of(value: Any, kind: Kind, name: str) -> Leaf:
    """The tracer's description of a leaf, with a fresh symbol for each size above 1."""
    if kind.form == "array":
        shape: list[Size] = []
        for axis, n in enumerate(value.shape):
            symbol = Symbol(f"{name}.shape[{axis}]", hint=n, lower=2)
            shape.append(n if n < 2 else symbol_size(symbol))
        return Leaf(name, value.dtype, tuple(shape), kind.layout, "array")
    if kind.form == "int":
        return Leaf(name, np.dtype(np.int64), (), "", "int", Symbol(name, hint=value))
    dtype = kind.dtype if kind.dtype is not None else np.dtype(np.float64)
    return Leaf(name, dtype, (), "", kind.form)


def same_static(a: Any, b: Any) -> bool:
    """True when two static values are interchangeable: 1, True and 1.0 are not, nor 0.0 and -0.0;
    functions count as the same object only, with the same code."""
    if a is b:
        return True
    if type(a) is not type(b) or isinstance(a, (types.FunctionType, types.ModuleType, type)):
        return False
    if isinstance(a, float):
        return repr(a) == repr(b)
    if isinstance(a, (tuple, list)):
        return len(a) == len(b) and all(map(same_static, a, b))
    if isinstance(a, (str, bytes, int, bool, frozenset, range, slice, complex)):
        return bool(a == b)
    compares = "__eq__" in {name for cls in type(a).__mro__[:-1] for name in vars(cls)}
    return compares and type(a).__hash__ is not None and bool(a == b) and _same_state(a, b)


def _same_state(a: Any, b: Any) -> bool:
    """True when equal objects hold the same: `Config(1) == Config(1.0)` is not enough."""
    names = {*getattr(a, "__dict__", ()), *getattr(b, "__dict__", ())}
    for cls in type(a).__mro__:
        slots = vars(cls).get("__slots__", ())
        names.update((slots,) if isinstance(slots, str) else slots)
    missing = object()
    return all(
        same_static(getattr(a, name, missing), getattr(b, name, missing))
        for name in names - {"__dict__", "__weakref__"}
    )


def _type_name(value: Any) -> str:
    cls = type(value)
    return cls.__name__ if cls.__module__ == "builtins" else f"{cls.__module__}.{cls.__name__}"
