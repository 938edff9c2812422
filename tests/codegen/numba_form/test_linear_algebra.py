"""Linear algebra in kernels: one factorization for all that needs it, every size, every layout."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from compiled import Compiled, check, compare
from graph_checks import finished, make

from adjit.adjoint import vjp
from adjit.codegen.program import INDEFINITE, SINGULAR
from adjit.ir import GraphBuilder, Operand
from adjit.ir.primitives import elementwise as ew
from adjit.ir.primitives import linear_algebra as la

RNG = np.random.default_rng(0)
SIZES = (0, 2, 3, 4, 16, 17, 40)


def turned(b: GraphBuilder, x: Operand) -> Operand:
    n = len(x.shape)
    return b.transpose(x, (*range(n - 2), n - 1, n - 2))


def everything(b: GraphBuilder, a: Operand, y: Operand) -> tuple[Operand, ...]:
    other = turned(b, a)
    return (
        b.emit(la.solve, a, y),
        b.emit(la.solve, other, b.emit(ew.exp, y)),
        b.emit(la.inv, a),
        b.emit(la.inv, other),
        b.emit(la.det, a),
        b.emit(la.logabsdet, other),
        b.emit(la.detsign, a),
    )


def square(*shape: int) -> np.ndarray:
    return RNG.normal(size=shape)


def test_one_factorization_serves_all_sizes() -> None:
    a, y = square(5, 5), RNG.normal(size=(5, 3))
    compiled = check(make(everything, a, y, symbolic=True), a, y)
    assert compiled.program.source.count("lu_factor(") == 1
    for n in SIZES:
        a = square(n, n)
        compare(compiled, a, RNG.normal(size=(n, 3)), rtol=1e-10)
    assert compiled.status == 0


def test_stacks_of_matrices() -> None:
    a, y = square(3, 4, 4), RNG.normal(size=(3, 4, 2))
    compiled = check(make(everything, a, y, symbolic=True), a, y)
    compare(compiled, square(2, 20, 20), RNG.normal(size=(2, 20, 2)), rtol=1e-9)


@pytest.mark.parametrize("layout", ["C", "F", "A"])
def test_vectors_and_layouts(layout: str) -> None:
    a: Any = square(4, 4)
    a = {"C": a, "F": np.asfortranarray(a), "A": np.repeat(a, 2, 1)[:, ::2]}[layout]
    v = RNG.normal(size=4)
    graph = make(lambda b, a, v: b.emit(la.solve, turned(b, b.emit(ew.sin, a)), v), a, v)
    check(graph, a, v, layouts=[layout, "C"])


def test_one_by_one() -> None:
    check(make(everything, square(1, 1), square(1, 1)), square(1, 1), square(1, 1))


def test_float32() -> None:
    a, y = square(4, 4).astype("f4"), square(4, 2).astype("f4")
    compiled = check(make(everything, a, y, symbolic=True), a, y, rtol=2e-5)
    a, y = (square(30, 30) + 9 * np.eye(30)).astype("f4"), square(30, 2).astype("f4")
    compare(compiled, a, y, rtol=1e-4)


def test_singular_matrices() -> None:
    a, y = np.ones((3, 3)), np.ones(3)
    solves = Compiled(make(lambda b, a, y: b.emit(la.solve, a, y), a, y, symbolic=True))
    inverts = Compiled(make(lambda b, a: b.emit(la.inv, a), a, symbolic=True))
    for n in (3, 30):
        zero = np.zeros((n, n))
        solves(zero, np.ones(n))
        inverts(zero)
        assert solves.status == inverts.status == SINGULAR

    def numbers(b: GraphBuilder, a: Operand) -> tuple[Operand, ...]:
        return tuple(b.emit(p, a) for p in (la.det, la.logabsdet, la.detsign))

    compiled = Compiled(make(numbers, a, symbolic=True))
    for n in (3, 30):
        assert compiled(np.zeros((n, n))) == [0, -np.inf, 0]


def test_not_a_number_is_no_singularity() -> None:
    a, y = np.full((3, 3), np.nan), np.ones(3)
    check(make(lambda b, a, y: b.emit(la.solve, a, y), a, y), a, y)


def test_cholesky_factors() -> None:
    x = square(4, 4)
    a = x @ x.T + np.eye(4) + np.triu(square(4, 4), 1)
    graph = make(lambda b, a: b.emit(la.cholesky, a), a, symbolic=True)
    compiled = check(graph, a)
    for n in SIZES:
        x = square(n, n)
        compare(compiled, x @ x.T + np.eye(n), rtol=1e-10)
    for n in (3, 30):
        for bad in (np.zeros((n, n)), -np.eye(n)):
            compiled(bad)
            assert compiled.status == INDEFINITE


def test_derivatives_share_the_factors() -> None:
    a, v = square(4, 4), RNG.normal(size=4)

    def build(b: GraphBuilder, a: Operand, v: Operand) -> Operand:
        return b.emit(ew.mul, b.emit(la.solve, a, v), b.emit(la.logabsdet, a))

    graph = make(build, a, v, symbolic=True)
    reverse = finished(vjp(graph, [0, 1]))
    compiled = check(reverse, a, v, np.ones(4))
    assert compiled.program.source.count("lu_factor(") == 1


def test_the_operands_are_left_alone() -> None:
    """The factors and solutions are made in copies, also where a computed operand dies here."""

    def build(b: GraphBuilder, a: Operand, y: Operand) -> tuple[Operand, ...]:
        x, z = b.emit(ew.exp, a), b.emit(ew.sin, y)
        return b.emit(la.solve, x, z), x, z, b.emit(la.cholesky, b.emit(la.inv, a))

    x = square(4, 4)
    a = x @ x.T + np.eye(4)
    check(make(build, a, square(4, 4), symbolic=True), a, square(4, 4), rtol=1e-9)
