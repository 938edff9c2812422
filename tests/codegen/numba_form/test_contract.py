"""Contractions: BLAS with transposed and strided operands, loops, batches, empty axes."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from compiled import check, compare
from graph_checks import make

from adjit.ir import GraphBuilder, Operand, literal
from adjit.ir.indexing import At, Slice, full
from adjit.ir.primitives import elementwise as ew
from adjit.ir.primitives import structural as st

RNG = np.random.default_rng(2)


def build(
    b: GraphBuilder, a: Operand, c: Operand, v: Operand, t: Operand, u: Operand
) -> tuple[Operand, ...]:
    def dot(x: Operand, y: Operand, spec: str) -> Operand:
        inputs, out = spec.split("->")
        left, right = ([ord(label) - 96 for label in part] for part in inputs.split(","))
        return b.emit(
            st.contract,
            x,
            y,
            a_axes=tuple(left),
            b_axes=tuple(right),
            out_axes=tuple(ord(label) - 96 for label in out),
        )

    (n, m), k = a.shape, c.shape[1]
    ac, two = dot(a, c, "ij,jk->ik"), literal(2.0, a.type.dtype)
    batched = dot(t, c, "ijk,kl->ijl")
    part = b.index(a, (Slice(1, n - 1), Slice(0, m - 1)))
    return (
        ac,
        dot(a, c, "ij,jk->ki"),
        dot(a, v, "ij,j->i"),
        dot(v, v, "i,i->"),
        dot(v, v, "i,j->ij"),
        dot(ac, ac, "ij,ik->jk"),
        dot(ac, b.index(a, (full(n), At(0))), "ij,i->j"),
        dot(t, u, "ijk,ikl->ijl"),
        dot(t, a, "ijk,lk->ijl"),
        dot(t, a, "ijk,jk->i"),
        dot(t, t, "ijk,ljk->il"),
        dot(t, c, "ijk,kl->jil"),
        dot(t, c, "ijk,ki->ji"),
        dot(b.transpose(a, (1, 0)), b.emit(ew.mul, ac, two), "ji,ik->jk"),
        dot(part, b.index(c, (Slice(1, m - 1), full(k))), "ij,jk->ik"),
        dot(b.index(t, (full(k), Slice(0, n - 1), full(m))), c, "ijk,kl->ijl"),
        dot(b.broadcast(v, (n, m)), c, "ij,jk->ik"),
        b.reduce(b.emit(ew.mul, batched, batched), "sum", (0, 1, 2)),
        dot(batched, t, "ijl,ijk->lk"),
        # A sum of products, and products that are only added to a place.
        b.add(b.add(dot(a, c, "ij,jk->ik"), dot(a, c, "ij,jk->ik")), dot(a, c, "ij,jk->ik")),
        b.update(
            b.full(1.0, (2, n, k), a.type.dtype),
            dot(a, c, "ij,jk->ik"),
            (At(1), full(n), full(k)),
            op="add",
        ),
    )


def arguments(n: int, m: int, k: int, dtype: str = "float64") -> list[Any]:
    shapes = ((n, m), (m, k), (m,), (k, n, m), (k, m, n))
    return [RNG.normal(size=shape).astype(dtype) for shape in shapes]


@pytest.mark.parametrize(("dtype", "rtol"), [("float64", 1e-11), ("float32", 5e-5)])
def test_sizes_and_dtypes(dtype: str, rtol: float) -> None:
    given = arguments(5, 4, 3, dtype)
    compiled = check(make(build, *given, symbolic=True), *given, rtol=rtol)
    compare(compiled, *arguments(2, 7, 31, dtype), rtol=10 * rtol)


@pytest.mark.parametrize("layout", ["F", "A"])
def test_layouts(layout: str) -> None:
    given = arguments(5, 4, 3)
    if layout == "F":
        given = [np.asfortranarray(a) for a in given]
    else:
        given = [np.repeat(a, 2, -1)[..., ::2] for a in given]
    layouts = [layout if a.ndim > 1 or layout == "A" else "C" for a in given]
    check(make(build, *given, symbolic=True), *given, layouts=layouts, rtol=1e-11)


def test_integers_are_summed_in_loops() -> None:
    a, c = RNG.integers(-9, 9, (3, 4)), RNG.integers(-9, 9, (4, 2))
    graph = make(
        lambda b, a, c: b.emit(st.contract, a, c, a_axes=(0, 1), b_axes=(1, 2), out_axes=(0, 2)),
        a,
        c,
        symbolic=True,
    )
    assert "gemm" not in check(graph, a, c).program.source


def test_empty_arrays() -> None:
    def build(b: GraphBuilder, x: Operand, y: Operand, c: Operand) -> tuple[Operand, ...]:
        def product(p: Operand, q: Operand) -> Operand:
            return b.emit(st.contract, p, q, a_axes=(0, 1), b_axes=(1, 2), out_axes=(0, 2))

        return (
            b.reduce(x, "sum", (0, 1)),
            b.reduce(x, "sum", (0,)),
            b.emit(ew.exp, x),
            b.reduce(y, "sum", (1,)),
            b.reduce(x, "prod", (0,)),
            product(x, c),
            product(y, b.transpose(b.full(1.0, (2, 0), float), (1, 0))),
            b.reduce(x, "mean", (1,)),
            b.emit(st.concatenate, x, x, axis=0),
        )

    x, y, c = np.zeros((0, 3)), np.zeros((4, 0)), RNG.normal(size=(3, 4))
    check(make(build, x, y, c), x, y, c)
