"""`scipy.special`, by name: scipy itself is not imported.

Where a formula needs care (softmax, xlogy at 0) it is written so that both the value and the
derivative that follows from it are finite and right.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any, TypeVar

import numpy as np

from adjit.ir.errors import UnsupportedError
from adjit.ir.primitives import Primitive
from adjit.ir.primitives import elementwise as ew
from adjit.ir.values import Operand, literal
from adjit.tracer.arrays import TracedArray
from adjit.tracer.surface import kit
from adjit.tracer.surface.table import lowers_qualified
from adjit.tracer.trace import Trace


def _floats(t: Trace, *objs: Any) -> list[Operand]:
    """Operands in the float dtype that scipy computes in."""
    operands = t.promote(*objs)
    dtype = operands[0].type.dtype
    if dtype.kind != "f":
        operands = [kit.operand(t, x, np.float64) for x in operands]
    t.sizes.broadcast([x.shape for x in operands])
    return operands


F = TypeVar("F", bound=Callable[..., Any])


def _special(name: str) -> Callable[[F], F]:
    return lowers_qualified(f"scipy.special.{name}")


def _unary(name: str, primitive: Primitive) -> None:
    @_special(name)
    def lower(t: Trace, x: Any) -> TracedArray:
        return t.wrap(t.emit(primitive, *_floats(t, x)))


for _name, _made in {
    "expit": ew.expit,
    "erf": ew.erf,
    "erfc": ew.erfc,
    "log1p": ew.log1p,
    "expm1": ew.expm1,
    "exp2": ew.exp2,
    "cbrt": ew.cbrt,
    "gamma": ew.gamma,
    "gammaln": ew.lgamma,
    "psi": ew.digamma,
}.items():
    _unary(_name, _made)


@lowers_qualified("scipy.special._basic.polygamma", "scipy.special.polygamma")
def polygamma(t: Trace, n: Any, x: Any) -> TracedArray:
    if type(n) is not int or n < 0:
        raise t.error(
            UnsupportedError,
            "polygamma of an order that is no whole number known while tracing is not supported",
            "give the order as an int, 0 or more",
        )
    # scipy computes polygamma, other than psi, in float64 whatever it is given
    v = t.builder.convert(_floats(t, x)[0], np.float64)
    if n == 0:
        return t.wrap(t.emit(ew.digamma, v))
    return t.wrap(t.emit(ew.polygamma, literal(float(n), v.type.dtype), v))


@_special("exp10")
def exp10(t: Trace, x: Any) -> TracedArray:
    (v,) = _floats(t, x)
    return t.wrap(t.emit(ew.pow, literal(10.0, v.type.dtype), v))


@_special("log_expit")
def log_expit(t: Trace, x: Any) -> TracedArray:
    (v,) = _floats(t, x)
    zero = literal(0.0, v.type.dtype)
    return t.wrap(t.builder.neg(t.emit(ew.logaddexp, zero, t.builder.neg(v))))


@_special("logit")
def logit(t: Trace, x: Any) -> TracedArray:
    (v,) = _floats(t, x)
    b, one = t.builder, literal(1.0, v.type.dtype)
    return t.wrap(b.emit(ew.log, b.div(v, b.sub(one, v))))


@_special("ndtr")
def ndtr(t: Trace, x: Any) -> TracedArray:
    (v,) = _floats(t, x)
    b, dtype = t.builder, v.type.dtype
    tail = b.emit(ew.erfc, b.mul(v, literal(-math.sqrt(0.5), dtype)))
    return t.wrap(b.mul(tail, literal(0.5, dtype)))


def _times_log(t: Trace, x: Any, y: Any, primitive: Primitive, pole: float) -> TracedArray:
    """`x * log(y)`, 0 where x is 0 (unless y is NaN).

    Only where the logarithm is not finite, at or below its pole or at infinity, is it taken of 1
    instead: for x = 0 and any other y the derivative by x is still log(y).
    """
    v, w = _floats(t, x, y)
    b, dtype = t.builder, v.type.dtype
    usual = b.emit(ew.gt, w, literal(pole, dtype))
    usual = b.emit(ew.logical_and, usual, b.emit(ew.lt, w, literal(math.inf, dtype)))
    usual = b.emit(ew.logical_or, usual, b.emit(ew.isnan, w))
    nothing = b.emit(
        ew.logical_and, b.emit(ew.eq, v, literal(0.0, dtype)), b.emit(ew.logical_not, usual)
    )
    safe = b.emit(ew.select, nothing, literal(pole + 1.0, dtype), w)
    return t.wrap(b.mul(v, b.emit(primitive, safe)))


@_special("xlogy")
def xlogy(t: Trace, x1: Any, x2: Any) -> TracedArray:
    return _times_log(t, x1, x2, ew.log, 0.0)


@_special("xlog1py")
def xlog1py(t: Trace, x1: Any, x2: Any) -> TracedArray:
    return _times_log(t, x1, x2, ew.log1p, -1.0)


@_special("entr")
def entr(t: Trace, x: Any) -> TracedArray:
    (v,) = _floats(t, x)
    b, zero = t.builder, literal(0.0, v.type.dtype)
    value = b.neg(t.lift(_times_log(t, v, v, ew.log, 0.0)))
    below = literal(-math.inf, v.type.dtype)
    return t.wrap(b.emit(ew.select, b.emit(ew.lt, v, zero), below, value))


@_special("rel_entr")
def rel_entr(t: Trace, x1: Any, x2: Any) -> TracedArray:
    v, w = _floats(t, x1, x2)
    b, dtype = t.builder, v.type.dtype
    zero, one, high = (literal(x, dtype) for x in (0.0, 1.0, math.inf))
    inside = b.emit(ew.logical_and, b.emit(ew.gt, v, zero), b.emit(ew.gt, w, zero))
    top = b.emit(ew.select, inside, v, one)
    bottom = b.emit(ew.select, inside, w, one)
    value = b.mul(top, b.emit(ew.log, b.div(top, bottom)))
    edge = b.emit(ew.logical_and, b.emit(ew.eq, v, zero), b.emit(ew.ge, w, zero))
    other = b.emit(ew.select, edge, zero, high)
    out = b.emit(ew.select, inside, value, other)
    missing = b.emit(ew.logical_or, b.emit(ew.isnan, v), b.emit(ew.isnan, w))
    return t.wrap(b.emit(ew.select, missing, literal(math.nan, dtype), out))


def _shifted(t: Trace, x: Operand, axes: tuple[int, ...]) -> tuple[Operand, Operand]:
    """(the maximum along the axes, kept as size 1, with 0 for infinities; x minus it).

    The shift changes the value of nothing: it is stopped, so that it is no detour of the
    derivative either."""
    b = t.builder
    top = b.emit(ew.stop, b.reduce(x, "max", axes, keepdims=True))
    zero = literal(0.0, x.type.dtype)
    top = b.emit(ew.select, b.emit(ew.isfinite, top), top, zero)
    return top, b.sub(x, top)


def _needs_elements(t: Trace, name: str, x: Operand, axes: tuple[int, ...]) -> None:
    for k in axes:
        if t.sizes.decide(x.shape[k], "==", 0):
            raise t.error(
                UnsupportedError,
                f"{name} of an axis of size 0 is not supported",
                "test the size first",
            )


@lowers_qualified("scipy.special._logsumexp.logsumexp", "scipy.special.logsumexp")
def logsumexp(
    t: Trace,
    a: Any,
    axis: Any = None,
    b: Any = None,
    keepdims: bool = False,
    return_sign: bool = False,
) -> TracedArray:
    if return_sign:
        raise t.error(
            UnsupportedError,
            "logsumexp with return_sign=True is not supported",
            "split the sum by the sign of b",
        )
    build = t.builder
    x, *weights = _floats(t, a) if b is None else _floats(t, a, b)
    if weights:
        x = build.broadcast(x, t.sizes.broadcast([x.shape, weights[0].shape]))
    axes = kit.axes_of(t, axis, len(x.shape))
    _needs_elements(t, "logsumexp", x, axes)
    top, rest = _shifted(t, x, axes)
    terms = build.emit(ew.exp, rest)
    if weights:
        unused = build.emit(ew.eq, weights[0], literal(0.0, x.type.dtype))
        terms = build.emit(
            ew.select, unused, literal(0.0, x.type.dtype), build.mul(weights[0], terms)
        )
    total = build.reduce(terms, "sum", axes, keepdims=True)
    out: Operand = build.add(build.emit(ew.log, total), top)
    if not keepdims:
        out = build.reshape(out, tuple(n for k, n in enumerate(out.shape) if k not in axes))
    return t.wrap(out)


@lowers_qualified("scipy.special._logsumexp.softmax", "scipy.special.softmax")
def softmax(t: Trace, x: Any, axis: Any = None) -> TracedArray:
    (v,) = _floats(t, x)
    axes = kit.axes_of(t, axis, len(v.shape))
    _needs_elements(t, "softmax", v, axes)
    terms = t.emit(ew.exp, _shifted(t, v, axes)[1])
    return t.wrap(t.builder.div(terms, t.builder.reduce(terms, "sum", axes, keepdims=True)))


@lowers_qualified("scipy.special._logsumexp.log_softmax", "scipy.special.log_softmax")
def log_softmax(t: Trace, x: Any, axis: Any = None) -> TracedArray:
    (v,) = _floats(t, x)
    axes = kit.axes_of(t, axis, len(v.shape))
    _needs_elements(t, "log_softmax", v, axes)
    b = t.builder
    rest = _shifted(t, v, axes)[1]
    total = b.reduce(b.emit(ew.exp, rest), "sum", axes, keepdims=True)
    return t.wrap(b.sub(rest, b.emit(ew.log, total)))


@lowers_qualified("scipy.special._basic.softplus", "scipy.special.softplus")
def softplus(t: Trace, x: Any) -> TracedArray:
    (v,) = _floats(t, x)
    return t.wrap(t.emit(ew.logaddexp, literal(0.0, v.type.dtype), v))
