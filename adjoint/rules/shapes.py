"""Shape changes: broadcast, reshape, transpose, concatenate."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from adjit.adjoint.context import Context, ForwardRule, LazyRule
from adjit.adjoint.cotangents import Cotangent
from adjit.adjoint.support import mapped_support
from adjit.ir import Equation, GraphBuilder, Operand, Primitive, Shape, Size
from adjit.ir.indexing import Item, Slice, full
from adjit.ir.primitives import structural as st

Reshaped = Callable[[Operand], Operand]


def mapped(ct: Cotangent, shape: Shape, change: Reshaped) -> Cotangent:
    """The cotangent after a change of shape, made to the value and to each condition."""
    conditions = tuple((change(condition), truth) for condition, truth in ct.conditions)
    return Cotangent(
        change(ct.value),
        shape,
        conditions,
        stamp=ct.stamp,
        support=mapped_support(ct.support, change),
    )


def _broadcast(context: Context, eqn: Equation, ct: Cotangent) -> Iterator[tuple[int, Cotangent]]:
    yield 0, ct


def _reshape(context: Context, eqn: Equation, ct: Cotangent) -> Iterator[tuple[int, Cotangent]]:
    shape = eqn.inputs[0].shape

    def change(x: Operand) -> Operand:
        if all(n == 1 for n in x.shape):
            return context.builder.reshape(x, ())
        return context.builder.reshape(context.builder.broadcast(x, ct.shape), shape)

    yield 0, mapped(ct, shape, change)


def _transpose(context: Context, eqn: Equation, ct: Cotangent) -> Iterator[tuple[int, Cotangent]]:
    perm = eqn.params["perm"]
    inverse = [perm.index(k) for k in range(len(perm))]

    def change(x: Operand) -> Operand:
        return context.builder.transpose(padded(context.builder, x, len(perm)), inverse)

    def lazy(x: Operand) -> Operand:
        return x if x.shape == () else change(x)

    yield 0, mapped(ct, eqn.inputs[0].shape, lazy)


def padded(builder: GraphBuilder, x: Operand, ndim: int) -> Operand:
    """x with leading axes of size 1 added up to `ndim` axes."""
    return builder.reshape(x, (1,) * (ndim - len(x.shape)) + x.shape)


def _concatenate(context: Context, eqn: Equation, ct: Cotangent) -> Iterator[tuple[int, Cotangent]]:
    axis = eqn.params["axis"]
    start: Size = 0
    for k, x in enumerate(eqn.inputs):
        if context.wants(x):
            yield k, mapped(ct, x.shape, _part(context.builder, ct.shape, axis, start, x.shape))
        start = start + x.shape[axis]


def _part(builder: GraphBuilder, whole: Shape, axis: int, start: Size, shape: Shape) -> Reshaped:
    from_end = axis - len(whole)

    def change(x: Operand) -> Operand:
        if len(x.shape) < -from_end or x.shape[from_end] == 1 != whole[axis]:
            return x
        spec: list[Item] = [full(n) for n in x.shape]
        spec[from_end] = Slice(start, shape[axis], 1)
        return builder.index(x, tuple(spec))

    return change


def _broadcast_forward(
    context: Context, eqn: Equation, tangents: Sequence[Operand | None]
) -> Operand:
    assert tangents[0] is not None
    return context.builder.broadcast(tangents[0], eqn.output.shape)


def _reshape_forward(
    context: Context, eqn: Equation, tangents: Sequence[Operand | None]
) -> Operand:
    assert tangents[0] is not None
    return context.builder.reshape(tangents[0], eqn.output.shape)


def _transpose_forward(
    context: Context, eqn: Equation, tangents: Sequence[Operand | None]
) -> Operand:
    assert tangents[0] is not None
    return context.builder.transpose(tangents[0], eqn.params["perm"])


def _concatenate_forward(
    context: Context, eqn: Equation, tangents: Sequence[Operand | None]
) -> Operand:
    parts = [
        context.builder.full(0, x.shape, x.type.dtype) if t is None else t
        for x, t in zip(eqn.inputs, tangents, strict=True)
    ]
    return context.builder.emit(st.concatenate, *parts, axis=eqn.params["axis"])


LAZY: dict[Primitive, LazyRule] = {
    st.broadcast: _broadcast,
    st.reshape: _reshape,
    st.transpose: _transpose,
    st.concatenate: _concatenate,
}
FORWARD: dict[Primitive, ForwardRule] = {
    st.broadcast: _broadcast_forward,
    st.reshape: _reshape_forward,
    st.transpose: _transpose_forward,
    st.concatenate: _concatenate_forward,
}
