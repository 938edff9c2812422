"""The text itself, held by golden files. `ADJIT_UPDATE_GOLDEN=1 pytest ...` writes them anew."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

import graph_examples
import numpy as np
import pytest

from adjit.adjoint import value_and_gradient
from adjit.codegen.interface import Interface, Leaf, Parameter, Static, describe, flat_interface
from adjit.codegen.numpy_form import emit, explain_rows
from adjit.codegen.program import Program
from adjit.codegen.save import numba_module, numpy_module
from adjit.ir import Graph
from adjit.ir.dims import symbol_size
from adjit.ir.simplify import simplify

GOLDEN = Path(__file__).parent / "golden"


class Layer(NamedTuple):
    W: object
    b: object


@dataclass(frozen=True)
class Model:
    first: Layer
    second: Layer
    rate: object = 0.1


def differentiated(graph: Graph, count: int) -> Graph:
    return simplify(value_and_gradient(simplify(graph), wrt=list(range(count))))


def pairs(name: str, *rest: str) -> Interface:
    """`name(params, ...)` with params ((W1, b1), (W2, b2)), value and gradient."""
    leaves = [Leaf(k) for k in range(6)]
    parameters = (
        Parameter("params", describe(((leaves[0], leaves[1]), (leaves[2], leaves[3])))),
        *(Parameter(other, leaves[4 + k]) for k, other in enumerate(rest)),
    )
    results = describe((Leaf(0), ((Leaf(1), Leaf(2)), (Leaf(3), Leaf(4)))))
    return Interface(name, parameters, results, gradients={1: 0, 2: 1, 3: 2, 4: 3})


def two_layers() -> str:
    graph = differentiated(graph_examples.two_layer_network(), 4)
    return emit(graph, pairs("loss_value_and_grad", "x", "t")).source


def two_layers_flat() -> str:
    graph = differentiated(graph_examples.two_layer_network(), 4)
    return emit(graph, pairs("loss_value_and_grad", "x", "t"), flat=True).source


def classifier() -> str:
    graph = differentiated(graph_examples.classifier(), 4)
    return emit(graph, pairs("loss_value_and_grad", "x", "y")).source


def structures() -> str:
    model = Model(Layer(Leaf(0), Leaf(1)), Layer(Leaf(2), Leaf(3)), Static(0.1))
    gradient = Model(Layer(Leaf(1), Leaf(2)), Layer(Leaf(3), Leaf(4)), Static(0.1))
    parameters = (
        Parameter("model", describe(model)),
        Parameter("rest", describe({"x": Leaf(4)}), "var_keyword"),
    )
    interface = Interface(
        "loss_value_and_grad",
        parameters,
        describe((Leaf(0), describe(gradient, "model"))),
        hidden=(("labels", 5),),
        gradients={1: 0, 2: 1, 3: 2, 4: 3},
    )
    return emit(differentiated(graph_examples.classifier(), 4), interface).source


def relaxation() -> str:
    return emit(graph_examples.relaxation()).source


def relaxation_gradient() -> str:
    forward = graph_examples.relaxation()
    scalar = Graph(forward.inputs, forward.equations, forward.outputs[:1], forward.symbols, "relax")
    interface = Interface(
        "relax_grad",
        flat_interface(scalar).parameters,
        describe((Leaf(1), Leaf(2))),
        gradients={1: 0, 2: 1},
    )
    return emit(differentiated(scalar, 2), interface).source


def long_lines() -> str:
    return emit(graph_examples.long_lines()).source


def explained() -> str:
    graph = differentiated(graph_examples.two_layer_network(), 4)
    rows = explain_rows(graph, pairs("loss", "x", "t"))
    return "".join(
        f"{row.forward}\n" + "".join(f"    {line}\n" for line in row.adjoint) for row in rows
    )


def saved() -> str:
    graph = differentiated(graph_examples.classifier(), 4)
    n = symbol_size(next(s for s in graph.symbols if s.name == "n"))
    return numpy_module(
        graph, pairs("loss_value_and_grad", "x", "y"), [(n - 5, ">=", 0, True)], "1.2"
    )


def saved_kernel() -> str:
    graph = differentiated(graph_examples.classifier(), 4)
    interface = pairs("loss_value_and_grad", "x", "y")
    extra = (Parameter("power", Static(3), default=Static(3)), Parameter("g", Static(np.tanh)))
    interface = Interface(
        interface.name,
        (*interface.parameters, *extra),
        interface.results,
        gradients=interface.gradients,
    )
    kernel = Program(
        "import numba\nimport numpy as np\n\n\n@numba.njit\ndef kernel(*args): ...",
        "kernel",
        "numba",
        checked=True,
    )
    return numba_module(graph, interface, kernel, version="1.2")


CASES = (
    two_layers,
    two_layers_flat,
    classifier,
    structures,
    relaxation,
    relaxation_gradient,
    long_lines,
    explained,
    saved,
    saved_kernel,
)


@pytest.mark.parametrize("case", CASES)
def test_text_is_the_golden_one(case: Callable[[], str]) -> None:
    text = case()
    assert case() == text, "not the same text twice"
    path = GOLDEN / f"{case.__name__}.txt"
    if os.environ.get("ADJIT_UPDATE_GOLDEN") == "1":
        path.write_text(text, encoding="utf-8")
    assert text == path.read_text(encoding="utf-8")


def test_the_backward_half_of_two_layers_is_what_stands_on_the_board() -> None:
    """The text that the project promises, written out here so that no rewrite loses it."""
    _, backward = two_layers().split("    # backward\n")
    statements = [line.split("  #")[0].strip() for line in backward.strip().splitlines()]
    assert statements == [
        "dy2 = 2 * (y2 - t)",
        "dz2 = dy2 * (1 - y2 ** 2)",
        "db2 = dz2",
        "dW2 = np.outer(dz2, y1)",
        "dy1 = W2.T @ dz2",
        "dz1 = dy1 * (1 - y1 ** 2)",
        "db1 = dz1",
        "dW1 = np.outer(dz1, x)",
        "return J, ((dW1, db1), (dW2, db2))",
    ]
