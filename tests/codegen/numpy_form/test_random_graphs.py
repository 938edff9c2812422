"""Random graphs: the text gives the numbers of the reference evaluator, leaves its arguments as
they are, and returns arrays that share memory with nothing."""

from __future__ import annotations

import graph_programs
import numpy as np
import pytest
from graph_eval import evaluate
from graph_programs import arguments
from hypothesis import given, settings

from adjit.adjoint import value_and_gradient
from adjit.codegen.numpy_form import emit, load
from adjit.errors import AdjitError
from adjit.ir import Graph, Value, verify
from adjit.ir.builder import GraphBuilder
from adjit.ir.rewrite import inline
from adjit.ir.simplify import simplify


def check(graph: Graph, dtype: type[np.generic], *, tolerance: float) -> None:
    """Run the text and the reference on the same arguments."""
    verify(graph)
    given_arrays = arguments(dtype)
    before = [np.array(a) for a in given_arrays]
    program = emit(graph, flat=True)
    assert emit(graph, flat=True).source == program.source
    with np.errstate(all="ignore"):
        expected = evaluate(graph, *given_arrays)
        results = load(program)(*given_arrays)
    for array, copy in zip(given_arrays, before, strict=True):
        np.testing.assert_array_equal(array, copy, "an argument was written to")
    for result, reference in zip(results, expected, strict=True):
        assert np.asarray(result).dtype == reference.dtype, program.source
        assert np.shape(result) == reference.shape, program.source
        np.testing.assert_allclose(
            result, reference, rtol=tolerance, atol=tolerance, err_msg=program.source
        )
    arrays = [r for r in results if isinstance(r, np.ndarray) and r.size]
    for k, array in enumerate(arrays):
        for other in [*arrays[k + 1 :], *given_arrays]:
            assert not np.shares_memory(array, other), program.source


@given(graph_programs.graphs(np.float64))
@settings(max_examples=250)
def test_float64(graph: Graph) -> None:
    check(graph, np.float64, tolerance=1e-12)


@given(graph_programs.graphs(np.float64, steps=25))
@settings(max_examples=100)
def test_float64_simplified(graph: Graph) -> None:
    check(simplify(graph), np.float64, tolerance=1e-12)


@given(graph_programs.graphs(np.float32))
@settings(max_examples=150)
def test_float32(graph: Graph) -> None:
    check(simplify(graph), np.float32, tolerance=2e-5)


def scalar(graph: Graph) -> Graph | None:
    """The sum of everything that the graph returns."""
    builder = GraphBuilder()
    total = None
    for x in inline(graph, builder, graph.inputs):
        if isinstance(x, Value) and x.type.is_float:
            part = builder.reduce(x, "sum", range(len(x.shape)))
            total = part if total is None else builder.add(total, part)
    if not isinstance(total, Value):
        return None
    return Graph(graph.inputs, tuple(builder.equations), (total,), graph.symbols, graph.name)


@given(graph_programs.graphs(np.float64, steps=8))
@settings(max_examples=100)
def test_gradients(graph: Graph) -> None:
    summed = scalar(graph)
    if summed is None:
        return
    try:
        differentiated = value_and_gradient(simplify(summed), wrt=[0, 1, 3])
    except AdjitError as error:
        pytest.fail(f"{error}\n{summed}")
    check(simplify(differentiated), np.float64, tolerance=1e-9)
