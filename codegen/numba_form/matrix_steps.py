"""Statements that call routines of linear algebra, one matrix at a time."""

from __future__ import annotations

from typing import TYPE_CHECKING

from adjit.codegen.numba_form.contractions import strides
from adjit.codegen.numba_form.fuse import Leaf
from adjit.codegen.numba_form.space import Index
from adjit.codegen.numba_form.values import Context
from adjit.codegen.program import INDEFINITE, SINGULAR
from adjit.ir.dims import Size
from adjit.ir.values import Operand, Value

if TYPE_CHECKING:
    from adjit.codegen.numba_form.steps import Emitter, Step


def _factor(e: Emitter, leaf: Leaf) -> None:
    c, s = e.context, leaf.statement
    matrix = _start(c, leaf, s.value, s.write)
    pivots = _start(c, leaf, *s.params["pivots"])
    c.body.line(f"lu_factor({matrix}, {_sizes(c, leaf)}, {pivots})")


def _solve(e: Emitter, leaf: Leaf) -> None:
    name = "lu_inverse" if leaf.statement.kind == "inverse" else "lu_solve"
    c, s = e.context, leaf.statement
    x = _start(c, leaf, s.value, s.write)
    call = f"{name}({s.params['turned']}, {_factors(c, leaf)}, {x}, {_sizes(c, leaf)})"
    e.stop_if(f"not {call}", SINGULAR)


def _of_factors(e: Emitter, leaf: Leaf) -> None:
    c, s = e.context, leaf.statement
    text = f"{s.params['name']}({_factors(c, leaf)}, {_sizes(c, leaf)})"
    e.store(leaf, c.body.let(c.names.fresh(s.value.name or "number"), text))


def _cholesky(e: Emitter, leaf: Leaf) -> None:
    c, s = e.context, leaf.statement
    x = _start(c, leaf, s.value, s.write)
    e.stop_if(f"not cholesky({x}, {_sizes(c, leaf)})", INDEFINITE)


def _factors(c: Context, leaf: Leaf) -> str:
    return ", ".join(_start(c, leaf, x, at) for x, at in leaf.statement.terms)


def _sizes(c: Context, leaf: Leaf) -> str:
    return ", ".join(c.subscript((n,)) for n in leaf.statement.params["sizes"])


def _start(c: Context, leaf: Leaf, x: Operand, index: Index) -> str:
    """The array, and where in it the part starts that belongs to this element of the batch."""
    assert isinstance(x, Value)
    batch: Index = c.low.space.rename(index, leaf.table)[: leaf.statement.params["batch"]]
    start: Size = 0
    for k, step in zip(batch, strides(x.shape), strict=False):
        start = start + k * step
    return f"{c.array(x)}, {c.subscript((start,))}"


STEP: dict[str, Step] = {
    "factor": _factor,
    "solve": _solve,
    "inverse": _solve,
    "of_factors": _of_factors,
    "cholesky": _cholesky,
}
#: Kinds that may end the kernel.
RAISING = frozenset({"solve", "inverse", "cholesky"})
