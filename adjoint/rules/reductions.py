"""Reductions over axes and running (cumulative) reductions."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from adjit.adjoint.arithmetic import over, size_as, times
from adjit.adjoint.context import Context, DenseRule, ForwardRule, LazyRule, Scatter
from adjit.adjoint.cotangents import Cotangent, restricted, spread
from adjit.adjoint.expressions import either
from adjit.adjoint.rules.along import along_axis, moved_last
from adjit.adjoint.rules.shapes import mapped
from adjit.ir import Equation, GraphBuilder, Operand, Primitive, literal
from adjit.ir.dims import product
from adjit.ir.indexing import Item, Slice, full
from adjit.ir.primitives import elementwise as ew
from adjit.ir.primitives import structural as st


def _spread(context: Context, eqn: Equation, x: Operand) -> Operand:
    """A result of this reduction in a shape that broadcasts to the operand's."""
    if eqn.params["keepdims"]:
        return x
    return spread(context.builder, x, eqn.params["axes"], len(eqn.inputs[0].shape))


def _divided(builder: GraphBuilder, value: Operand, eqn: Equation) -> Operand:
    """The value over the number of entries that a mean is taken of."""
    x = eqn.inputs[0]
    n = product(x.shape[k] for k in eqn.params["axes"])
    if n == 0:
        return value
    dtype = x.type.dtype
    return over(
        builder, value, literal(n, dtype) if isinstance(n, int) else size_as(builder, n, dtype)
    )


def _others(context: Context, eqn: Equation) -> Operand:
    """For each entry the product of the other ones that a `prod` takes in; no division."""
    builder, x, axes = context.builder, eqn.inputs[0], eqn.params["axes"]
    if len(axes) == 1:
        return _exclusive_product(builder, x, axes[0])
    kept = [k for k in range(len(x.shape)) if k not in axes]
    perm = [*kept, *axes]
    moved = builder.transpose(x, perm)
    flat = builder.reshape(moved, (*(x.shape[k] for k in kept), product(x.shape[k] for k in axes)))
    others = builder.reshape(_exclusive_product(builder, flat, len(kept)), moved.shape)
    return builder.transpose(others, [perm.index(k) for k in range(len(perm))])


def _exclusive_product(builder: GraphBuilder, x: Operand, axis: int) -> Operand:
    """Product of all other entries along an axis: those before times those after."""
    if x.shape[axis] == 1:
        return builder.full(1, x.shape, x.type.dtype)
    one = builder.full(1, (*x.shape[:axis], 1, *x.shape[axis + 1 :]), x.type.dtype)
    sides = []
    for reverse in (False, True):
        running = builder.emit(st.cumulative, x, op="prod", axis=axis, reverse=reverse)
        parts = (running, one) if reverse else (one, running)
        longer = builder.emit(st.concatenate, *parts, axis=axis)
        spec: list[Item] = [full(n) for n in longer.shape]
        spec[axis] = Slice(1 if reverse else 0, x.shape[axis], 1)
        sides.append(builder.index(longer, tuple(spec)))
    return builder.mul(*sides)


def _attained(context: Context, eqn: Equation) -> tuple[Operand, Operand]:
    """Where the operand equals the maximum (minimum), a NaN counting as equal to itself, and how
    many entries do."""
    builder, x, p = context.builder, eqn.inputs[0], eqn.params
    where = _equals(builder, x, _spread(context, eqn, eqn.output))
    ones = builder.convert(where, x.type.dtype)
    count = builder.reduce(ones, "sum", p["axes"], keepdims=p["keepdims"])
    return where, count


def _equals(builder: GraphBuilder, x: Operand, extremum: Operand) -> Operand:
    """Where x is the extremum; where that is NaN, x is NaN."""
    return either(builder, builder.emit(ew.eq, x, extremum), builder.emit(ew.isnan, x))


def _reduce(context: Context, eqn: Equation, ct: Cotangent) -> Iterator[tuple[int, Cotangent]]:
    builder, op, x = context.builder, eqn.params["op"], eqn.inputs[0]
    if not eqn.params["axes"]:
        yield 0, ct
        return
    condition = None
    value = ct.value
    if op == "mean":
        value = _divided(builder, value, eqn)
    elif op in ("max", "min"):
        condition, count = _attained(context, eqn)
        value = builder.div(value, count)
    stamp = builder.location, builder.source
    out = mapped(
        replace(ct, value=value, stamp=stamp, name="", merged=None),
        x.shape,
        lambda v: _spread(context, eqn, v),
    )
    if op == "prod":
        out.value = times(builder, out.value, _others(context, eqn))
    part = out if condition is None else restricted(builder, out, condition)
    if part is not None:
        yield 0, part


