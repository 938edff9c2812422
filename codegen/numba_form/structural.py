"""How each structural primitive is lowered: one row each."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from adjit.codegen.numba_form.access import aligned, identity, indexed, reshaped, transposed
from adjit.codegen.numba_form.accumulate import add_products, add_to_place
from adjit.codegen.numba_form.contractions import contract
from adjit.codegen.numba_form.lower import Lowering
from adjit.codegen.numba_form.space import Dynamic, Index
from adjit.codegen.numba_form.statements import Memory, Recipe
from adjit.ir.dims import Size, bounds, product
from adjit.ir.errors import ShapeError
from adjit.ir.graph import Equation
from adjit.ir.indexing import result_shape
from adjit.ir.primitives.structural import reduced_shape
from adjit.ir.values import Literal, Type, Value

Row = Callable[[Lowering, Equation], None]


def elementwise(l: Lowering, eqn: Equation) -> None:
    """Computed where it is read."""
    if eqn.primitive.name == "add" and add_products(l, eqn):
        return
    shape = eqn.output.shape
    maps = tuple(aligned(x.shape, shape) for x in eqn.inputs)
    name = "copy" if eqn.primitive.name == "stop" else eqn.primitive.name
    l.virtual(eqn.output, Recipe(name, eqn.inputs, maps))


def dim(l: Lowering, eqn: Equation) -> None:
    size: Size = eqn.params["size"]
    l.virtual(eqn.output, Recipe("count", number=lambda index: size))


def iota(l: Lowering, eqn: Equation) -> None:
    l.virtual(eqn.output, Recipe("count", number=lambda index: index[0]))


def broadcast(l: Lowering, eqn: Equation) -> None:
    (x,) = eqn.inputs
    l.virtual(eqn.output, Recipe("copy", (x,), (aligned(x.shape, eqn.output.shape),)))


def transpose(l: Lowering, eqn: Equation) -> None:
    l.virtual(eqn.output, Recipe("copy", eqn.inputs, (transposed(eqn.params["perm"]),)))


def reshape(l: Lowering, eqn: Equation) -> None:
    """Split axes are index arithmetic; merged ones are the memory under another shape."""
    (x,) = eqn.inputs
    move, simple = reshaped(x.shape, eqn.output.shape)
    recipe = Recipe("copy", (x,), (move,))
    if simple or isinstance(x, Literal):
        l.virtual(eqn.output, recipe)
        return
    if l.is_stored(x) and x in l.memories and l.memories[x].layout != "C":
        x = l.copy(x, x.type)
        recipe = Recipe("copy", (x,), (move,))
    l.store(x)
    base = l.memories[x] if x in l.memories else l.memories[l.views[x][0]]
    base.owner.whole = True
    l.memories[eqn.output] = Memory(eqn.output.type, "view", eqn.output.name, base=base)
    l.views[eqn.output] = (x, recipe)


def index(l: Lowering, eqn: Equation) -> None:
    x, *operands = eqn.inputs
    spec = eqn.params["spec"]
    l.check(spec, operands, x.shape)
    l.virtual(eqn.output, Recipe("copy", (x,), (indexed(l.entry, spec, operands, x.shape),)))


def update(l: Lowering, eqn: Equation) -> None:
    """In place where the old version has no other reader, else on a copy."""
    x, v, *operands = eqn.inputs
    spec, out = eqn.params["spec"], eqn.output
    l.check(spec, operands, x.shape)
    if _may_overwrite(l, x):
        assert isinstance(x, Value)
        l.memories[out] = l.memories[x]
        l.memories[out].wish = out.name or l.memories[out].wish
        l.writers[out] = list(l.writers[x])
    else:
        l.memory(out)
        at, axes = l.space.over(out.shape)
        l.write("assign", out, axes, at, [(x, at)])
    place = result_shape(spec, [i.shape for i in operands])
    move = indexed(l.entry, spec, operands, x.shape)
    if eqn.params["op"] == "add" and not operands and v.shape == place and add_to_place(
            l, out, v, move):
        return
    at, axes = l.space.over(place)
    target = move(at)
    kind = "assign" if eqn.params["op"] == "set" else "add"
    l.write(kind, out, axes, target, [(v, aligned(v.shape, place)(at))])


def _may_overwrite(l: Lowering, x: object) -> bool:
    return (isinstance(x, Value) and x in l.memories and x not in l.views and l.uses[x] == 1
            and x not in l.recipes and l.memories[x].kind == "temporary"
            and not l.memories[x].whole)


def reduce(l: Lowering, eqn: Equation) -> None:
    (x,), op, axes = eqn.inputs, eqn.params["op"], eqn.params["axes"]
    at, loops = l.space.over(x.shape)
    real = [k for k, n in enumerate(x.shape) if n != 1]
    kept = [a for k, a in zip(real, loops, strict=True) if k not in axes]
    keepdims = eqn.params["keepdims"]
    if keepdims:
        write = tuple(0 if k in axes else i for k, i in enumerate(at))
    else:
        write = tuple(i for k, i in enumerate(at) if k not in axes)
    count = product(x.shape[k] for k in axes)
    if count == 1:
        places = {k: q for q, k in enumerate(k for k in range(len(x.shape)) if k not in axes)}
        full = range(len(x.shape))
        l.virtual(eqn.output, Recipe("copy", (x,), (
            lambda index: index if keepdims else tuple(
                index[places[k]] if k in places else 0 for k in full),)))
        return
    if op in ("max", "min"):
        need_elements(l, count, op)
    target = eqn.output
    if op == "mean":
        target = l.temporary(eqn.output.type, "")
    l.fold(target, x, at, loops, kept, write, "sum" if op == "mean" else op)
    if op == "mean":
        l.virtual(eqn.output, Recipe(
            "div", (target, l.size_operand(count, target.type)),
            (identity, lambda index: ())))


def need_elements(l: Lowering, count: Size, op: str) -> None:
    """A maximum of nothing is an error, as in NumPy."""
    if count == 0:
        raise ShapeError(f"np.{op} of an array without elements has no value")
    low, _ = bounds(count)
    if (low is None or low < 1) and count not in l.nonempty:
        l.nonempty.append(count)


def argreduce(l: Lowering, eqn: Equation) -> None:
    (x,), axis = eqn.inputs, eqn.params["axis"]
    need_elements(l, x.shape[axis], f"arg{eqn.params['op']}")
    along = l.space.axis(x.shape[axis])
    kept_index, kept = l.space.over(reduced_shape(x.shape, (axis,), False))
    at = (*kept_index[:axis], along.index, *kept_index[axis:])
    l.memory(eqn.output)
    l.write("arg", eqn.output, (*kept, along), kept_index, [(x, at)], op=eqn.params["op"],
            kept=len(kept), along=along.index)


def cumulative(l: Lowering, eqn: Equation) -> None:
    (x,), axis = eqn.inputs, eqn.params["axis"]
    along = l.space.axis(x.shape[axis])
    kept_index, kept = l.space.over(reduced_shape(x.shape, (axis,), False))
    step = x.shape[axis] - 1 - along.index if eqn.params["reverse"] else along.index
    at = (*kept_index[:axis], step, *kept_index[axis:])
    l.memory(eqn.output)
    l.write("scan", eqn.output, (*kept, along), at, [(x, at)], op=eqn.params["op"],
            kept=len(kept))


def concatenate(l: Lowering, eqn: Equation) -> None:
    axis = eqn.params["axis"]
    l.memory(eqn.output)
    offset: Size = 0
    for x in eqn.inputs:
        at, axes = l.space.over(x.shape)
        place = tuple(i + offset if k == axis else i for k, i in enumerate(at))
        l.write("assign", eqn.output, axes, place, [(x, at)])
        offset = offset + x.shape[axis]


def sort(l: Lowering, eqn: Equation) -> None:
    """The order is an opaque call per row; the sorted array reads through it."""
    (x,), axis = eqn.inputs, eqn.params["axis"]
    values, order = eqn.outputs
    if isinstance(x, Value):
        l.store(x)
    along = l.space.axis(x.shape[axis])
    kept_index, kept = l.space.over(reduced_shape(x.shape, (axis,), False))
    at = (*kept_index[:axis], along.index, *kept_index[axis:])
    l.memory(order)
    l.write("argsort", order, kept, at, [(x, at)], along=along)

    def sorted_from(index: Index) -> Index:
        read = Dynamic(order, index, x.shape[axis], True)
        return (*index[:axis], l.space.dynamic(read), *index[axis + 1:])

    l.virtual(values, Recipe("copy", (x,), (sorted_from,)))


def nonzero(l: Lowering, eqn: Equation) -> None:
    """Count, then one array of positions per axis."""
    (mask,) = eqn.inputs
    count = l.temporary(Type(np.dtype(np.int64)), "count")
    ones = l.virtual(l.temporary(Type(np.dtype(np.int64), mask.shape)),
                     Recipe("convert", (mask,), (identity,)))
    at, axes = l.space.over(mask.shape)
    l.fold(count, ones, at, axes, (), (), "sum")
    l.bound[eqn.params["symbol"]] = count
    for k, value in enumerate(eqn.outputs):
        at, axes = l.space.over(mask.shape)
        l.memory(value)
        l.write("compress", value, axes, (l.space.axis(1).index,), [(mask, at)], number=at[k])


ROWS: dict[str, Row] = {
    "dim": dim, "iota": iota, "broadcast": broadcast, "transpose": transpose,
    "reshape": reshape, "index": index, "update": update, "reduce": reduce,
    "argreduce": argreduce, "cumulative": cumulative, "concatenate": concatenate, "sort": sort,
    "nonzero": nonzero, "contract": contract,
}
