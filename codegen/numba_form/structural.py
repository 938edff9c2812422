"""How each structural primitive is lowered: one row each."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from adjit.codegen.numba_form import linear_algebra
from adjit.codegen.numba_form.access import aligned, identity, indexed, reshaped, transposed
from adjit.codegen.numba_form.accumulate import add_products, add_to_place
from adjit.codegen.numba_form.contractions import contract
from adjit.codegen.numba_form.lower import Lowering
from adjit.codegen.numba_form.overwrite import copy_into, may_overwrite, overwrite
from adjit.codegen.numba_form.space import Dynamic, Index
from adjit.codegen.numba_form.statements import Memory, Recipe
from adjit.codegen.program import FAILURE, Failure
from adjit.ir.bounds import bounds
from adjit.ir.dims import Size, product, symbols_of
from adjit.ir.errors import InternalError, ShapeError
from adjit.ir.graph import Equation
from adjit.ir.indexing import result_shape
from adjit.ir.primitives.structural import reduced_shape
from adjit.ir.values import Literal, Type, Value

Row = Callable[[Lowering, Equation], None]
_BOOL = np.dtype(np.bool_)


def elementwise(low: Lowering, eqn: Equation) -> None:
    """Computed where it is read."""
    if eqn.primitive.name == "add" and add_products(low, eqn):
        return
    shape = eqn.output.shape
    maps = tuple(aligned(x.shape, shape) for x in eqn.inputs)
    name = "copy" if eqn.primitive.name == "stop" else eqn.primitive.name
    low.virtual(eqn.output, Recipe(name, eqn.inputs, maps))


def dim(low: Lowering, eqn: Equation) -> None:
    size: Size = eqn.params["size"]
    low.virtual(eqn.output, Recipe("count", number=lambda index: size))


def iota(low: Lowering, eqn: Equation) -> None:
    low.virtual(eqn.output, Recipe("count", number=lambda index: index[0]))


def broadcast(low: Lowering, eqn: Equation) -> None:
    (x,) = eqn.inputs
    low.virtual(eqn.output, Recipe("copy", (x,), (aligned(x.shape, eqn.output.shape),)))


def transpose(low: Lowering, eqn: Equation) -> None:
    low.virtual(eqn.output, Recipe("copy", eqn.inputs, (transposed(eqn.params["perm"]),)))


def reshape(low: Lowering, eqn: Equation) -> None:
    """Split axes are index arithmetic; merged ones are the memory under another shape."""
    (x,) = eqn.inputs
    move, simple = reshaped(x.shape, eqn.output.shape)
    recipe = Recipe("copy", (x,), (move,))
    if simple or isinstance(x, Literal):
        low.virtual(eqn.output, recipe)
        return
    if low.is_stored(x) and x in low.memories and low.memories[x].layout != "C":
        x = low.copy(x, x.type)
        recipe = Recipe("copy", (x,), (move,))
    low.store(x)
    base = low.memories[x] if x in low.memories else low.memories[low.views[x][0]]
    base.owner.whole = True
    low.place(eqn.output, Memory(eqn.output.type, "view", eqn.output.name, base=base))
    low.views[eqn.output] = (x, recipe)


def index(low: Lowering, eqn: Equation) -> None:
    x, *operands = eqn.inputs
    spec = eqn.params["spec"]
    low.check(spec, operands, x.shape)
    low.virtual(eqn.output, Recipe("copy", (x,), (indexed(low.entry, spec, operands, x.shape),)))
    low.consumed(eqn.output, operands)


def update(low: Lowering, eqn: Equation) -> None:
    """In place where nothing needs the old version afterwards, else on a copy."""
    x, v, *operands = eqn.inputs
    spec, out = eqn.params["spec"], eqn.output
    low.check(spec, operands, x.shape)
    place = result_shape(spec, [i.shape for i in operands])
    move = indexed(low.entry, spec, operands, x.shape)
    at, axes = low.space.over(place)
    term = (v, aligned(v.shape, place)(at))
    if may_overwrite(low, x):
        assert isinstance(x, Value)
        low.take(out, x)
        indices = [(k, aligned(k.shape, place)(at)) for k in operands if isinstance(k, Value)]
        overwrite(low, low.memories[out], move(at), axes, [term, *indices])
    else:
        low.memory(out)
        copy_into(low, out, x)
    if (
        eqn.params["op"] == "add"
        and not operands
        and v.shape == place
        and add_to_place(low, out, v, move)
    ):
        return
    kind = "assign" if eqn.params["op"] == "set" else "add"
    low.write(kind, out, axes, move(at), [term])


def bind(low: Lowering, eqn: Equation) -> None:
    """A scalar that sizes mention, stored where it is bound."""
    (k,) = eqn.inputs
    low.virtual(eqn.output, Recipe("copy", (k,), (identity,)))
    low.store(eqn.output)
    low.memories[eqn.output].pinned = True
    low.bind(eqn.params["symbol"], eqn.output)


def require(low: Lowering, eqn: Equation) -> None:
    """A check of the user's own: a statement that ends the kernel where it fails."""
    (ok,) = eqn.inputs
    low.virtual(eqn.output, Recipe("copy", (ok,), (identity,)))
    failure = Failure(eqn.params["error"], eqn.params["arguments"], eqn.location)
    if failure not in low.failures:
        low.failures.append(failure)
    status = (low.failures.index(failure) + 1) * FAILURE
    low.write("require", low.temporary(Type(_BOOL)), (), (), [(ok, ())], status=status)


def empty(low: Lowering, eqn: Equation) -> None:
    low.memory(eqn.output)


def storage(low: Lowering, eqn: Equation) -> None:
    """Made with few entries; grows in `reserve`."""
    memory = low.memory(eqn.output)
    low.capacities.add(eqn.params["symbol"])
    memory.whole = memory.moves = memory.mutable = True


