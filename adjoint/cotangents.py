"""Cotangents in flight, kept lazy in two ways until something needs the whole array.

*Shape*: the value may be smaller than the array it belongs to and then broadcasts to it (the
cotangent of `x` in `np.sum(x)` is one number).

*Conditions*: the cotangent is `value` where all conditions hold and exactly 0 elsewhere, whatever
`value` is there. Elementwise rules go on multiplying `value` and keep the conditions; one `select`
is emitted in the end. So the gradient of `np.where(x > 0, np.sqrt(x), 0)` at 0 is 0, not
0 * inf, and reads `np.where(x > 0, dy * 0.5 / t, 0)`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from adjit.adjoint.arithmetic import negative, plus, size_as, times, unsigned
from adjit.adjoint.expressions import both, either
from adjit.adjoint.support import Support, intersection, summed, union
from adjit.ir import GraphBuilder, Literal, Location, Operand, Shape, Size, Value, literal
from adjit.ir.primitives import elementwise as ew

#: A bool operand, and the truth that it must have.
Condition = tuple[Operand, bool]


@dataclass(slots=True, eq=False)
class Cotangent:
    """`value`, broadcast to `shape`, where all `conditions` hold; exactly 0 elsewhere.

    Passed on without a change it stays the same object, so that it is emitted once. `name` is for
    the `select` that merges value and conditions; `stamp` is the statement it belongs to.
    `support`: where, by the way it was made, the value can be other than 0 (None: anywhere).
    """

    value: Operand
    shape: Shape
    conditions: tuple[Condition, ...] = ()
    name: str = ""
    stamp: tuple[Location | None, Value | None] = (None, None)
    merged: Operand | None = None
    support: Support | None = None


def merge(builder: GraphBuilder, ct: Cotangent) -> Operand:
    """The cotangent as one operand, which may still be smaller than `ct.shape`."""
    if not ct.conditions:
        return ct.value
    if ct.merged is None:
        before = builder.location, builder.source
        builder.location, builder.source = ct.stamp
        ct.merged = _select(builder, ct.conditions, ct.value, ct.name)
        builder.location, builder.source = before
    return ct.merged


def whole(builder: GraphBuilder, ct: Cotangent) -> Operand:
    """The cotangent as one operand of its full shape."""
    return builder.broadcast(merge(builder, ct), ct.shape)


def merged(builder: GraphBuilder, ct: Cotangent) -> Cotangent:
    """The same cotangent without conditions."""
    if not ct.conditions:
        return ct
    return replace(ct, value=merge(builder, ct), conditions=(), support=support_of(builder, ct))


def support_of(builder: GraphBuilder, ct: Cotangent) -> Support | None:
    """Where the cotangent, its conditions taken into account, can be other than 0."""
    if not ct.conditions:
        return ct.support
    return intersection(builder, ct.support, Support(lambda: _mask(builder, ct.conditions)))


def on_support(builder: GraphBuilder, ct: Cotangent) -> Cotangent | None:
    """The cotangent before a factor that may be infinite: its support becomes a condition."""
    if ct.support is None:
        return ct
    part = restricted(builder, ct, ct.support.mask())
    return part if part is None else replace(part, support=None)


def with_scalar_conditions(builder: GraphBuilder, ct: Cotangent) -> Cotangent:
    """The same cotangent with conditions left only if each is one number: such hold for whatever
    is made of it linearly."""
    return merged(builder, ct) if any(condition.shape for condition, _ in ct.conditions) else ct


def restricted(
    builder: GraphBuilder, ct: Cotangent, condition: Operand, truth: bool = True
) -> Cotangent | None:
    """`ct` where the condition has this truth, exactly 0 elsewhere; None: nowhere."""
    if isinstance(condition, Literal):
        return ct if condition.value == truth else None
    if (condition, truth) in ct.conditions:
        return ct
    if (condition, not truth) in ct.conditions:
        return None
    return Cotangent(
        ct.value,
        ct.shape,
        (*ct.conditions, (condition, truth)),
        stamp=(builder.location, builder.source),
        support=ct.support,
    )


def _select(
    builder: GraphBuilder, conditions: Sequence[Condition], value: Operand, name: str = ""
) -> Operand:
    zero = literal(0, value.type.dtype)
    if len(conditions) == 1 and not conditions[0][1]:
        return builder.emit(ew.select, conditions[0][0], zero, value, name=name)
    return builder.emit(ew.select, _mask(builder, conditions), value, zero, name=name)


def _mask(builder: GraphBuilder, conditions: Sequence[Condition]) -> Operand:
    mask: Operand = literal(True)
    for condition, truth in conditions:
        one = condition if truth else builder.emit(ew.logical_not, condition)
        mask = both(builder, mask, one)
    return mask


def combined(builder: GraphBuilder, a: Cotangent, b: Cotangent) -> Cotangent:
    """The sum; exactly 0 wherever both are."""
    out = _combined(builder, a, b)
    if a.support is not None or b.support is not None:
        out.support = union(builder, a.shape, support_of(builder, a), support_of(builder, b))
    return out


def _combined(builder: GraphBuilder, a: Cotangent, b: Cotangent) -> Cotangent:
    common = tuple(c for c in a.conditions if c in b.conditions)
    rest_a = tuple(c for c in a.conditions if c not in common)
    rest_b = tuple(c for c in b.conditions if c not in common)
    stamp = (builder.location, builder.source)
    if len(rest_a) == len(rest_b) == 1 and rest_a[0] == (rest_b[0][0], not rest_b[0][1]):
        ((condition, truth),) = rest_a
        branches = (a.value, b.value) if truth else (b.value, a.value)
        value: Operand = builder.emit(ew.select, condition, *branches)
        return Cotangent(value, a.shape, common, stamp=stamp)
    if not rest_a and not rest_b:
        return Cotangent(plus(builder, a.value, b.value), a.shape, common, stamp=stamp)
    values = [
        merge(builder, ct)
        if rest and not common
        else _select(builder, rest, ct.value)
        if rest
        else ct.value
        for ct, rest in ((a, rest_a), (b, rest_b))
    ]
    conditions = common
    if rest_a and rest_b:
        anywhere = either(builder, _mask(builder, rest_a), _mask(builder, rest_b))
        conditions = (*common, (anywhere, True))
    return Cotangent(plus(builder, *values), a.shape, conditions, stamp=stamp)


def spread(builder: GraphBuilder, x: Operand, axes: Sequence[int], ndim: int) -> Operand:
    """What undoes dropping `axes` of `ndim` axes: x with size 1 there, so that it broadcasts.

    Leading axes of size 1 are left out.
    """
    kept = [k for k in range(ndim) if k not in axes]
    sizes: list[Size] = [1] * ndim
    for k, n in zip(kept[len(kept) - len(x.shape) :], x.shape, strict=True):
        sizes[k] = n
    target = _without_leading_ones(tuple(sizes))
    if target == _without_leading_ones(x.shape):
        return x
    return builder.reshape(x, target)


def _without_leading_ones(shape: Shape) -> Shape:
    lead = next((k for k, n in enumerate(shape) if n != 1), len(shape))
    return shape[lead:]


def unbroadcast(builder: GraphBuilder, ct: Cotangent, target: Shape) -> Cotangent:
    """The cotangent of the operand of shape `target` that was broadcast to `ct.shape`: the sum
    over the axes along which it was repeated."""
    if ct.shape == target:
        return ct
    full, lead = ct.shape, len(ct.shape) - len(target)
    axes = [k for k, n in enumerate(full) if k < lead or (target[k - lead] == 1 and n != 1)]
    if any(_varies(condition.shape, k - len(full)) for condition, _ in ct.conditions for k in axes):
        ct = merged(builder, ct)
    value = _summed(builder, ct.value, full, axes, lead)
    conditions = tuple(
        (fit(builder, condition, len(target)), truth) for condition, truth in ct.conditions
    )
    support = summed(
        builder,
        ct.support,
        [k - len(full) for k in axes],
        lambda mask: fit(builder, mask, len(target)),
    )
    return Cotangent(
        fit(builder, value, len(target)), target, conditions, stamp=ct.stamp, support=support
    )


def _summed(
    builder: GraphBuilder, value: Operand, full: Shape, axes: Sequence[int], lead: int
) -> Operand:
    """Sum of `value`, broadcast to `full`, over `axes`; where it is constant along one of them,
    a product with the size."""
    offset = len(full) - len(value.shape)
    present = [k for k in axes if _varies(value.shape, k - len(full))]
    copies: Size = 1
    for k in axes:
        if k not in present:
            copies = copies * full[k]
    inner = any(k >= lead for k in present)
    value, sign = unsigned(builder, value) if present else (value, 1)
    value = builder.reduce(value, "sum", [k - offset for k in present], keepdims=inner)
    value = negative(builder, value) if sign < 0 else value
    if copies == 1:
        return value
    dtype = value.type.dtype
    factor = literal(copies, dtype) if isinstance(copies, int) else size_as(builder, copies, dtype)
    return times(builder, value, factor)


def _varies(shape: Shape, axis_from_end: int) -> bool:
    """True where an array of this shape has more than one entry along the axis (negative)."""
    return len(shape) >= -axis_from_end and shape[axis_from_end] != 1


def fit(builder: GraphBuilder, x: Operand, ndim: int) -> Operand:
    """x with at most `ndim` axes: leading axes of size 1 dropped."""
    return builder.reshape(x, x.shape[len(x.shape) - ndim :]) if len(x.shape) > ndim else x
