"""The `math` module on traced numbers: the result is a Python number, float64."""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import reduce
from typing import Any

import numpy as np

from adjit.ir.primitives import Primitive
from adjit.ir.primitives import elementwise as ew
from adjit.ir.values import Operand, literal
from adjit.tracer.arrays import TracedArray
from adjit.tracer.dispatch import LOWERINGS
from adjit.tracer.surface import kit
from adjit.tracer.surface.table import lowers
from adjit.tracer.symint import SymInt
from adjit.tracer.trace import Trace


def number(t: Trace, x: Any) -> Operand:
    """A single number as float64, as `float(x)` would give it."""
    value = t.lift(x)
    if value.shape:
        raise TypeError("only 0-dimensional arrays can be converted to Python scalars")
    return t.builder.convert(value, np.float64)


def _weak(t: Trace, x: Operand) -> TracedArray:
    return t.wrap(x, weak=True)


def _row(function: Callable[..., Any], rule: Callable[..., Operand]) -> None:
    """A row of a function of numbers; where all are known, Python computes it."""

    def lower(t: Trace, *args: Any) -> Any:
        if not any(isinstance(x, TracedArray) for x in args):
            return function(*(int(x) if isinstance(x, SymInt) else x for x in args))
        return _weak(t, rule(t, *(number(t, x) for x in args)))

    LOWERINGS[function] = lower


def _primitive(primitive: Primitive) -> Callable[..., Operand]:
    return lambda t, *operands: t.builder.emit(primitive, *operands)


def _through(function: Callable[..., Any]) -> Callable[..., Operand]:
    return lambda t, *operands: t.lift(t.lowered(function, *map(t.wrap, operands)))


_PRIMITIVES: dict[Callable[..., Any], Primitive] = {
    math.sqrt: ew.sqrt,
    math.cbrt: ew.cbrt,
    math.exp: ew.exp,
    math.exp2: ew.exp2,
    math.expm1: ew.expm1,
    math.log2: ew.log2,
    math.log10: ew.log10,
    math.log1p: ew.log1p,
    math.sin: ew.sin,
    math.cos: ew.cos,
    math.tan: ew.tan,
    math.asin: ew.arcsin,
    math.acos: ew.arccos,
    math.atan: ew.arctan,
    math.sinh: ew.sinh,
    math.cosh: ew.cosh,
    math.tanh: ew.tanh,
    math.asinh: ew.arcsinh,
    math.acosh: ew.arccosh,
    math.atanh: ew.arctanh,
    math.erf: ew.erf,
    math.erfc: ew.erfc,
    math.gamma: ew.gamma,
    math.lgamma: ew.lgamma,
    math.fabs: ew.abs,
    math.atan2: ew.arctan2,
    math.pow: ew.pow,
    math.fmod: ew.fmod,
    math.copysign: ew.copysign,
    math.isnan: ew.isnan,
    math.isinf: ew.isinf,
    math.isfinite: ew.isfinite,
}
for _function, _made in _PRIMITIVES.items():
    _row(_function, _primitive(_made))

_row(math.degrees, _through(np.degrees))
_row(math.radians, _through(np.radians))


def _to_integer(primitive: Primitive) -> Callable[..., Operand]:
    return lambda t, x: t.builder.convert(t.builder.emit(primitive, x), np.int64)


_row(math.floor, _to_integer(ew.floor))
_row(math.ceil, _to_integer(ew.ceil))
_row(math.trunc, _to_integer(ew.trunc))


@lowers(math.log)
def log(t: Trace, x: Any, base: Any = None) -> Any:
    given = (x,) if base is None else (x, base)
    if not any(isinstance(v, TracedArray) for v in given):
        return math.log(*map(float, given))
    logs = [t.builder.emit(ew.log, number(t, v)) for v in given]
    return _weak(t, logs[0] if base is None else t.builder.div(*logs))


@lowers(math.hypot)
def hypot(t: Trace, *coordinates: Any) -> Any:
    if not any(isinstance(v, TracedArray) for v in coordinates):
        return math.hypot(*map(float, coordinates))
    values = [number(t, x) for x in coordinates]
    if len(values) == 1:
        return _weak(t, t.builder.emit(ew.abs, values[0]))
    return _weak(t, reduce(lambda x, y: t.builder.emit(ew.hypot, x, y), values))


@lowers(math.dist)
def dist(t: Trace, p: Any, q: Any) -> Any:
    p, q = list(p), list(q)
    if len(p) != len(q):
        raise ValueError("both points must have the same number of dimensions")
    return hypot(t, *(x - y for x, y in zip(p, q, strict=True)))


@lowers(math.fsum)
def fsum(t: Trace, seq: Any) -> Any:
    items = list(seq)
    if not kit.is_traced(items):
        return math.fsum(items)
    return _weak(t, reduce(t.builder.add, (number(t, x) for x in items)))


@lowers(math.prod)
def prod(t: Trace, iterable: Any, start: Any = 1) -> Any:
    out = start
    for x in iterable:
        out = out * x
    return out


@lowers(math.isclose)
def isclose(t: Trace, a: Any, b: Any, rel_tol: Any = 1e-09, abs_tol: Any = 0.0) -> Any:
    if not any(isinstance(v, TracedArray) for v in (a, b, rel_tol, abs_tol)):
        return math.isclose(a, b, rel_tol=rel_tol, abs_tol=abs_tol)
    build = t.builder
    x, y, relative, absolute = (number(t, v) for v in (a, b, rel_tol, abs_tol))
    larger = build.emit(ew.maximum, build.emit(ew.abs, x), build.emit(ew.abs, y))
    allowed = build.emit(ew.maximum, build.mul(relative, larger), absolute)
    near = build.emit(ew.le, build.emit(ew.abs, build.sub(x, y)), allowed)
    finite = build.emit(ew.logical_and, build.emit(ew.isfinite, x), build.emit(ew.isfinite, y))
    near = build.emit(ew.logical_and, near, finite)
    return _weak(t, build.emit(ew.logical_or, near, build.emit(ew.eq, x, y)))


@lowers(math.modf)
def modf(t: Trace, x: Any) -> Any:
    if not isinstance(x, TracedArray):
        return math.modf(x)
    value = number(t, x)
    fraction, whole = fraction_and_whole(t, value)
    return _weak(t, fraction), _weak(t, whole)


def fraction_and_whole(t: Trace, x: Operand) -> tuple[Operand, Operand]:
    """Both parts with the sign of x; the fraction of an infinity is 0."""
    b, dtype = t.builder, x.type.dtype
    nothing = b.emit(ew.copysign, literal(0.0, dtype), x)
    fraction = b.emit(ew.fmod, x, literal(1.0, dtype))
    return b.emit(ew.select, b.emit(ew.isinf, x), nothing, fraction), b.emit(ew.trunc, x)
