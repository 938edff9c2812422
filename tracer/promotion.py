"""NumPy 2's dtype promotion, and which dtypes graphs can hold."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from adjit.ir.errors import DTypeError
from adjit.ir.values import Literal, Operand
from adjit.tracer.operators import is_traced, is_weak
from adjit.tracer.symint import SymInt

if TYPE_CHECKING:
    from adjit.tracer.trace import Trace

#: What stands for a weak Python number of a kind in `np.result_type`.
_WEAK = {"b": False, "i": 0, "u": 0, "f": 0.0}


def check_supported(trace: Trace, dtype: np.dtype[Any]) -> np.dtype[Any]:
    """The dtype, if it is bool, an integer, float32 or float64 in native byte order."""
    if dtype.kind in "biu" or (dtype.kind == "f" and dtype.itemsize in (4, 8)):
        if dtype.isnative:
            return dtype
        raise trace.error(
            DTypeError,
            f"dtype {dtype} is not in native byte order",
            "convert it with x.astype(x.dtype.newbyteorder('='))",
        )
    what = {"c": "complex numbers", "O": "Python objects", "U": "text", "S": "text"}
    raise trace.error(
        DTypeError,
        f"an array of {what.get(dtype.kind, f'dtype {dtype}')} is met, which cannot be traced",
        "float64, float32, bool and integers are supported",
    )


def among_floats(trace: Trace, x: Any) -> Any:
    """A Python integer beyond 64 bits as the float that it is among floats; else the same."""
    if isinstance(x, SymInt) and not trace.sizes.fits(x.size):
        return float(int(x))
    return float(x) if type(x) is int and not -(2**63) <= x < 2**63 else x


def is_float(x: Any) -> bool:
    """True for a float, and an array or traced value of floats."""
    dtype = getattr(x, "dtype", None)
    return isinstance(x, float) or (dtype is not None and dtype.kind == "f")


def common_dtype(
    trace: Trace, objs: Sequence[Any], operands: Sequence[Operand], kinds: str
) -> np.dtype[Any]:
    """NumPy's result type; where its kind is not among `kinds`, that of a float ufunc."""
    strong = [x.type.dtype for obj, x in zip(objs, operands, strict=True) if not is_weak(obj)]
    weak = [x.type.dtype.kind for obj, x in zip(objs, operands, strict=True) if is_weak(obj)]
    if strong:
        dtype = np.result_type(*strong, *[_WEAK[kind] for kind in weak])
    else:
        best = max(weak, key="biuf".index)
        dtype = np.dtype({"b": np.bool_, "f": np.float64}.get(best, np.int64))
    if dtype.kind not in kinds:
        if "f" in kinds:
            dtype = np.result_type(dtype, np.float16) if strong else np.dtype(np.float64)
        elif dtype.kind == "b":
            dtype = np.dtype(np.int64)
        else:
            raise trace.error(
                DTypeError,
                f"dtype {dtype} is not possible here",
                "convert the argument with .astype()",
            )
    return check_supported(trace, dtype)


def convert(trace: Trace, obj: Any, operand: Operand, dtype: np.dtype[Any]) -> Operand:
    """The operand in a dtype, with NumPy's check that a Python integer fits."""
    if type(obj) is int and dtype.kind in "iu" and isinstance(operand, Literal):
        bounds = np.iinfo(dtype)
        if not bounds.min <= obj <= bounds.max:
            raise OverflowError(f"Python integer {obj} out of bounds for {dtype}")
    return trace.builder.convert(operand, dtype)


def any_traced(items: Any) -> bool:
    """True when a nested list holds a traced value, a size or an array."""
    if isinstance(items, (list, tuple)):
        return any(map(any_traced, items))
    return (
        is_traced(items)
        or isinstance(items, (SymInt, np.ndarray))
        or type(items).__name__ == "Rows"
    )


def as_array(trace: Trace, items: Sequence[Any]) -> np.ndarray[Any, Any]:
    """A nested list of numbers as an array."""
    array = np.array(items)
    check_supported(trace, array.dtype)
    return array
