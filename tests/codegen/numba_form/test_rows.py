"""Every primitive has a row, and its kernel gives NumPy's numbers."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from compiled import check, compare
from graph_checks import make
from graph_eval import ELEMENTWISE

from adjit.ir import PRIMITIVES, GraphBuilder, Operand, Symbol, Type, Value, literal
from adjit.ir.errors import InternalError
from adjit.ir.indexing import Gather
from adjit.ir.primitives import elementwise as ew
from adjit.ir.primitives import structural as st

RNG = np.random.default_rng(0)
POINTS = np.array([-2.5, -1.0, -0.5, -0.0, 0.0, 0.25, 1.0, 3.0, np.inf, -np.inf, np.nan])
# `pow` has a test of its own; lgamma(-inf) is inf for math and -inf for scipy.
SPECIAL = ("select", "pow", "lgamma")
FLOATS = {"float64": 2e-15, "float32": 4e-6}


def defined(name: str, dtype: str) -> bool:
    try:
        PRIMITIVES[name].type_rule([Type(np.dtype(dtype))] * arity(name), {}, ())
    except InternalError:
        return False
    return True


def arity(name: str) -> int:
    return int(getattr(ELEMENTWISE[name], "nin", 1))


def elementwise(count: int, dtype: str) -> Any:
    """A graph of every elementwise primitive of this dtype and number of operands."""
    names = sorted(
        n for n in ELEMENTWISE if n not in SPECIAL and arity(n) == count and defined(n, dtype)
    )

    def build(b: GraphBuilder, *xs: Operand) -> tuple[Operand, ...]:
        return tuple(b.emit(PRIMITIVES[n], *xs) for n in names)

    return build


@pytest.mark.parametrize("dtype", FLOATS)
def test_float_functions(dtype: str) -> None:
    x = np.concatenate([POINTS, RNG.normal(size=20)]).astype(dtype)
    y = np.concatenate([POINTS[::-1], RNG.normal(size=20)]).astype(dtype)
    grid = np.ascontiguousarray(np.broadcast_to(x[:, None], (x.size, y.size)))
    check(make(elementwise(1, dtype), x, symbolic=True), x, rtol=FLOATS[dtype])
    check(make(elementwise(2, dtype), grid, y, symbolic=True), grid, y, rtol=FLOATS[dtype])


@pytest.mark.parametrize("dtype", ["int64", "int32", "int8", "uint8", "bool"])
def test_integer_functions(dtype: str) -> None:
    if dtype == "bool":
        x, y = np.array([True, True, False, False]), np.array([True, False, True, False])
    else:
        limits = np.iinfo(dtype)
        few = [limits.min, limits.max, 0, 1, 2, 7, 5]
        x = np.repeat(np.array(few, dtype), 5)
        y = np.tile(np.array([0, 1, 2, 3, limits.max], dtype), len(few))
        if limits.min < 0:
            y[4::5] = -1
    shifts = ("shift_left", "shift_right")

    def build(b: GraphBuilder, x: Operand, y: Operand) -> tuple[Operand, ...]:
        two = elementwise(2, dtype)(b, x, y)
        return (*two, *elementwise(1, dtype)(b, x))

    graph = make(build, x, y, symbolic=True)
    kept = [k for k, e in enumerate(graph.equations) if e.primitive.name not in shifts]
    check(make(lambda b, x, y: tuple(build(b, x, y)[k] for k in kept), x, y, symbolic=True), x, y)


def powers(b: GraphBuilder, x: Operand) -> tuple[Operand, ...]:
    exponents = (0.0, 1.0, 2.0, 3.0, 4.0, 0.5, -1.0, -2.0, 1.5)
    return tuple(b.emit(ew.pow, x, literal(e)) for e in exponents)


def converted(b: GraphBuilder, x: Operand) -> tuple[Operand, ...]:
    test = b.emit(ew.gt, x, literal(0.5))
    whole = b.convert(x, np.int64)
    return (
        b.convert(x, np.float32),
        whole,
        b.convert(x, np.bool_),
        b.convert(test, float),
        b.emit(ew.select, test, x, literal(-1.0)),
        b.convert(whole, np.int8),
        b.emit(ew.pow, whole, literal(3, np.int64)),
        b.emit(ew.shift_left, whole, literal(2)),
        b.emit(ew.shift_right, whole, literal(70)),
    )


def test_powers_and_conversions() -> None:
    x = np.abs(RNG.normal(size=(3, 4))) * 3
    check(make(lambda b, x: (*powers(b, x), *converted(b, x)), x, symbolic=True), x)


def reductions(b: GraphBuilder, x: Operand) -> tuple[Operand, ...]:
    test = b.emit(ew.gt, x, literal(0.3))
    axes = [(0,), (1,), (2,), (0, 1), (1, 2), (0, 2), (0, 1, 2)]
    out = [b.reduce(x, op, a) for op in ("sum", "mean", "prod", "max", "min") for a in axes]
    out += [b.reduce(test, op, a) for op in ("any", "all", "max", "min") for a in axes[::3]]
    return (*out, b.reduce(x, "sum", (1,), keepdims=True))


def test_reductions() -> None:
    x = RNG.normal(size=(5, 4, 3))
    compiled = check(make(reductions, x, symbolic=True), x)
    x = RNG.normal(size=(2, 7, 4))
    x[0, 1, 2] = np.nan
    compare(compiled, x)


def orders(b: GraphBuilder, x: Operand) -> tuple[Operand, ...]:
    out: list[Operand] = []
    for axis in (0, 1):
        out += [b.emit(st.argreduce, x, op=op, axis=axis) for op in ("max", "min")]
        out += [
            b.emit(st.cumulative, x, op=op, axis=axis, reverse=reverse)
            for op in ("sum", "prod", "max", "min")
            for reverse in (False, True)
        ]
        out += b.bind(st.sort, x, axis=axis)
    return tuple(out)


def test_orders() -> None:
    x = np.round(RNG.normal(size=(5, 4)), 1)
    compiled = check(make(orders, x, symbolic=True), x)
    x[2, 3] = x[4, 1] = np.nan
    compare(compiled, x)
    whole = RNG.integers(-3, 4, (4, 6)).astype(np.int32)
    check(make(orders, whole, symbolic=True), whole)


def moved(b: GraphBuilder, x: Operand, y: Operand) -> tuple[Operand, ...]:
    n, m = x.shape
    e = b.emit(ew.exp, x)
    return (
        b.transpose(e, (1, 0)),
        b.reshape(e, (n * m,)),
        b.reshape(x, (n * m,)),
        b.reshape(x, (n, 1, m)),
        b.emit(ew.sqrt, b.reshape(b.transpose(e, (1, 0)), (m * n,))),
        b.full(2.5, (n, 3), float),
        b.emit(st.iota, size=n),
        b.dim(n * m - 1),
        b.broadcast(b.reshape(y, (1, m)), (n, m)),
        b.emit(st.concatenate, x, e, axis=0),
        b.emit(st.concatenate, e, x, axis=1),
        x,
        b.emit(ew.stop, y),
    )


def test_moved_arrays() -> None:
    x, y = RNG.normal(size=(5, 4)), RNG.normal(size=4)
    compiled = check(make(moved, x, y, symbolic=True), x, y)
    compare(compiled, RNG.normal(size=(2, 7)), RNG.normal(size=7))


def test_nonzero() -> None:
    def build(b: GraphBuilder, x: Operand) -> tuple[Operand, ...]:
        found = b.bind(st.nonzero, b.emit(ew.gt, x, literal(0.3)), symbol=Symbol("c", None, 0))
        spec = (Gather(0, True), Gather(1, True))
        taken = b.index(x, spec, found)
        grown = b.update(x, b.emit(ew.mul, taken, literal(2.0)), spec, found, op="add")
        return b.reduce(taken, "sum", (0,)), grown, b.dim(taken.shape[0])

    x = RNG.normal(size=(5, 4))
    compiled = check(make(build, x, symbolic=True), x)
    compare(compiled, np.zeros((3, 2)))


def test_sum_of_float32_is_as_good_as_numpys() -> None:
    x = np.full(3_000_000, 0.1, np.float32)
    compiled = check(make(lambda b, x: b.reduce(x, "sum", (0,)), x, symbolic=True), x, rtol=1e-6)
    assert isinstance(compiled.graph.inputs[0], Value)
