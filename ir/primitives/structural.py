"""Structural primitives: reductions, contractions, shape changes, indexing, joining, sorting."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from adjit.ir.dims import Size, symbol_size
from adjit.ir.indexing import broadcast_equal, result_shape
from adjit.ir.primitives.core import Primitive, register, require
from adjit.ir.values import Shape, Type

INT = np.dtype(np.int64)
BOOL = np.dtype(np.bool_)
REDUCTIONS = ("sum", "mean", "prod", "max", "min", "any", "all")
CUMULATIVE = ("sum", "prod", "max", "min")

Params = Mapping[str, Any]
Rule = Callable[[Sequence[Type], Params, Sequence[Any]], tuple[Type, ...]]


def structural(name: str) -> Callable[[Rule], Primitive]:
    def decorate(rule: Rule) -> Primitive:
        return register(Primitive(name, "structural", rule))

    return decorate


def reduced_shape(shape: Shape, axes: Sequence[int], keepdims: bool) -> Shape:
    """Shape after a reduction over `axes` (non-negative)."""
    if keepdims:
        return tuple(1 if k in axes else n for k, n in enumerate(shape))
    return tuple(n for k, n in enumerate(shape) if k not in axes)


@structural("dim")
def dim(types: Sequence[Type], params: Params, regions: Sequence[Any]) -> tuple[Type, ...]:
    """`dim(; size)`: a size as an int64 scalar."""
    require(not types and "size" in params, "dim takes no inputs")
    return (Type(INT),)


@structural("broadcast")
def broadcast(types: Sequence[Type], params: Params, regions: Sequence[Any]) -> tuple[Type, ...]:
    """`broadcast(x; shape)`: `np.broadcast_to`; of a literal, `np.full`."""
    shape = tuple(params["shape"])
    require(broadcast_equal([types[0].shape, shape]) == shape, f"{types[0]} into {shape}")
    return (types[0].with_shape(shape),)


@structural("reshape")
def reshape(types: Sequence[Type], params: Params, regions: Sequence[Any]) -> tuple[Type, ...]:
    """`reshape(x; shape)` in C order; the sizes agree (the tracer has proved or guarded it)."""
    return (types[0].with_shape(tuple(params["shape"])),)


@structural("transpose")
def transpose(types: Sequence[Type], params: Params, regions: Sequence[Any]) -> tuple[Type, ...]:
    """`transpose(x; perm)`: axis k of the result is axis perm[k] of x."""
    shape, perm = types[0].shape, params["perm"]
    require(sorted(perm) == list(range(len(shape))), f"perm {perm} of {types[0]}")
    return (types[0].with_shape(tuple(shape[k] for k in perm)),)


@structural("reduce")
def reduce(types: Sequence[Type], params: Params, regions: Sequence[Any]) -> tuple[Type, ...]:
    """`reduce(x; op, axes, keepdims)`, op one of `REDUCTIONS`, axes sorted, non-negative."""
    (x,) = types
    op, axes = params["op"], params["axes"]
    require(op in REDUCTIONS and list(axes) == sorted(set(axes)), f"reduce {op} over {axes}")
    require(all(0 <= a < x.ndim for a in axes), f"axes {axes} of {x}")
    require(
        (op in ("any", "all")) == (x.dtype == BOOL) or op in ("max", "min"), f"reduce {op} of {x}"
    )
    require(op != "mean" or x.is_float, "mean of a non-float")
    return (x.with_shape(reduced_shape(x.shape, axes, params["keepdims"])),)


@structural("argreduce")
def argreduce(types: Sequence[Type], params: Params, regions: Sequence[Any]) -> tuple[Type, ...]:
    """`argreduce(x; op, axis)`: np.argmax / np.argmin ("max"/"min") along one axis, dropped."""
    (x,) = types
    require(params["op"] in ("max", "min") and 0 <= params["axis"] < x.ndim, "argreduce")
    return (Type(INT, reduced_shape(x.shape, (params["axis"],), False)),)


@structural("contract")
def contract(types: Sequence[Type], params: Params, regions: Sequence[Any]) -> tuple[Type, ...]:
    """`contract(a, b; a_axes, b_axes, out_axes)`: einsum of two arrays.

    Each of the three is a tuple of labels (small ints), one per axis, distinct within an operand.
    A label of both inputs and the output is a batch axis, of both inputs only is summed; a label
    of one input is in the output (sum it beforehand otherwise).
    """
    a, b = types
    sizes: dict[int, Size] = {}
    for t, axes in ((a, params["a_axes"]), (b, params["b_axes"])):
        require(len(axes) == t.ndim and len(set(axes)) == len(axes), f"labels {axes} of {t}")
        for label, n in zip(axes, t.shape, strict=True):
            require(sizes.setdefault(label, n) == n, f"label {label}: {sizes[label]} and {n}")
    out = params["out_axes"]
    shared = set(params["a_axes"]) & set(params["b_axes"])
    require(set(out) <= set(sizes) and len(set(out)) == len(out), f"output labels {out}")
    require(set(sizes) - set(out) <= shared, "a label of one operand only must be kept")
    require(a.dtype == b.dtype and a.dtype.kind in "iuf", f"contract {a}, {b}")
    return (a.with_shape(tuple(sizes[label] for label in out)),)


@structural("index")
def index(types: Sequence[Type], params: Params, regions: Sequence[Any]) -> tuple[Type, ...]:
    """`index(x, *indices; spec)`: `x[...]`, see `adjit.ir.indexing`."""
    x, *indices = types
    require(all(t.dtype.kind in "iu" for t in indices), "indices must be integers")
    return (x.with_shape(result_shape(params["spec"], [t.shape for t in indices])),)


@structural("update")
def update(types: Sequence[Type], params: Params, regions: Sequence[Any]) -> tuple[Type, ...]:
    """`update(x, v, *indices; spec, op)`: a copy of x after `x[...] = v` (op "set") or after
    `np.add.at(x, ..., v)` (op "add", repeated indices accumulate). v broadcasts into the place.
    With repeated indices "set" keeps the last one, as NumPy does."""
    x, v, *indices = types
    require(x.dtype == v.dtype and params["op"] in ("set", "add"), f"update {x} with {v}")
    place = result_shape(params["spec"], [t.shape for t in indices])
    require(broadcast_equal([v.shape, place]) == place, f"update of {place} with {v}")
    return (x,)


@structural("iota")
def iota(types: Sequence[Type], params: Params, regions: Sequence[Any]) -> tuple[Type, ...]:
    """`iota(; size)`: int64 0, 1, ..., size - 1."""
    return (Type(INT, (params["size"],)),)


@structural("concatenate")
def concatenate(types: Sequence[Type], params: Params, regions: Sequence[Any]) -> tuple[Type, ...]:
    """`concatenate(*xs; axis)`, axis non-negative."""
    axis = params["axis"]
    first = types[0]
    total: Size = 0
    for t in types:
        require(t.dtype == first.dtype, "concatenate: mixed dtypes")
        rest = (*t.shape[:axis], *t.shape[axis + 1 :])
        require(rest == (*first.shape[:axis], *first.shape[axis + 1 :]), "concatenate: shapes")
        total = total + t.shape[axis]
    return (first.with_shape((*first.shape[:axis], total, *first.shape[axis + 1 :])),)


@structural("cumulative")
def cumulative(types: Sequence[Type], params: Params, regions: Sequence[Any]) -> tuple[Type, ...]:
    """`cumulative(x; op, axis, reverse)`: running sum, prod, max, min; reversed from the end."""
    require(params["op"] in CUMULATIVE and 0 <= params["axis"] < types[0].ndim, "cumulative")
    return (types[0],)


@structural("sort")
def sort(types: Sequence[Type], params: Params, regions: Sequence[Any]) -> tuple[Type, ...]:
    """`sort(x; axis) -> sorted, order`: stable; `order` is the int64 argsort. NaN last."""
    return (types[0], Type(INT, types[0].shape))


@structural("nonzero")
def nonzero(types: Sequence[Type], params: Params, regions: Sequence[Any]) -> tuple[Type, ...]:
    """`nonzero(mask; symbol) -> one int64 array per axis`, each of shape (symbol,).

    The symbol is bound by this equation: the number of True entries."""
    require(types[0].dtype == BOOL and types[0].ndim > 0, "nonzero of a bool array")
    return (Type(INT, (symbol_size(params["symbol"]),)),) * types[0].ndim


@structural("bind")
def bind(types: Sequence[Type], params: Params, regions: Sequence[Any]) -> tuple[Type, ...]:
    """`bind(k; symbol)`: k itself, an int64 scalar; from here on `symbol` stands for its number
    (in the regions of later equations too)."""
    require(list(types) == [Type(INT)], "bind of an int64 scalar")
    require("symbol" in params, "bind: a symbol")
    return (types[0],)


@structural("empty")
def empty(types: Sequence[Type], params: Params, regions: Sequence[Any]) -> tuple[Type, ...]:
    """`empty(; shape, dtype)`: an array whose entries are undefined, to be written before they are
    read."""
    require(not types, "empty takes no inputs")
    return (Type(np.dtype(params["dtype"]), tuple(params["shape"])),)


@structural("storage")
def storage(types: Sequence[Type], params: Params, regions: Sequence[Any]) -> tuple[Type, ...]:
    """`storage(; symbol, shape, dtype)`: undefined entries of this shape along a leading axis that
    grows (see `reserve`); `symbol` stands for its length in types and is bound by nothing."""
    require(not types, "storage takes no inputs")
    return (Type(np.dtype(params["dtype"]), (symbol_size(params["symbol"]), *params["shape"])),)


@structural("reserve")
def reserve(types: Sequence[Type], params: Params, regions: Sequence[Any]) -> tuple[Type, ...]:
    """`reserve(x; count)`: x, a `storage`, with a leading axis of at least `count` entries."""
    require(types[0].ndim >= 1 and "count" in params, "reserve of a storage")
    return (types[0],)
