"""Reading and writing by index, and sorting."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from adjit.adjoint.context import Context, DenseRule, ForwardRule, LazyRule, Scatter
from adjit.adjoint.cotangents import Cotangent, with_scalar_conditions
from adjit.adjoint.rules.along import along_axis
from adjit.adjoint.support import written_over
from adjit.ir import Equation, GraphBuilder, Operand, Primitive, Shape, Size, Value, literal
from adjit.ir.dims import product
from adjit.ir.indexing import Gather, Spec, broadcast_equal, is_basic, result_shape
from adjit.ir.primitives import elementwise as ew
from adjit.ir.primitives import structural as st


def _index(context: Context, eqn: Equation, ct: Cotangent) -> Iterator[tuple[int, Scatter]]:
    # What is smaller than the place broadcasts into it.
    ct = with_scalar_conditions(context.builder, ct)
    yield 0, Scatter(ct.value, eqn.params["spec"], eqn.inputs[1:], ct.conditions, ct.support)


def _update(
    context: Context, eqn: Equation, ct: Operand
) -> Iterator[tuple[int, Operand | Scatter | Cotangent]]:
    builder, (x, v, *indices) = context.builder, eqn.inputs
    spec, adds = eqn.params["spec"], eqn.params["op"] == "add"
    # v first: the place is read before it is overwritten, so that it can be zeroed in place.
    if context.wants(v):
        part = builder.index(ct, spec, indices)
        if not adds and not distinct(context, spec, indices):
            won = _last_writers(builder, x.shape, spec, indices)
            part = builder.emit(ew.select, won, part, literal(0, part.type.dtype))
        yield 1, part
    if context.wants(x):
        if adds:
            yield 0, ct
            return
        rest = builder.update(ct, literal(0, ct.type.dtype), spec, indices)
        yield 0, Cotangent(rest, x.shape, support=written_over(builder, x.shape, spec, indices))


def _last_writers(
    builder: GraphBuilder, shape: Shape, spec: Spec, indices: Sequence[Operand]
) -> Operand:
    """For each element written, whether it is the one that stays: no later one of the same
    assignment goes to the same place."""
    place = result_shape(spec, [i.shape for i in indices])
    count = product(place)
    number = builder.reshape(builder.emit(st.iota, size=count), place)
    owners = builder.update(builder.full(0, shape, "int64"), number, spec, indices)
    return builder.emit(ew.eq, builder.index(owners, spec, indices), number)


def distinct(context: Context, spec: Spec, indices: Sequence[Operand]) -> bool:
    """True where no two elements of the place are the same element of the array.

    So it is with basic indices, and where one of the index arrays covers the place of all of
    them and has no entry twice.
    """
    if is_basic(spec):
        return True
    gathers = [item for item in spec if isinstance(item, Gather)]
    operands = [indices[item.operand] for item in gathers]
    place = broadcast_equal([x.shape for x in operands])
    found = [context.producer(x) for x in operands]
    if all(eqn is not None and eqn.primitive is st.nonzero for eqn in found):
        (first, *others) = found
        if first is not None and all(eqn is first for eqn in others):
            return set(operands) == set(first.outputs)
    return any(product(x.shape) == product(place) and _no_entry_twice(context, x) for x in operands)


def counts_up(context: Context, x: Operand, size: Size) -> bool:
    """True for 0, 1, ... up to an axis of this size."""
    made = context.producer(x)
    if made is not None and made.primitive is st.reshape:
        return counts_up(context, made.inputs[0], size)
    return made is not None and made.primitive is st.iota and bool(made.params["size"] == size)


def _no_entry_twice(context: Context, x: Operand) -> bool:
    """True for counts 0, 1, ... and permutations; never negative, so that none wraps around."""
    eqn = context.producer(x)
    if eqn is None:
        return False
    if eqn.primitive in (st.reshape, st.transpose):
        return _no_entry_twice(context, eqn.inputs[0])
    if eqn.primitive is st.sort:
        return x is eqn.outputs[1] and len(x.shape) == 1
    return eqn.primitive is st.iota or (eqn.primitive is st.nonzero and len(eqn.outputs) == 1)


def _sort(context: Context, eqn: Equation, ct: Operand) -> Iterator[tuple[int, Operand | Scatter]]:
    order: Value = eqn.outputs[1]
    yield 0, Scatter(ct, *along_axis(context.builder, order, eqn.params["axis"]))


def _reserve(context: Context, eqn: Equation, ct: Cotangent) -> Iterator[tuple[int, Cotangent]]:
    yield 0, ct


def _reserve_forward(
    context: Context, eqn: Equation, tangents: Sequence[Operand | None]
) -> Operand:
    assert tangents[0] is not None
    return context.builder.emit(st.reserve, tangents[0], count=eqn.params["count"])


def _index_forward(context: Context, eqn: Equation, tangents: Sequence[Operand | None]) -> Operand:
    assert tangents[0] is not None
    return context.builder.index(tangents[0], eqn.params["spec"], eqn.inputs[1:])


def _update_forward(context: Context, eqn: Equation, tangents: Sequence[Operand | None]) -> Operand:
    builder, (x, v, *indices) = context.builder, eqn.inputs
    into, written, *_ = tangents
    if into is None:
        into = builder.full(0, x.shape, x.type.dtype)
    if written is None:
        if eqn.params["op"] == "add":
            return into
        written = literal(0, v.type.dtype)
    return builder.update(into, written, eqn.params["spec"], indices, op=eqn.params["op"])


def _sort_forward(context: Context, eqn: Equation, tangents: Sequence[Operand | None]) -> Operand:
    assert tangents[0] is not None
    spec, indices = along_axis(context.builder, eqn.outputs[1], eqn.params["axis"])
    return context.builder.index(tangents[0], spec, indices)


LAZY: dict[Primitive, LazyRule] = {st.index: _index, st.reserve: _reserve}
DENSE: dict[Primitive, DenseRule] = {st.update: _update, st.sort: _sort}
FORWARD: dict[Primitive, ForwardRule] = {
    st.index: _index_forward,
    st.update: _update_forward,
    st.sort: _sort_forward,
    st.reserve: _reserve_forward,
}
