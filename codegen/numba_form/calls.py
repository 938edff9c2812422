"""Statements that are calls: products of matrices, sorting."""

from __future__ import annotations

from collections.abc import Sequence

from adjit.codegen.numba_form.contractions import group_stride, strides
from adjit.codegen.numba_form.fuse import Leaf
from adjit.codegen.numba_form.space import Axis, Index
from adjit.codegen.numba_form.values import Context
from adjit.codegen.numba_form.writer import Block, Body
from adjit.ir.dims import Size, Symbol, product
from adjit.ir.errors import InternalError
from adjit.ir.substitution import substitute
from adjit.ir.values import Literal, Operand, Value


def gemm(c: Context, leaf: Leaf) -> None:
    """`gemm(ta, tb, m, n, k, A, start, lda, B, start, ldb, beta, C, start, ldc)`."""
    s = leaf.statement
    rows, inner, columns = (s.params[k] for k in ("rows", "inner", "columns"))
    (a, a_at), (b, b_at) = s.terms
    left = _matrix(c, leaf, a, a_at, rows, inner, s.params["flips"][0])
    right = _matrix(c, leaf, b, b_at, inner, columns, s.params["flips"][1])
    out = _matrix(c, leaf, s.value, s.write, rows, columns, False)
    m, n, k = (
        c.subscript((product(axis.size for axis in group),)) for group in (rows, columns, inner)
    )
    flips = ", ".join(map(str, s.params["flips"]))
    beta = c.literal(Literal(float(s.params["accumulate"]), s.value.dtype))
    c.body.line(f"gemm({flips}, {m}, {n}, {k}, {left}, {right}, {beta}, {out})")


def _matrix(
    c: Context,
    leaf: Leaf,
    x: Operand,
    index: Index,
    rows: Sequence[Axis],
    columns: Sequence[Axis],
    flip: bool,
) -> str:
    """The array, where the matrix starts in it, and the distance of its rows."""
    x, at = c.low.resolve(x, index)
    if not isinstance(x, Value):
        raise InternalError("a matrix product of literals")
    memory = c.low.memories[x]
    shape, layout = memory.type.shape, memory.layout
    at = c.low.space.rename(at, leaf.table)
    if memory.kind not in ("input", "view"):
        kept = c.storage(x).axes
        shape, at = tuple(shape[k] for k in kept), tuple(at[k] for k in kept)
    steps = strides(shape, layout)
    step = group_stride(columns if flip else rows, at, steps)
    other = group_stride(rows if flip else columns, at, steps)
    if step is None or other != 1:
        raise InternalError(f"{x!r} is no matrix in memory")
    origin: dict[Symbol, Size] = {axis.symbol: 0 for axis in (*rows, *columns)}
    start: Size = 0
    for size, distance in zip(at, steps, strict=True):
        start = start + substitute(size, origin) * distance
    name = c.arrays[id(memory)] if memory.kind == "input" else c.array(x)
    return f"{name}, {c.subscript((start, step))}"


def argsort(c: Context, leaf: Leaf) -> None:
    """The stable order of one row."""
    s = leaf.statement
    along: Axis = s.params["along"]
    ((x, index),) = s.terms
    row, order, letter = c.names.fresh("row"), c.names.fresh("order"), c.letters[len(leaf.path)]
    size = c.subscript((along.size,))
    c.body.line(f"{row} = np.empty({size}, np.{x.type.dtype.name})")
    at = c.low.space.rename(index, leaf.table)
    write = c.low.space.rename(s.write, leaf.table)
    c.loops[along.symbol] = letter
    fill, spread = Body(), Body()
    if isinstance(x, Value):
        base, base_at = c.low.resolve(x, at)
        source = c.place(base, base_at) if isinstance(base, Value) else c.value(x, at)
    else:
        source = c.value(x, at)
    fill.line(f"{row}[{letter}] = {source}")
    spread.line(f"{c.place(s.value, write)} = {order}[{letter}]")
    header = f"for {letter} in range({size}):"
    c.body.lines.append(Block(header, fill))
    c.body.line(f"{order} = np.argsort({row}, kind='mergesort')")
    c.body.lines.append(Block(header, spread))
