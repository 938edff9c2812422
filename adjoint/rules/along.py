"""Indexing and moving along one axis, shared by the rules."""

from __future__ import annotations

from collections.abc import Callable

from adjit.adjoint.cotangents import spread
from adjit.ir import GraphBuilder, Operand
from adjit.ir.indexing import Gather, Spec
from adjit.ir.primitives import structural as st


def along_axis(
    builder: GraphBuilder, order: Operand, axis: int
) -> tuple[Spec, tuple[Operand, ...]]:
    """Spec and indices that read, for every place, the entry `order` along `axis`: NumPy's
    `take_along_axis`."""
    ndim = len(order.shape)
    indices: list[Operand] = []
    for k, n in enumerate(order.shape):
        if k == axis:
            indices.append(order)
        else:
            index = builder.emit(st.iota, size=n)
            indices.append(spread(builder, index, [j for j in range(ndim) if j != k], ndim))
    return tuple(Gather(k, checked=True) for k in range(ndim)), tuple(indices)


def moved_last(
    builder: GraphBuilder, x: Operand, axis: int
) -> tuple[Operand, Callable[[Operand], Operand]]:
    """x with `axis` moved to the end, and what moves it back."""
    perm = [*(k for k in range(len(x.shape)) if k != axis), axis]
    inverse = [perm.index(k) for k in range(len(perm))]
    return builder.transpose(x, perm), lambda y: builder.transpose(y, inverse)
