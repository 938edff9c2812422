"""Sums of products by labels: what `einsum`, `matmul`, `dot` and the like have in common.

`product(t, a, a_labels, b, b_labels, out_labels)` takes any labels that einsum allows for two
operands; what the primitive `contract` does not (size-1 axes that broadcast, labels that are
summed in one operand alone) is taken care of here.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from adjit.ir.dims import Size
from adjit.ir.indexing import At, Gather, Item, Slice, full
from adjit.ir.primitives import elementwise as ew
from adjit.ir.primitives import structural as st
from adjit.ir.values import Operand, literal
from adjit.tracer.trace import Trace

Labels = tuple[int, ...]


def product(
    t: Trace,
    a: Operand,
    a_labels: Sequence[int],
    b: Operand,
    b_labels: Sequence[int],
    out_labels: Sequence[int],
) -> Operand:
    """`einsum(a, a_labels, b, b_labels, out_labels)`; both of one dtype."""
    out = tuple(out_labels)
    a, left = summed_alone(t, *diagonals(t, a, a_labels), {*b_labels, *out})
    b, right = summed_alone(t, *diagonals(t, b, b_labels), {*left, *out})
    sizes = _label_sizes(t, [(a, left), (b, right)])
    a, left = _dropped(t, a, left, sizes, out)
    b, right = _dropped(t, b, right, sizes, out)
    a, left = summed_alone(t, a, left, {*right, *out})
    b, right = summed_alone(t, b, right, {*left, *out})
    return _contract(t, a, left, b, right, out)


def _contract(
    t: Trace, a: Operand, left: Labels, b: Operand, right: Labels, out: Labels
) -> Operand:
    if not left or not right:
        made = t.builder.mul(a, b)
        labels = left or right
        return t.builder.transpose(made, [labels.index(label) for label in out])
    if a.type.dtype.kind == "b":
        counted = _contract(
            t, t.builder.convert(a, np.int64), left, t.builder.convert(b, np.int64), right, out
        )
        return t.builder.emit(ew.gt, counted, literal(0, np.int64))
    number = {label: k for k, label in enumerate(dict.fromkeys((*left, *right)))}
    a_axes, b_axes, out_axes = (tuple(number[n] for n in names) for names in (left, right, out))
    return t.builder.emit(st.contract, a, b, a_axes=a_axes, b_axes=b_axes, out_axes=out_axes)


def diagonals(t: Trace, x: Operand, labels: Sequence[int]) -> tuple[Operand, Labels]:
    """Repeated labels of one operand become one axis, the diagonal."""
    names = tuple(labels)
    for label in dict.fromkeys(names):
        while names.count(label) > 1:
            first = names.index(label)
            second = names.index(label, first + 1)
            x = diagonal(t, x, first, second, 0, x.shape[first])
            names = (*(n for k, n in enumerate(names) if k not in (first, second)), label)
    return x, names


def diagonal(t: Trace, x: Operand, axis1: int, axis2: int, offset: Size, size: Size) -> Operand:
    """The diagonal of two axes as the last axis: `size` elements, from column `offset` on, or
    from row `-offset` on where that is negative."""
    rest = [k for k in range(len(x.shape)) if k not in (axis1, axis2)]
    x = t.builder.transpose(x, [*rest, axis1, axis2])
    steps = t.builder.emit(st.iota, size=size)
    row: Operand = steps
    column: Operand = steps
    if not (isinstance(offset, int) and offset == 0):
        if t.sizes.decide(offset, ">", 0):
            column = t.builder.add(steps, t.builder.dim(offset))
        else:
            row = t.builder.sub(steps, t.builder.dim(offset))
    spec: list[Item] = [full(n) for n in x.shape[:-2]]
    return t.builder.index(x, (*spec, Gather(0, True), Gather(1, True)), (row, column))


def summed_alone(t: Trace, x: Operand, labels: Labels, needed: set[int]) -> tuple[Operand, Labels]:
    """Sum over the axes whose label nothing else needs."""
    axes = [k for k, label in enumerate(labels) if label not in needed]
    if not axes:
        return x, labels
    op = "any" if x.type.dtype.kind == "b" else "sum"
    return t.builder.reduce(x, op, axes), tuple(n for n in labels if n in needed)


def _label_sizes(t: Trace, operands: Sequence[tuple[Operand, Labels]]) -> dict[int, Size]:
    """The size of each label; 1 broadcasts against anything."""
    sizes: dict[int, Size] = {}
    for x, labels in operands:
        for label, n in zip(labels, x.shape, strict=True):
            known = sizes.get(label)
            sizes[label] = n if known is None else t.sizes.broadcast([(known,), (n,)])[0]
    return {label: t.sizes.resolve(n) for label, n in sizes.items()}


def _dropped(
    t: Trace, x: Operand, labels: Labels, sizes: dict[int, Size], out: Labels
) -> tuple[Operand, Labels]:
    """Without the axes of size 1 that broadcast against a larger axis of the other operand."""
    drop = [k for k, label in enumerate(labels) if x.shape[k] == 1 and sizes[label] != 1]
    if not drop:
        return x, labels
    spec = tuple(At(0) if k in drop else Slice(0, n) for k, n in enumerate(x.shape))
    return t.builder.index(x, spec), tuple(n for k, n in enumerate(labels) if k not in drop)
