"""The contraction of two arrays: bilinear, so each adjoint is a contraction with the labels
exchanged. `dW = dz x'` and `dx = W' dz` keep the order in which they stand on a board."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from adjit.adjoint.arithmetic import plus, times
from adjit.adjoint.context import Context, ForwardRule, LazyRule
from adjit.adjoint.cotangents import Cotangent, with_scalar_conditions
from adjit.adjoint.rules.shapes import padded
from adjit.adjoint.support import Support, mapped_support
from adjit.ir import Equation, GraphBuilder, Operand, Primitive, literal
from adjit.ir.primitives import structural as st

Labels = Sequence[int]


def _contract(context: Context, eqn: Equation, ct: Cotangent) -> Iterator[tuple[int, Cotangent]]:
    builder, (a, b), p = context.builder, eqn.inputs, eqn.params
    ct = with_scalar_conditions(builder, ct)
    value, out = _varying(builder, ct, p["out_axes"])
    labels_a, labels_b = p["a_axes"], p["b_axes"]
    twice = a is b and labels_a == labels_b
    if twice:
        value = times(builder, value, literal(2, value.type.dtype))
    sides = [(0, a, labels_a, b, labels_b), (1, b, labels_b, a, labels_a)][: 1 if twice else 2]
    # Parameters first, then on to what comes before: dW, then dx.
    sides.sort(key=lambda side: context.producer(side[1]) is not None)
    for k, x, labels, other, other_labels in sides:
        if context.wants(x):
            part = _adjoint(builder, value, out, other, other_labels, labels, ct_first=k == 0)
            yield (
                k,
                Cotangent(
                    part,
                    x.shape,
                    ct.conditions,
                    stamp=(builder.location, builder.source),
                    support=_support(builder, ct.support, p["out_axes"], labels),
                ),
            )


def _support(
    builder: GraphBuilder, support: Support | None, out: Labels, target: Labels
) -> Support | None:
    """An entry is 0 where all that is summed up for it is."""

    def change(mask: Operand) -> Operand:
        mask = padded(builder, mask, len(out))
        gone = [k for k, label in enumerate(out) if label not in target]
        mask = builder.reduce(mask, "any", gone)
        kept = [label for label in out if label in target]
        order = [label for label in target if label in kept]
        mask = builder.transpose(mask, [kept.index(label) for label in order])
        sizes = dict(zip(order, mask.shape, strict=True))
        return builder.reshape(mask, tuple(sizes.get(label, 1) for label in target))

    return mapped_support(support, change)


def _varying(
    builder: GraphBuilder, ct: Cotangent, labels: Labels
) -> tuple[Operand, tuple[int, ...]]:
    """The cotangent without the axes along which it is constant, and the labels left."""
    offset = len(labels) - len(ct.value.shape)
    kept = tuple(label for k, label in enumerate(labels[offset:]) if ct.value.shape[k] != 1)
    shape = tuple(n for n in ct.value.shape if n != 1)
    return builder.reshape(ct.value, shape), kept


def _adjoint(
    builder: GraphBuilder,
    ct: Operand,
    out: Labels,
    other: Operand,
    labels: Labels,
    target: Labels,
    *,
    ct_first: bool,
) -> Operand:
    """The cotangent of the operand with labels `target`; it may lack axes along which it is
    constant, as `spread` leaves them out."""
    extra = [k for k, label in enumerate(labels) if label not in target and label not in out]
    other = builder.reduce(other, "sum", extra)
    labels = tuple(label for label in labels if label in target or label in out)
    result = tuple(label for label in target if label in labels or label in out)
    if not out or not labels:
        # One of the two is a number: a product, the axes of the other one put in order.
        present, array = (labels, other) if not out else (out, ct)
        array = builder.transpose(array, [present.index(label) for label in result])
        number = ct if not out else other
        value = times(builder, number, array)
    elif ct_first:
        value = builder.emit(
            st.contract, ct, other, a_axes=tuple(out), b_axes=labels, out_axes=result
        )
    else:
        value = builder.emit(
            st.contract, other, ct, a_axes=labels, b_axes=tuple(out), out_axes=result
        )
    sizes = dict(zip(result, value.shape, strict=True))
    shape = [sizes.get(label, 1) for label in target]
    while shape and shape[0] == 1 and len(shape) > len(value.shape):
        shape.pop(0)
    return builder.reshape(value, tuple(shape)) if len(shape) != len(value.shape) else value


def _contract_forward(
    context: Context, eqn: Equation, tangents: Sequence[Operand | None]
) -> Operand:
    builder, (a, b) = context.builder, eqn.inputs
    parts = [
        builder.emit(st.contract, *pair, **eqn.params)
        for pair, tangent in (((tangents[0], b), tangents[0]), ((a, tangents[1]), tangents[1]))
        if tangent is not None
    ]
    return parts[0] if len(parts) == 1 else plus(builder, *parts)


LAZY: dict[Primitive, LazyRule] = {st.contract: _contract}
FORWARD: dict[Primitive, ForwardRule] = {st.contract: _contract_forward}
