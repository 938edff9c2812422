"""Random graphs, also of gradients: the kernel gives the numbers of the reference evaluator."""

from __future__ import annotations

import graph_programs
import numpy as np
from compiled import Compiled, compare
from graph_programs import arguments
from hypothesis import assume, given, settings

from adjit.adjoint import value_and_gradient
from adjit.codegen.numba_form import emit
from adjit.ir import Graph, Value
from adjit.ir.builder import GraphBuilder
from adjit.ir.errors import UnsupportedError
from adjit.ir.rewrite import inline
from adjit.ir.simplify import simplify

LAYOUTS = ("F", "A", "C", "", "C", "", "C")


def check(graph: Graph, dtype: type[np.generic], rtol: float) -> None:
    graph = simplify(graph)
    try:
        program = emit(graph, LAYOUTS)
    except UnsupportedError as error:
        # The size of an output is known only after counting.
        assume("depends on the numbers" not in str(error))
        raise
    assert emit(graph, LAYOUTS).source == program.source
    compiled = Compiled(graph, LAYOUTS)
    compare(compiled, *arguments(dtype), rtol=rtol)


@given(graph_programs.graphs(np.float64, steps=20))
@settings(max_examples=12)
def test_float64(graph: Graph) -> None:
    check(graph, np.float64, 1e-12)


@given(graph_programs.graphs(np.float32, steps=20))
@settings(max_examples=6)
def test_float32(graph: Graph) -> None:
    check(graph, np.float32, 3e-5)


@given(graph_programs.graphs(np.float64, steps=8))
@settings(max_examples=10)
def test_gradients(graph: Graph) -> None:
    builder = GraphBuilder()
    total = None
    for x in inline(graph, builder, graph.inputs):
        if isinstance(x, Value) and x.type.is_float:
            part = builder.reduce(x, "sum", range(len(x.shape)))
            total = part if total is None else builder.add(total, part)
    assume(isinstance(total, Value))
    assert total is not None
    summed = Graph(graph.inputs, tuple(builder.equations), (total,), graph.symbols, graph.name)
    check(value_and_gradient(simplify(summed), wrt=[0, 1, 3]), np.float64, 1e-9)
