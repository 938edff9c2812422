"""Elementwise functions that are no ufuncs: clip, round, nan_to_num, isclose, sinc, select."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from adjit.ir.errors import ArgumentError, DTypeError
from adjit.ir.primitives import elementwise as ew
from adjit.ir.values import Operand, literal
from adjit.tracer.arrays import TracedArray
from adjit.tracer.surface import kit
from adjit.tracer.surface import reductions as red
from adjit.tracer.surface.table import lowers
from adjit.tracer.trace import Trace


def common(t: Trace, *objs: Any) -> list[Operand]:
    """Operands of NumPy's common dtype (Python numbers are weak), broadcasting checked."""
    operands = t.promote(*objs)
    t.sizes.broadcast([x.shape for x in operands])
    return operands


@lowers(np.clip, method="clip")
def clip(
    t: Trace, a: Any, a_min: Any = None, a_max: Any = None, min: Any = None, max: Any = None
) -> TracedArray:
    if (min is not None and a_min is not None) or (max is not None and a_max is not None):
        raise ValueError(
            "Passing `min` or `max` keyword argument when `a_min` and `a_max` are "
            "provided is forbidden."
        )
    low, high = a_min if min is None else min, a_max if max is None else max
    given = [x for x in (low, high) if x is not None]
    x, *bounds = common(t, a, *given)
    if low is not None:
        x = t.builder.emit(ew.maximum, x, bounds[0])
    if high is not None:
        x = t.builder.emit(ew.minimum, x, bounds[-1])
    return t.wrap(x)


@lowers(np.round, np.around, method="round")
def round_(t: Trace, a: Any, decimals: Any = 0) -> TracedArray:
    x = t.lift(a)
    digits = int(decimals)
    dtype = x.type.dtype
    if dtype.kind == "b":
        raise t.error(DTypeError, "np.round of booleans", "convert them with .astype(float)")
    if dtype.kind in "iu":
        if digits < 0:
            raise t.error(
                DTypeError,
                "np.round of integers to negative decimals is not supported",
                "convert them with .astype(float)",
            )
        return t.wrap(x)
    if digits == 0:
        return t.wrap(t.builder.emit(ew.rint, x))
    scale = literal(10.0 ** abs(digits), dtype)
    b = t.builder
    if digits > 0:
        return t.wrap(b.div(b.emit(ew.rint, b.mul(x, scale)), scale))
    return t.wrap(b.mul(b.emit(ew.rint, b.div(x, scale)), scale))


@lowers(np.fix)
def fix(t: Trace, x: Any) -> Any:
    return t.lowered(np.trunc, x)


@lowers(np.sinc)
def sinc(t: Trace, x: Any) -> TracedArray:
    b, v = t.builder, t.lift(x)
    v = kit.operand(t, v, red.inexact(v.type.dtype))

    def number(value: float) -> Operand:
        return literal(value, v.type.dtype)

    # Near 0 the series, to full precision: sin(y)/y and its derivatives of every order need it.
    y = b.mul(v, number(math.pi))
    near = b.emit(ew.lt, b.emit(ew.abs, y), number(0.05))
    square = b.mul(y, y)
    series = b.add(b.mul(square, number(-1 / 5040)), number(1 / 120))
    series = b.add(b.mul(square, series), number(-1 / 6))
    series = b.add(b.mul(square, series), number(1.0))
    far = b.emit(ew.select, near, number(1.0), y)
    return t.wrap(b.emit(ew.select, near, series, b.div(b.emit(ew.sin, far), far)))


@lowers(np.nan_to_num)
def nan_to_num(
    t: Trace, x: Any, copy: Any = True, nan: Any = 0.0, posinf: Any = None, neginf: Any = None
) -> Any:
    v = t.lift(x)
    dtype = v.type.dtype
    out = v
    if dtype.kind == "f":
        kind: Any = dtype
        limits = np.finfo(kind)
        high = float(limits.max) if posinf is None else posinf
        low = float(limits.min) if neginf is None else neginf
        b, zero = t.builder, literal(0.0, dtype)
        infinite = b.emit(ew.isinf, v)
        above = b.emit(ew.logical_and, infinite, b.emit(ew.gt, v, zero))
        below = b.emit(ew.logical_and, infinite, b.emit(ew.lt, v, zero))
        out = b.emit(ew.select, b.emit(ew.isnan, v), kit.operand(t, nan, dtype), v)
        out = b.emit(ew.select, above, kit.operand(t, high, dtype), out)
        out = b.emit(ew.select, below, kit.operand(t, low, dtype), out)
    if copy:
        return t.wrap(out)
    kit.write(t, "np.nan_to_num", x, t.wrap(out))
    return x


@lowers(np.isclose)
def isclose(
    t: Trace, a: Any, b: Any, rtol: Any = 1e-05, atol: Any = 1e-08, equal_nan: Any = False
) -> TracedArray:
    build = t.builder
    x, y = common(t, a, b)
    if x.type.dtype.kind != "f":
        x, y = kit.operand(t, x, np.float64), kit.operand(t, y, np.float64)
    dtype = x.type.dtype
    allowed = build.add(
        kit.operand(t, atol, dtype), build.mul(kit.operand(t, rtol, dtype), build.emit(ew.abs, y))
    )
    near = build.emit(ew.le, build.emit(ew.abs, build.sub(x, y)), allowed)
    near = build.emit(ew.logical_and, near, build.emit(ew.isfinite, y))
    near = build.emit(ew.logical_or, near, build.emit(ew.eq, x, y))
    if equal_nan:
        both = build.emit(ew.logical_and, build.emit(ew.isnan, x), build.emit(ew.isnan, y))
        near = build.emit(ew.logical_or, near, both)
    return t.wrap(near)


