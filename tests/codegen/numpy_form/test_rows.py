"""Every elementwise row of the NumPy form gives NumPy's numbers."""

from __future__ import annotations

import numpy as np
import pytest
from graph_eval import ELEMENTWISE, evaluate
from graph_examples import Scene

from adjit.codegen.numpy_form import emit, load
from adjit.ir import PRIMITIVES, Graph, Type, literal
from adjit.ir.errors import InternalError
from adjit.ir.primitives import elementwise as ew
from adjit.ir.primitives import structural as st

POINTS = np.array([-2.5, -1.0, -0.5, -0.0, 0.0, 0.25, 1.0, 3.0, np.inf, -np.inf, np.nan])
DTYPES = [np.float64, np.float32, np.int64, np.int8, np.uint8, np.bool_]


def arity(name: str) -> int:
    return int(getattr(ELEMENTWISE[name], "nin", 1))


def defined(name: str, dtype: type[np.generic]) -> bool:
    """True where the primitive takes operands of this dtype."""
    if name == "select":
        return False
    try:
        PRIMITIVES[name].type_rule([Type(np.dtype(dtype))] * arity(name), {}, ())
    except InternalError:
        return False
    return True


ELEMENTWISE_CASES = [
    (name, dtype) for name in sorted(ELEMENTWISE) for dtype in DTYPES if defined(name, dtype)
]


def points(dtype: type[np.generic]) -> np.ndarray:
    if np.dtype(dtype).kind == "f":
        return POINTS.astype(dtype)
    finite = POINTS[np.isfinite(POINTS)]
    return (np.abs(finite) if np.dtype(dtype).kind == "u" else finite).astype(dtype)


@pytest.mark.parametrize(("name", "dtype"), ELEMENTWISE_CASES)
def test_elementwise(name: str, dtype: type[np.generic]) -> None:
    """Arrays with scalars and with literals on either side."""
    x = points(dtype)
    s = Scene("f", dtype)
    value, scalar = s.array("x", "n"), s.array("y")
    number = literal(True if dtype is np.bool_ else 1, dtype)
    b = s.at("")
    combinations = (
        [(value,), (scalar,)]
        if arity(name) == 1
        else [(value, scalar), (scalar, value), (value, number), (number, scalar)]
    )
    arguments = (x, x[-2])
    if "shift" in name:
        arguments = (np.abs(x) % 5, np.abs(x[-2]))
    if name == "pow" and np.dtype(dtype).kind in "iu":  # negative exponents raise, as in NumPy
        combinations, arguments = [(value, scalar), (value, number)], (x, np.abs(x[-2]))
    graph = s.graph(*(b.emit(PRIMITIVES[name], *operands) for operands in combinations))
    same(graph, *arguments, tolerance=4e-7 if x.itemsize == 4 else 1e-15)


@pytest.mark.parametrize("dtype", DTYPES)
def test_select(dtype: type[np.generic]) -> None:
    s = Scene("f", dtype)
    value, scalar = s.array("x", "n"), s.array("y")
    mask, flag = (
        s.array(name, *axes, dtype=np.dtype(np.bool_)) for name, *axes in (("mask", "n"), ("flag",))
    )
    one, two = (literal(k, dtype) for k in (1, 0))
    b = s.at("")
    graph = s.graph(
        *(
            b.emit(ew.select, *operands)
            for operands in (
                (mask, value, scalar),
                (mask, one, value),
                (mask, one, two),
                (flag, scalar, one),
                (flag, one, two),
                (flag, value, two),
                (literal(True), value, one),
            )
        )
    )
    x = points(dtype)
    same(graph, x, x[1], x == x[1], np.bool_(False))


def same(graph: Graph, *arguments: object, tolerance: float = 0.0) -> None:
    """The text gives the evaluator's numbers, shapes and dtypes."""
    with np.errstate(all="ignore"):
        results = load(emit(graph))(*arguments)
        expected = evaluate(graph, *arguments)
    for result, reference in zip(results, expected, strict=True):
        assert np.asarray(result).dtype == reference.dtype
        assert np.shape(result) == reference.shape
        np.testing.assert_allclose(result, reference, rtol=tolerance)


REDUCTIONS = [
    (op, dtype)
    for op in ("sum", "prod", "max", "min", "mean")
    for dtype in (np.float64, np.float32, np.int64, np.int8)
    if op != "mean" or np.dtype(dtype).kind == "f"
]


@pytest.mark.parametrize(("op", "dtype"), REDUCTIONS)
@pytest.mark.parametrize("axes", [(0,), (1,), (0, 1), (0, 1, 2), (0, 2)])
def test_reductions(op: str, axes: tuple[int, ...], dtype: type[np.generic]) -> None:
    s = Scene("f", dtype)
    x = s.array("x", "n", 3, 2)
    b = s.at("")
    graph = s.graph(*(b.reduce(x, op, axes, keepdims=k) for k in (True, False)))
    array = np.random.default_rng(0).integers(-3, 4, (4, 3, 2)).astype(dtype)
    same(graph, array, tolerance=1e-6)


@pytest.mark.parametrize("axis", [0, 1])
@pytest.mark.parametrize("reverse", [False, True])
@pytest.mark.parametrize("op", ["sum", "prod", "max", "min"])
def test_running_totals(op: str, reverse: bool, axis: int) -> None:
    for dtype in (np.float32, np.int8):
        s = Scene("f", dtype)
        x = s.array("x", "n", "m")
        graph = s.graph(s.at("").emit(st.cumulative, x, op=op, axis=axis, reverse=reverse))
        array = np.random.default_rng(0).integers(-3, 4, (4, 3)).astype(dtype)
        same(graph, array)


@pytest.mark.parametrize("axis", [0, 1])
def test_sorting_and_arguments_of_extremes(axis: int) -> None:
    s = Scene("f")
    x = s.array("x", "n", "m")
    b = s.at("")
    ordered, order = b.bind(st.sort, x, axis=axis)
    best = [b.emit(st.argreduce, x, op=op, axis=axis) for op in ("max", "min")]
    array = np.array([[1.0, np.nan, -0.0, 0.0], [1.0, -2.0, 5.0, 5.0], [0.0, 1.0, 5.0, -1.0]])
    for outputs in ([ordered, order, *best], [ordered], [order]):
        same(s.graph(*outputs), array)
