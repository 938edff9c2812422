"""Operators: Python's symbols, the NumPy functions behind them, and Python's own numbers."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from adjit.ir.errors import DataDependentError
from adjit.tracer import dispatch
from adjit.tracer.context import current_for
from adjit.tracer.symint import SymInt

BINARY: Mapping[str, tuple[str, np.ufunc]] = {
    "+": ("add", np.add),
    "-": ("sub", np.subtract),
    "*": ("mul", np.multiply),
    "/": ("truediv", np.true_divide),
    "//": ("floordiv", np.floor_divide),
    "%": ("mod", np.remainder),
    "**": ("pow", np.power),
    "@": ("matmul", np.matmul),
    "&": ("and", np.bitwise_and),
    "|": ("or", np.bitwise_or),
    "^": ("xor", np.bitwise_xor),
    "<<": ("lshift", np.left_shift),
    ">>": ("rshift", np.right_shift),
}
COMPARE: Mapping[str, tuple[str, np.ufunc]] = {
    "<": ("lt", np.less),
    "<=": ("le", np.less_equal),
    ">": ("gt", np.greater),
    ">=": ("ge", np.greater_equal),
    "==": ("eq", np.equal),
    "!=": ("ne", np.not_equal),
}
UNARY: Mapping[str, tuple[str, np.ufunc]] = {
    "-": ("neg", np.negative),
    "+": ("pos", np.positive),
    "~": ("invert", np.invert),
    "abs": ("abs", np.absolute),
}
_BITS = ("&", "|", "^")


def is_traced(x: Any) -> bool:
    """True for a traced array or number (sizes not counted)."""
    return hasattr(type(x), "give_name")


def is_weak(x: Any) -> bool:
    """True for a Python number, or what stands for one."""
    return x.weak if is_traced(x) else isinstance(x, SymInt) or type(x) in (bool, int, float)


def binary(symbol: str, a: Any, b: Any) -> Any:
    """`a symbol b` where one of them is traced or symbolic."""
    function = (BINARY.get(symbol) or COMPARE[symbol])[1]
    trace = _trace_of(a, b)
    if not (is_weak(a) and is_weak(b)):
        return dispatch.lower(trace, function, (a, b), {})
    if symbol not in COMPARE and not (symbol in _BITS and is_bool(a) and is_bool(b)):
        a, b = _as_int(trace, a), _as_int(trace, b)
    return as_weak(trace, dispatch.lower(trace, function, (a, b), {}))


def unary(symbol: str, x: Any) -> Any:
    """`symbol x` of a traced value."""
    trace = _trace_of(x)
    if not is_weak(x):
        return dispatch.lower(trace, UNARY[symbol][1], (x,), {})
    return as_weak(trace, dispatch.lower(trace, UNARY[symbol][1], (_as_int(trace, x),), {}))


def inplace(symbol: str, x: Any, y: Any) -> Any:
    """`x symbol= y`: an array is written in place, anything else is computed anew."""
    if x.kind != "array":
        return binary(symbol, x, y)
    trace = _trace_of(x, y)
    result = dispatch.lower(trace, BINARY[symbol][1], (x, y), {})
    value = trace.lift(result)
    if not np.can_cast(value.type.dtype, x.dtype, "same_kind"):
        raise TypeError(
            f"Cannot cast ufunc '{BINARY[symbol][1].__name__}' output from "
            f"{value.type.dtype!r} to {x.dtype!r} with casting rule 'same_kind'"
        )
    if trace.sizes.broadcast([value.shape, x.dims]) != trace.sizes.resolve_shape(x.dims):
        raise ValueError(
            f"non-broadcastable output operand with shape {trace.sizes.show_shape(x.dims)} doesn't "
            f"match the broadcast shape {trace.sizes.show_shape(value.shape)}"
        )
    x.set(trace.builder.convert(value, x.dtype))
    return x


def as_weak(trace: Any, x: Any) -> Any:
    """The same value as a Python number."""
    return trace.wrap(trace.lift(x), weak=True) if is_traced(x) else x


def is_bool(x: Any) -> bool:
    return x.dtype.kind == "b" if is_traced(x) else isinstance(x, bool)


def _as_int(trace: Any, x: Any) -> Any:
    if not is_bool(x):
        return x
    if isinstance(x, bool):
        return int(x)
    return trace.wrap(trace.builder.convert(trace.lift(x), np.int64), weak=True)


def _trace_of(*operands: Any) -> Any:
    trace = None
    for x in operands:
        if is_traced(x) or isinstance(x, SymInt):
            trace = current_for(x.trace)
    assert trace is not None
    return trace


def accepts(other: Any) -> bool:
    """True for what NumPy would take as an operand of an array."""
    return is_traced(other) or isinstance(
        other, (SymInt, bool, int, float, complex, np.generic, np.ndarray, list, tuple)
    )


def install(cls: type) -> None:
    """Give a class of traced values all operators."""
    for symbol, (name, _) in BINARY.items():
        setattr(cls, f"__{name}__", _forward(symbol))
        setattr(cls, f"__r{name}__", _reflected(symbol))
        setattr(cls, f"__i{name}__", _inplace(symbol))
    for symbol, (name, _) in COMPARE.items():
        setattr(cls, f"__{name}__", _forward(symbol))
    for symbol, (name, _) in UNARY.items():
        setattr(cls, f"__{name}__", _unary(symbol))


def _forward(symbol: str) -> Callable[[Any, Any], Any]:
    def operate(self: Any, other: Any) -> Any:
        if other is None and symbol in ("==", "!="):
            return _compare_with_none(self, symbol)
        return binary(symbol, self, other) if accepts(other) else NotImplemented

    return operate


def _compare_with_none(x: Any, symbol: str) -> bool:
    if x.kind != "array":
        return symbol == "!="
    raise _trace_of(x).error(
        DataDependentError,
        f"`{symbol} None` compares an array element by element",
        "write `is None` or `is not None`",
    )


def _reflected(symbol: str) -> Callable[[Any, Any], Any]:
    def operate(self: Any, other: Any) -> Any:
        return binary(symbol, other, self) if accepts(other) else NotImplemented

    return operate


def _inplace(symbol: str) -> Callable[[Any, Any], Any]:
    def operate(self: Any, other: Any) -> Any:
        return inplace(symbol, self, other) if accepts(other) else NotImplemented

    return operate


def _unary(symbol: str) -> Callable[[Any], Any]:
    def operate(self: Any) -> Any:
        return unary(symbol, self)

    return operate
