"""What is fused, stored, shared; that the text is the same on every run."""

from __future__ import annotations

import re

import numpy as np
from compiled import Compiled, check
from graph_checks import make

from adjit.adjoint import value_and_gradient
from adjit.codegen.numba_form import emit
from adjit.ir import Graph, GraphBuilder, Operand, Symbol, literal
from adjit.ir.indexing import Gather, Slice, full
from adjit.ir.primitives import elementwise as ew
from adjit.ir.primitives import structural as st
from adjit.ir.simplify import simplify

RNG = np.random.default_rng(3)


def gradient(build, *arrays: np.ndarray, wrt: list[int]) -> Graph:  # type: ignore[no-untyped-def]
    return simplify(value_and_gradient(make(build, *arrays, symbolic=True), wrt))


def loops(source: str) -> list[int]:
    """The depth of every loop."""
    return [len(line) - len(line.lstrip()) for line in source.splitlines() if "for " in line]


def chain(b: GraphBuilder, x: Operand) -> Operand:
    y = b.emit(ew.mul, b.emit(ew.sin, x), b.emit(ew.exp, b.neg(b.emit(ew.mul, x, x))))
    return b.reduce(b.add(y, b.emit(ew.log1p, b.emit(ew.mul, x, x))), "sum", (0,))


def test_forward_and_backward_of_a_chain_are_one_loop() -> None:
    x = RNG.normal(size=7)
    source = check(gradient(chain, x, wrt=[0]), x).program.source
    assert loops(source) == [4]
    assert "empty(" not in source
    assert "sincos(" in source


def softmax(b: GraphBuilder, z: Operand, c: Operand) -> Operand:
    z = b.add(z, c)
    e = b.emit(ew.exp, b.sub(z, b.reduce(z, "max", (1,), keepdims=True)))
    p = b.div(e, b.reduce(e, "sum", (1,), keepdims=True))
    return b.reduce(b.emit(ew.mul, p, p), "mean", (0, 1))


def test_rows_share_one_loop_and_need_one_row_of_memory() -> None:
    z, c = RNG.normal(size=(5, 6)), RNG.normal(size=6)
    source = check(gradient(softmax, z, c, wrt=[0, 1]), z, c).program.source
    assert loops(source).count(4) == 1
    assert not re.search(r"empty\(0\.0, \w+, ", source)


def stencil(b: GraphBuilder, x: Operand) -> Operand:
    n = x.shape[0]
    left, right = b.index(x, (Slice(0, n - 1),)), b.index(x, (Slice(1, n - 1),))
    d = b.sub(right, b.emit(ew.mul, left, left))
    return b.reduce(b.emit(ew.mul, d, d), "sum", (0,))


def test_shifted_adjoints_are_added_in_place() -> None:
    x = RNG.normal(size=9)
    source = check(gradient(stencil, x, wrt=[0]), x).program.source
    assert "clear(dx)" in source
    assert len(loops(source)) == 2


def test_costly_values_are_stored_cheap_ones_computed_again() -> None:
    def build(b: GraphBuilder, x: Operand) -> tuple[Operand, ...]:
        cheap, costly = b.emit(ew.add, x, literal(1.0)), b.emit(ew.exp, x)
        first = b.reduce(b.emit(ew.mul, cheap, costly), "sum", (0,))
        return b.emit(ew.mul, cheap, first), b.emit(ew.mul, costly, first)

    x = RNG.normal(size=5)
    source = check(make(build, x, symbolic=True), x).program.source
    assert source.count("exp(") == 1
    assert source.count("empty(") == 1


def test_an_addition_waits_for_the_maximum_that_it_is_added_to() -> None:
    def build(b: GraphBuilder, x: Operand, y: Operand) -> Operand:
        return b.update(b.reduce(x, "max", (0,)), y, (full(3), full(5)), op="add")

    # The loop over the axis that is reduced has the extent of the loop of the addition.
    x, y = RNG.normal(size=(3, 3, 5)), RNG.normal(size=(3, 5))
    check(make(build, x, y), x, y)


def test_batched_products_work_on_one_matrix_at_a_time() -> None:
    def build(b: GraphBuilder, t: Operand, u: Operand) -> Operand:
        e = b.emit(ew.exp, t)
        p = b.emit(st.contract, e, u, a_axes=(0, 1, 2), b_axes=(0, 2, 3), out_axes=(0, 1, 3))
        return b.reduce(b.emit(ew.mul, p, p), "sum", (0, 1, 2))

    t, u = RNG.normal(size=(4, 3, 5)), RNG.normal(size=(4, 5, 2))
    source = check(make(build, t, u, symbolic=True), t, u).program.source
    assert loops(source).count(4) == 1
    assert not re.search(r"empty\(0\.0, \w+, \w+, ", source)


def test_the_text_is_the_same_for_the_same_graph_built_again() -> None:
    x = RNG.normal(size=7)
    texts = {emit(gradient(chain, x, wrt=[0]), ["C"]).source for _ in range(3)}
    assert len(texts) == 1


def test_a_wide_variant_knows_large_arguments() -> None:
    x = np.array([1.0, 3e7, -1e9, 1e300])
    graph = make(lambda b, x: (b.emit(ew.sin, x), b.emit(ew.cos, x)), x, symbolic=True)
    compiled = Compiled(graph)
    compiled(x)
    assert compiled.status == 2
    sine, cosine = Compiled(graph, wide=True)(x)
    np.testing.assert_allclose(sine, np.sin(x), rtol=1e-15)
    np.testing.assert_allclose(cosine, np.cos(x), rtol=1e-15)


def test_the_maximum_of_nothing_is_reported() -> None:
    x = RNG.normal(size=3)
    graph = make(
        lambda b, x: b.reduce(b.index(x, (Slice(2, x.shape[0] - 2),)), "max", (0,)),
        x,
        symbolic=True,
    )
    compiled = Compiled(graph)
    assert compiled(x)[0] == x[2]
    compiled(x[:2])
    assert compiled.status == 4


def test_places_that_may_repeat_are_complete_before_they_are_used() -> None:
    """A later write to the same place would undo what was added to it before."""

    def build(b: GraphBuilder, x: Operand, i: Operand) -> tuple[Operand, ...]:
        at = (Gather(0),)
        v = b.index(x, at, [i])
        put = b.update(b.emit(ew.mul, x, literal(2.0)), v, at, [i])
        added = b.update(put, b.emit(ew.mul, v, v), at, [i], op="add")
        return added, b.index(added, at, [i])

    x, i = RNG.normal(size=6), np.array([3, 1, 3, -3, 0, 1, 1])
    assert len(loops(check(make(build, x, i, symbolic=True), x, i).program.source)) >= 4


def test_places_of_a_mask_share_a_loop() -> None:
    def build(b: GraphBuilder, x: Operand) -> Operand:
        (at,) = b.bind(st.nonzero, b.emit(ew.gt, x, literal(0.0)), symbol=Symbol("count"))
        v = b.index(x, (Gather(0, checked=True),), [at])
        put = b.update(b.emit(ew.neg, x), v, (Gather(0, checked=True),), [at])
        return b.update(put, v, (Gather(0, checked=True),), [at], op="add")

    x = RNG.normal(size=9)
    source = check(make(build, x, symbolic=True), x).program.source
    assert re.search(r"(\w+\[at\(\w+\)\]) = \w+\n +\1 \+= ", source)
