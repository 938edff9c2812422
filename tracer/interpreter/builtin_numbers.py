"""Builtin functions on numbers: `sum`, `max`, `abs`, `float`, ..."""

from __future__ import annotations

import builtins
import functools
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from adjit.ir.bounds import maximum, minimum
from adjit.ir.dims import Size
from adjit.ir.errors import DataDependentError, DTypeError, UnsupportedError
from adjit.ir.primitives import elementwise as ew
from adjit.tracer import dispatch, operators
from adjit.tracer.control.rows import has_rows, item_ndim
from adjit.tracer.interpreter import protocols
from adjit.tracer.interpreter.frame import Frame
from adjit.tracer.operators import is_traced, is_weak
from adjit.tracer.outside import holds_traced
from adjit.tracer.symint import SymInt, number_of, size_of

Handler = Callable[..., Any]


def _sum(frame: Frame, items: Any, /, start: Any = 0) -> Any:
    if is_traced(items) and items.ndim:
        total = dispatch.lower(
            frame.trace,
            np.sum,
            (items,),
            {"axis": 0} if items.dtype.kind in "fb" else {"axis": 0, "dtype": items.dtype},
        )
        return total if start == 0 else protocols.binary(frame, "+", start, total)
    if has_rows(items):
        total = dispatch.lower(frame.trace, np.sum, (items,), {"axis": 0})
        return protocols.binary(frame, "+", start, total)
    for item in protocols.iterate(frame, items):
        start = protocols.binary(frame, "+", start, item)
    return start


def _extreme(name: str) -> Handler:
    """`max` and `min`: Python's, which keep the first of equal items."""
    native = getattr(builtins, name)
    primitive = ew.gt if name == "max" else ew.lt

    def extreme(frame: Frame, *args: Any, key: Any = None, **kwargs: Any) -> Any:
        if len(args) == 1 and is_traced(args[0]) and args[0].ndim == 1 and key is None:
            return dispatch.lower(frame.trace, getattr(np, name), args, {})
        if len(args) == 1 and has_rows(args[0]) and item_ndim(args[0]) == 0 and key is None:
            return dispatch.lower(frame.trace, getattr(np, name), args, {})
        items = list(protocols.iterate(frame, args[0])) if len(args) == 1 else list(args)
        if items and key is None and all(isinstance(x, (int, SymInt)) for x in items):
            sizes = [size_of(x) for x in items]
            if any(map(frame.trace.sizes.ranges.mentions, sizes)):
                return _extreme_size(frame, name, sizes)
        if not holds_traced(items) or key is not None:
            native_key = None if key is None else functools.partial(frame.call, key)
            return native(items, key=native_key, **kwargs)
        best = items[0]
        for item in items[1:]:
            best = _better(frame, primitive, best, item, name)
        return best

    return extreme


def _extreme_size(frame: Frame, name: str, sizes: Sequence[Size]) -> Any:
    """The largest or smallest of sizes that change from turn to turn."""
    settle = frame.trace.sizes.settle
    best = sizes[0]
    for size in sizes[1:]:
        ahead = settle(size, ">" if name == "max" else "<", best)
        if ahead is None:
            best = (maximum if name == "max" else minimum)(best, size)
        elif ahead:
            best = size
    return number_of(frame.trace, best)


def _better(frame: Frame, primitive: Any, best: Any, item: Any, name: str) -> Any:
    if not is_traced(best) and not is_traced(item):
        return item if (item > best if name == "max" else item < best) else best
    trace = frame.trace
    for x in (best, item):
        if is_traced(x) and x.ndim:
            raise trace.error(
                DataDependentError,
                f"{name}() compares whole arrays, which is ambiguous in NumPy",
                f"use np.{name}imum for elements, np.{name} for the {name}imum of an array",
            )
    x, y = trace.promote(best, item)
    chosen = trace.emit(ew.select, trace.emit(primitive, y, x), y, x)
    return trace.wrap(chosen, weak=is_weak(best) and is_weak(item))


def _abs(frame: Frame, value: Any) -> Any:
    method = protocols.user_method(frame, value, "__abs__")
    return abs(value) if method is None else frame.call(method, value)


def _pow(frame: Frame, base: Any, exponent: Any, modulus: Any = None) -> Any:
    if modulus is None:
        return protocols.binary(frame, "**", base, exponent)
    if holds_traced([base, exponent, modulus]):
        raise frame.trace.error(
            UnsupportedError, "pow() with a modulus on traced values", "write (x ** y) % m"
        )
    return pow(base, exponent, modulus)


def _divmod(frame: Frame, a: Any, b: Any) -> Any:
    if not (is_traced(a) or is_traced(b)):
        return divmod(a, b)
    return protocols.binary(frame, "//", a, b), protocols.binary(frame, "%", a, b)


def _float(frame: Frame, value: Any = 0.0) -> Any:
    trace = frame.trace
    if isinstance(value, SymInt):
        return trace.wrap(trace.builder.convert(trace.lift(value), np.float64), weak=True)
    if is_traced(value):
        if value.ndim:
            raise TypeError("only 0-dimensional arrays can be converted to Python scalars")
        return trace.wrap(trace.builder.convert(trace.lift(value), np.float64), weak=True)
    method = protocols.user_method(frame, value, "__float__")
    return float(value) if method is None else frame.call(method, value)


def _int(frame: Frame, *args: Any, **kwargs: Any) -> Any:
    if len(args) == 1:
        value = args[0]
        if isinstance(value, SymInt):
            return value
        if is_traced(value) and not value.ndim and value.dtype.kind in "iu":
            trace = frame.trace
            return trace.wrap(trace.builder.convert(trace.lift(value), np.int64), weak=True)
    return int(*args, **kwargs)


def _bool(frame: Frame, value: Any = False) -> bool:
    return protocols.truth(frame, value)


def _complex(frame: Frame, *args: Any) -> complex:
    if holds_traced(args):
        raise frame.trace.error(
            DTypeError,
            "complex numbers are not supported",
            "compute with real and imaginary part separately",
        )
    return complex(*args)


def _round(frame: Frame, value: Any, ndigits: Any = None) -> Any:
    method = protocols.user_method(frame, value, "__round__")
    if method is not None:
        return frame.call(method, value, *([] if ndigits is None else [ndigits]))
    if is_traced(value) and ndigits is not None and value.weak:
        return operators.as_weak(frame.trace, round(value, ndigits))
    return round(value) if ndigits is None else round(value, ndigits)


NUMBERS: dict[Any, Handler] = {
    sum: _sum,
    max: _extreme("max"),
    min: _extreme("min"),
    abs: _abs,
    pow: _pow,
    divmod: _divmod,
    float: _float,
    int: _int,
    bool: _bool,
    complex: _complex,
    round: _round,
}
