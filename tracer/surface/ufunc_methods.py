"""`ufunc.reduce`, `.accumulate`, `.outer`, `.at`, and ufuncs with two results."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from adjit.ir.indexing import result_shape
from adjit.tracer import indexing as ix
from adjit.tracer.arrays import TracedArray
from adjit.tracer.dispatch import LOWERINGS
from adjit.tracer.surface import kit
from adjit.tracer.surface import reductions as red
from adjit.tracer.surface.cumulative import running
from adjit.tracer.surface.math_module import fraction_and_whole
from adjit.tracer.surface.scipy_special import logsumexp
from adjit.tracer.surface.table import lowers
from adjit.tracer.surface.ufuncs import Ufunc
from adjit.tracer.trace import Trace


def _reduction(ufunc: np.ufunc, plain: Callable[..., TracedArray], *, typed: bool) -> None:
    @lowers(ufunc.reduce)
    def reduce(
        t: Trace,
        array: Any,
        axis: Any = 0,
        dtype: Any = None,
        keepdims: Any = False,
        initial: Any = None,
        where: Any = True,
    ) -> TracedArray:
        x = kit.array(t, array)
        if dtype is not None and not typed:
            x = t.wrap(kit.operand(t, x, dtype), array=True)
        options: dict[str, Any] = {"dtype": dtype} if typed else {}
        if initial is not None:
            options["initial"] = initial
        return plain(t, x, axis if x.ndim else None, keepdims=keepdims, where=where, **options)


_reduction(np.add, red.sum_, typed=True)
_reduction(np.multiply, red.prod, typed=True)
_reduction(np.maximum, red.max_, typed=False)
_reduction(np.minimum, red.min_, typed=False)


@lowers(np.logaddexp.reduce)
def logaddexp_reduce(
    t: Trace, array: Any, axis: Any = 0, dtype: Any = None, keepdims: Any = False
) -> TracedArray:
    x = t.wrap(kit.operand(t, array, dtype), array=True)
    return logsumexp(t, x, axis if x.ndim else None, keepdims=bool(keepdims))


def _truth(ufunc: np.ufunc, plain: Callable[..., TracedArray]) -> None:
    @lowers(ufunc.reduce)
    def reduce(
        t: Trace, array: Any, axis: Any = 0, keepdims: Any = False, where: Any = True
    ) -> TracedArray:
        x = kit.array(t, array)
        return plain(t, x, axis if x.ndim else None, keepdims=keepdims, where=where)


_truth(np.logical_and, red.all_)
_truth(np.logical_or, red.any_)


def _running(ufunc: np.ufunc, op: str) -> None:
    @lowers(ufunc.accumulate)
    def accumulate(t: Trace, array: Any, axis: Any = 0, dtype: Any = None) -> TracedArray:
        x = array if dtype is None else t.wrap(kit.operand(t, array, dtype), array=True)
        return running(t, op, x, axis, dtype)


for _ufunc, _op in {
    np.add: "sum",
    np.multiply: "prod",
    np.maximum: "max",
    np.minimum: "min",
}.items():
    _running(_ufunc, _op)


def _outer(ufunc: np.ufunc) -> None:
    @lowers(ufunc.outer)
    def outer(t: Trace, A: Any, B: Any) -> Any:
        x, y = kit.array(t, A), kit.array(t, B)
        wide = t.builder.reshape(t.lift(x), (*x.dims, *[1] * y.ndim))
        return LOWERINGS[ufunc](t, t.wrap(wide, array=True), y)


for _row in list(LOWERINGS.values()):
    if isinstance(_row, Ufunc) and _row.ufunc.nin == 2:
        _outer(_row.ufunc)


def _at(ufunc: np.ufunc) -> None:
    @lowers(ufunc.at)
    def at(t: Trace, a: Any, indices: Any, b: Any) -> None:
        value = ix.assigned(t, a, b)
        if ufunc is np.subtract:
            value = t.builder.neg(value)
        parsed = ix.parse(t, a, indices)
        place = result_shape(parsed.spec, [x.shape for x in parsed.operands])
        kit.broadcasts_into(t, value.shape, place, f"np.{ufunc.__name__}.at: the values")
        a.update(parsed.spec, parsed.operands, value, op="add")


_at(np.add)
_at(np.subtract)


@lowers(np.modf)
def modf(t: Trace, x: Any) -> tuple[TracedArray, TracedArray]:
    value = t.lift(x)
    value = kit.operand(t, value, red.inexact(value.type.dtype))
    fraction, whole = fraction_and_whole(t, value)
    return t.wrap(fraction), t.wrap(whole)


@lowers(np.divmod)
def divmod_(t: Trace, x1: Any, x2: Any) -> tuple[Any, Any]:
    return t.lowered(np.floor_divide, x1, x2), t.lowered(np.remainder, x1, x2)


def _conversion(scalar: type) -> None:
    @lowers(scalar)
    def convert(t: Trace, value: Any = 0) -> Any:
        if not kit.is_traced(value):
            return scalar(value)
        made = kit.operand(t, value, scalar)
        return t.wrap(made)


for _scalar in (
    np.float64,
    np.float32,
    np.int64,
    np.int32,
    np.int16,
    np.int8,
    np.uint64,
    np.uint32,
    np.uint16,
    np.uint8,
    np.bool_,
):
    _conversion(_scalar)