@lowers(np.allclose)
def allclose(
    t: Trace, a: Any, b: Any, rtol: Any = 1e-05, atol: Any = 1e-08, equal_nan: Any = False
) -> TracedArray:
    near = red.all_(t, isclose(t, a, b, rtol, atol, equal_nan))
    return t.wrap(t.lift(near), weak=True)


@lowers(np.array_equal)
def array_equal(t: Trace, a1: Any, a2: Any) -> Any:
    x, y = kit.array(t, a1), kit.array(t, a2)
    if x.ndim != y.ndim:
        return False
    for n, m in zip(x.dims, y.dims, strict=True):
        if not t.sizes.decide(n, "==", m):
            return False
    return t.wrap(t.lift(red.all_(t, t.lowered(np.equal, x, y))), weak=True)


@lowers(np.isposinf)
def isposinf(t: Trace, x: Any) -> Any:
    return t.lowered(np.equal, x, math.inf)


@lowers(np.isneginf)
def isneginf(t: Trace, x: Any) -> Any:
    return t.lowered(np.equal, x, -math.inf)


@lowers(np.where)
def where(t: Trace, condition: Any, x: Any = None, y: Any = None) -> Any:
    if x is None and y is None:
        return t.lowered(np.nonzero, condition)
    if x is None or y is None:
        raise ValueError("either both or neither of x and y should be given")
    mask = kit.operand(t, condition, np.bool_)
    chosen, other = t.promote(x, y)
    t.sizes.broadcast([mask.shape, chosen.shape, other.shape])
    return t.wrap(t.builder.emit(ew.select, mask, chosen, other), array=True)


@lowers(np.select)
def select(t: Trace, condlist: Any, choicelist: Any, default: Any = 0) -> TracedArray:
    if len(condlist) != len(choicelist):
        raise ValueError("list of cases must be same length as list of conditions")
    if not condlist:
        raise ValueError("select with an empty condition list is not possible")
    *choices, out = common(t, *choicelist, default)
    masks = [t.lift(c) for c in condlist]
    if any(m.type.dtype.kind != "b" for m in masks):
        raise TypeError("invalid entry in condlist: should be boolean ndarray")
    t.sizes.broadcast([x.shape for x in (*choices, *masks, out)])
    for mask, choice in zip(reversed(masks), reversed(choices), strict=True):
        out = t.builder.emit(ew.select, mask, choice, out)
    return t.wrap(out, array=True)


@lowers(np.polyval)
def polyval(t: Trace, p: Any, x: Any) -> Any:
    point = x if kit.is_scalar(x) else kit.array(t, x)
    out = t.lowered(np.zeros_like, point)
    for coefficient in kit.array(t, p):
        out = out * point + coefficient
    return out


@lowers(np.vander)
def vander(t: Trace, x: Any, N: Any = None, increasing: Any = False) -> Any:
    column = kit.array(t, x)
    if column.ndim != 1:
        raise ValueError("x must be a one-dimensional array or sequence.")
    n = t.sizes.concrete(column.dims[0] if N is None else kit.as_size(t, N, "N"))
    column = t.wrap(kit.operand(t, column, np.promote_types(column.dtype, int)))
    ones = t.lowered(np.ones_like, column)
    powers = [ones]
    for _ in range(n - 1):
        powers.append(t.lowered(np.multiply, powers[-1], column))
    powers = powers[:n] if increasing else powers[:n][::-1]
    return t.lowered(np.stack, powers, axis=1)


@lowers(np.cross)
def cross(
    t: Trace, a: Any, b: Any, axisa: Any = -1, axisb: Any = -1, axisc: Any = -1, axis: Any = None
) -> Any:
    if axis is not None:
        axisa = axisb = axisc = axis
    x = t.lowered(np.moveaxis, kit.array(t, a), axisa, -1)
    y = t.lowered(np.moveaxis, kit.array(t, b), axisb, -1)
    for v in (x, y):
        if not t.sizes.decide(v.dims[-1], "==", 3):
            raise t.error(
                ArgumentError,
                "np.cross: incompatible dimensions, vectors of 3 elements are supported",
                "append a zero to vectors of 2 elements",
            )
    (x0, x1, x2), (y0, y1, y2) = ([v[..., k] for k in range(3)] for v in (x, y))
    out = t.lowered(np.stack, [x1 * y2 - x2 * y1, x2 * y0 - x0 * y2, x0 * y1 - x1 * y0], axis=-1)
    return t.lowered(np.moveaxis, out, -1, axisc)


@lowers(np.linalg.cross)
def linalg_cross(t: Trace, x1: Any, x2: Any, axis: Any = -1) -> Any:
    return cross(t, x1, x2, axis=axis)
