"""Reading and writing by index: in place where possible, checked, in every memory layout."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from compiled import Compiled, check, compare
from graph_checks import make

from adjit.ir import GraphBuilder, Operand, literal
from adjit.ir.indexing import At, AtValue, Gather, NewAxis, Slice, full
from adjit.ir.primitives import elementwise as ew

RNG = np.random.default_rng(1)


def reads(b: GraphBuilder, x: Operand, i: Operand, j: Operand, s: Operand) -> list[Operand]:
    n, m = x.shape
    column = b.reshape(i, (i.shape[0], 1))
    return [
        b.index(x, (At(1), full(m))),
        b.index(x, (Slice(1, n - 1), At(0))),
        b.index(x, (Slice(n - 1, n, -1), NewAxis(), Slice(0, 2))),
        b.index(x, (Gather(0), full(m)), [i]),
        b.index(x, (full(n), Gather(0)), [j]),
        b.index(x, (Gather(0), Gather(1)), [i, j]),
        b.index(x, (AtValue(0), full(m)), [s]),
        b.index(x, (AtValue(0), AtValue(0)), [s]),
        b.index(x, (Gather(0), Gather(1)), [column, j]),
    ]


def writes(
    b: GraphBuilder, x: Operand, i: Operand, j: Operand, s: Operand, v: Operand
) -> list[Operand]:
    n, m = x.shape
    added = b.update(b.full(0.0, (n, m), float), v, (Gather(0), Gather(1)), [i, j], op="add")
    added = b.update(added, b.emit(ew.exp, v), (Gather(0), At(1)), [i], op="add")
    put = b.update(x, literal(3.0), (Slice(1, n - 1), At(0)))
    put = b.update(put, v, (Gather(0), Gather(1)), [i, j])
    row = b.index(x, (At(0), full(m)))
    both = b.update(b.emit(ew.neg, x), row, (full(n), full(m)), op="add")
    column = b.index(x, (full(n), At(0)))
    stencil = b.full(0.0, (n,), float)
    stencil = b.update(stencil, b.index(column, (Slice(1, n - 1),)), (Slice(0, n - 1),), op="add")
    stencil = b.update(stencil, b.index(column, (Slice(0, n - 1),)), (Slice(1, n - 1),), op="add")
    stencil = b.update(stencil, literal(1.0), (AtValue(0),), [s], op="add")
    # The old version is read again: the update must not be in place.
    twice = b.emit(ew.add, put, b.update(put, literal(9.0), (At(0), full(m))))
    return [added, put, both, b.reduce(both, "sum", (0,)), stencil, twice]


def build(
    b: GraphBuilder, x: Operand, i: Operand, j: Operand, s: Operand, v: Operand
) -> tuple[Operand, ...]:
    return (*reads(b, x, i, j, s), *writes(b, x, i, j, s, v))


def arguments(n: int, m: int, k: int) -> tuple[Any, ...]:
    return (
        RNG.normal(size=(n, m)),
        RNG.integers(-n, n, k),
        RNG.integers(-m, m, k).astype(np.int32),
        np.int64(-1),
        RNG.normal(size=k),
    )


def test_contiguous_arrays_of_any_size() -> None:
    given = arguments(5, 4, 3)
    compiled = check(make(build, *given, symbolic=True), *given)
    compare(compiled, *arguments(2, 9, 6))


@pytest.mark.parametrize("layouts", ["FCC", "AAC", "AAA"])
def test_layouts(layouts: str) -> None:
    x, i, j, s, v = arguments(5, 4, 3)
    if layouts[0] == "F":
        x = np.asfortranarray(x)
    else:
        x, i = np.repeat(np.repeat(x, 2, 0), 3, 1)[::-2, ::3], np.repeat(i, 2)[::2]
    v = np.broadcast_to(v[0], 3) if layouts[2] == "A" else v
    kinds = [layouts[0], layouts[1], "C", "", layouts[2]]
    check(make(build, x, i, j, s, v, symbolic=True), x, i, j, s, v, layouts=kinds)


def gather(b: GraphBuilder, x: Operand, i: Operand) -> tuple[Operand, ...]:
    taken = b.index(x, (Gather(0), full(x.shape[1])), [i])
    return taken, b.reduce(taken, "max", (0, 1))


@pytest.mark.parametrize(
    ("index", "status"), [([0, 1, 2], 0), ([4, -5, 3], 0), ([0, 1, 5], 1), ([0, -6, 1], 1)]
)
def test_out_of_range_is_reported(index: list[int], status: int) -> None:
    x = RNG.normal(size=(5, 4))
    compiled = Compiled(make(gather, x, np.array(index)))
    compiled(x, np.array(index))
    assert compiled.status == status


def test_out_of_range_is_reported_before_anything_is_written() -> None:
    """A write at such an index would be a write outside of the array."""

    def put(b: GraphBuilder, x: Operand, i: Operand) -> Operand:
        return b.update(x, literal(1.0), (Gather(0),), [i])

    x = RNG.normal(size=6)
    source = Compiled(make(put, x, np.array([0, 10**6]), symbolic=True))
    source(x, np.array([0, 10**6]))
    assert source.status == 1
    assert source.program.source.index("if out_of_range") < source.program.source.index(" = 1.0")