def _reduce_forward(context: Context, eqn: Equation, tangents: Sequence[Operand | None]) -> Operand:
    builder, p, (tangent,) = context.builder, eqn.params, tangents
    assert tangent is not None
    if p["op"] in ("sum", "mean"):
        return builder.reduce(tangent, p["op"], p["axes"], keepdims=p["keepdims"])
    if p["op"] == "prod":
        value = times(builder, tangent, _others(context, eqn))
        return builder.reduce(value, "sum", p["axes"], keepdims=p["keepdims"])
    condition, count = _attained(context, eqn)
    value = builder.emit(ew.select, condition, tangent, literal(0, tangent.type.dtype))
    return builder.div(builder.reduce(value, "sum", p["axes"], keepdims=p["keepdims"]), count)


def _running_products(context: Context, eqn: Equation) -> tuple[Operand, Operand]:
    """For entry i and result j of a cumprod, at [..., i, j]: the product of the entries that j
    takes in besides i, and whether j takes i in. No division, so exact at zeros to any order."""
    builder, reverse = context.builder, eqn.params["reverse"]
    x, _ = moved_last(builder, eqn.inputs[0], eqn.params["axis"])
    n = x.shape[-1]
    index = builder.emit(st.iota, size=n)
    column = builder.reshape(index, (n, 1))
    diagonal = builder.emit(ew.eq, column, index)
    row = builder.reshape(x, (*x.shape[:-1], 1, n))
    factors = builder.emit(ew.select, diagonal, literal(1, x.type.dtype), row)
    products = builder.emit(st.cumulative, factors, op="prod", axis=len(x.shape), reverse=reverse)
    takes = builder.emit(ew.ge if reverse else ew.le, column, index)
    return products, takes


def _cumulative_product(
    context: Context, eqn: Equation, t: Operand, *, transposed: bool
) -> Operand:
    """The linear map of a cumprod, or its transpose, applied to `t`."""
    builder = context.builder
    products, takes = _running_products(context, eqn)
    t, back = moved_last(builder, t, eqn.params["axis"])
    n = t.shape[-1]
    side = (1, n) if transposed else (n, 1)
    terms = builder.mul(builder.reshape(t, (*t.shape[:-1], *side)), products)
    kept = builder.emit(ew.select, takes, terms, literal(0, t.type.dtype))
    axis = len(t.shape) if transposed else len(t.shape) - 1
    return back(builder.reduce(kept, "sum", (axis,)))


def _winners(context: Context, eqn: Equation) -> Scatter:
    """Where each result of a running maximum (minimum) comes from: the latest entry attaining it,
    as the spec and indices of a `Scatter` (its value is not meant)."""
    builder, axis, reverse = context.builder, eqn.params["axis"], eqn.params["reverse"]
    x = eqn.inputs[0]
    n = x.shape[axis]
    index = builder.emit(st.iota, size=n)
    position = spread(builder, index, [k for k in range(len(x.shape)) if k != axis], len(x.shape))
    attained = _equals(builder, x, eqn.output)
    start = builder.dim(n - 1) if reverse else literal(0)
    candidates = builder.emit(ew.select, attained, position, start)
    order = builder.emit(
        st.cumulative, candidates, op="min" if reverse else "max", axis=axis, reverse=reverse
    )
    return Scatter(order, *along_axis(builder, order, axis))


def _cumulative(
    context: Context, eqn: Equation, ct: Operand
) -> Iterator[tuple[int, Operand | Scatter]]:
    builder, p = context.builder, eqn.params
    if p["op"] == "sum":
        yield 0, builder.emit(st.cumulative, ct, op="sum", axis=p["axis"], reverse=not p["reverse"])
    elif p["op"] == "prod":
        yield 0, _cumulative_product(context, eqn, ct, transposed=True)
    else:
        winners = _winners(context, eqn)
        yield 0, Scatter(ct, winners.spec, winners.indices)


def _cumulative_forward(
    context: Context, eqn: Equation, tangents: Sequence[Operand | None]
) -> Operand:
    builder, p, (tangent,) = context.builder, eqn.params, tangents
    assert tangent is not None
    if p["op"] == "sum":
        return builder.emit(st.cumulative, tangent, **p)
    if p["op"] == "prod":
        return _cumulative_product(context, eqn, tangent, transposed=False)
    winners = _winners(context, eqn)
    return builder.index(tangent, winners.spec, winners.indices)


LAZY: dict[Primitive, LazyRule] = {st.reduce: _reduce}
DENSE: dict[Primitive, DenseRule] = {st.cumulative: _cumulative}
FORWARD: dict[Primitive, ForwardRule] = {
    st.reduce: _reduce_forward,
    st.cumulative: _cumulative_forward,
}