def reserve(low: Lowering, eqn: Equation) -> None:
    (x,) = eqn.inputs
    if not may_overwrite(low, x) or not isinstance(x, Value):
        raise InternalError("a growing storage is used after it has been written to")
    low.take(eqn.output, x)
    count = eqn.params["count"]
    low.write("reserve", eqn.output, (), (), (), count=count, sizes=(count,))


def reduce(low: Lowering, eqn: Equation) -> None:
    (x,), op, axes = eqn.inputs, eqn.params["op"], eqn.params["axes"]
    at, loops = low.space.over(x.shape)
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
        low.virtual(
            eqn.output,
            Recipe(
                "copy",
                (x,),
                (
                    lambda index: (
                        index
                        if keepdims
                        else tuple(index[places[k]] if k in places else 0 for k in full)
                    ),
                ),
            ),
        )
        return
    if op in ("max", "min"):
        need_elements(low, count, op)
    target = eqn.output
    if op == "mean":
        target = low.temporary(eqn.output.type, "")
    low.fold(target, x, at, loops, kept, write, "sum" if op == "mean" else op)
    if op == "mean":
        low.virtual(
            eqn.output,
            Recipe(
                "div", (target, low.size_operand(count, target.type)), (identity, lambda index: ())
            ),
        )


def need_elements(low: Lowering, count: Size, op: str) -> None:
    """A maximum of nothing is an error, as in NumPy."""
    if count == 0:
        raise ShapeError(f"np.{op} of an array without elements has no value")
    least, _ = bounds(count)
    if least is not None and least >= 1:
        return
    if low.scope.parent is not None or any(s in low.bound for s in symbols_of(count)):
        low.write("nonempty", low.temporary(Type(_BOOL)), (), (), (), sizes=(count,))
    elif count not in low.nonempty:
        low.nonempty.append(count)


def argreduce(low: Lowering, eqn: Equation) -> None:
    (x,), axis = eqn.inputs, eqn.params["axis"]
    need_elements(low, x.shape[axis], f"arg{eqn.params['op']}")
    along = low.space.axis(x.shape[axis])
    kept_index, kept = low.space.over(reduced_shape(x.shape, (axis,), False))
    at = (*kept_index[:axis], along.index, *kept_index[axis:])
    low.memory(eqn.output)
    low.write(
        "arg",
        eqn.output,
        (*kept, along),
        kept_index,
        [(x, at)],
        op=eqn.params["op"],
        kept=len(kept),
        along=along.index,
    )


def cumulative(low: Lowering, eqn: Equation) -> None:
    (x,), axis = eqn.inputs, eqn.params["axis"]
    along = low.space.axis(x.shape[axis])
    kept_index, kept = low.space.over(reduced_shape(x.shape, (axis,), False))
    step = x.shape[axis] - 1 - along.index if eqn.params["reverse"] else along.index
    at = (*kept_index[:axis], step, *kept_index[axis:])
    low.memory(eqn.output)
    low.write(
        "scan", eqn.output, (*kept, along), at, [(x, at)], op=eqn.params["op"], kept=len(kept)
    )


def concatenate(low: Lowering, eqn: Equation) -> None:
    axis = eqn.params["axis"]
    low.memory(eqn.output)
    offset: Size = 0
    for x in eqn.inputs:
        at, axes = low.space.over(x.shape)
        place = tuple(i + offset if k == axis else i for k, i in enumerate(at))
        low.write("assign", eqn.output, axes, place, [(x, at)])
        offset = offset + x.shape[axis]


def sort(low: Lowering, eqn: Equation) -> None:
    """The order is an opaque call per row; the sorted array reads through it."""
    (x,), axis = eqn.inputs, eqn.params["axis"]
    values, order = eqn.outputs
    if isinstance(x, Value):
        low.store(x)
    along = low.space.axis(x.shape[axis])
    kept_index, kept = low.space.over(reduced_shape(x.shape, (axis,), False))
    at = (*kept_index[:axis], along.index, *kept_index[axis:])
    low.memory(order)
    low.write("argsort", order, kept, at, [(x, at)], along=along)

    def sorted_from(index: Index) -> Index:
        read = Dynamic(order, index, x.shape[axis], True)
        return (*index[:axis], low.space.dynamic(read), *index[axis + 1 :])

    low.virtual(values, Recipe("copy", (x,), (sorted_from,)))
    low.consumed(values, [order])


def nonzero(low: Lowering, eqn: Equation) -> None:
    """Count, then one array of positions per axis."""
    (mask,) = eqn.inputs
    count = low.temporary(Type(np.dtype(np.int64)), "count")
    ones = low.virtual(
        low.temporary(Type(np.dtype(np.int64), mask.shape)), Recipe("convert", (mask,), (identity,))
    )
    at, axes = low.space.over(mask.shape)
    low.fold(count, ones, at, axes, (), (), "sum")
    low.bind(eqn.params["symbol"], count)
    for k, value in enumerate(eqn.outputs):
        at, axes = low.space.over(mask.shape)
        low.memory(value)
        low.write("compress", value, axes, (low.space.axis(1).index,), [(mask, at)], number=at[k])


ROWS: dict[str, Row] = {
    "dim": dim,
    "iota": iota,
    "broadcast": broadcast,
    "transpose": transpose,
    "reshape": reshape,
    "index": index,
    "update": update,
    "reduce": reduce,
    "argreduce": argreduce,
    "cumulative": cumulative,
    "concatenate": concatenate,
    "sort": sort,
    "nonzero": nonzero,
    "contract": contract,
    **linear_algebra.ROWS,
    "bind": bind,
    "require": require,
    "empty": empty,
    "storage": storage,
    "reserve": reserve,
}
