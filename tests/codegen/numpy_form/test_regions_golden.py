"""The text of whole functions with loops, held by golden files, as in `test_golden`."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from region_examples import EXAMPLES

from adjit.adjoint import value_and_gradient
from adjit.codegen.interface import Interface, Leaf, describe, flat_interface
from adjit.codegen.numpy_form import emit, explain_rows
from adjit.codegen.save import numpy_module
from adjit.ir import Graph
from adjit.ir.simplify import simplify

GOLDEN = Path(__file__).parent / "golden"


def gradient(name: str) -> tuple[Graph, Interface]:
    example = EXAMPLES[name]
    graph = example.graph
    scalar = Graph(graph.inputs, graph.equations, graph.outputs[:1], graph.symbols, graph.name)
    made = simplify(value_and_gradient(simplify(scalar), wrt=example.wrt))
    gradients = dict(enumerate(example.wrt, start=1))
    results = describe((Leaf(0), tuple(Leaf(k) for k in gradients)))
    parameters = flat_interface(scalar).parameters
    interface = Interface(f"{name}_grad", parameters, results, gradients=gradients)
    return made, interface


def recurrence_gradient() -> str:
    return emit(*gradient("recurrence")).source


def elimination() -> str:
    return emit(EXAMPLES["lu"].graph).source


def elimination_gradient() -> str:
    return emit(*gradient("lu")).source


def search_gradient() -> str:
    """A `for` with a `break`."""
    return emit(*gradient("search")).source


def stencil_gradient() -> str:
    return emit(*gradient("heat")).source


def some_written_saved() -> str:
    """A branch in a loop, in a module of its own."""
    return numpy_module(*gradient("some_written"), (), "1.2")


def recurrent_network_explained() -> str:
    rows = explain_rows(*gradient("rnn"))
    return "".join(
        f"{row.forward}\n" + "".join(f"        {line}\n" for line in row.adjoint) for row in rows
    )


CASES = (
    recurrence_gradient,
    elimination,
    elimination_gradient,
    search_gradient,
    stencil_gradient,
    some_written_saved,
    recurrent_network_explained,
)


@pytest.mark.parametrize("case", CASES)
def test_text_is_the_golden_one(case: Callable[[], str]) -> None:
    text = case()
    assert case() == text, "not the same text twice"
    path = GOLDEN / f"{case.__name__}.txt"
    if os.environ.get("ADJIT_UPDATE_GOLDEN") == "1":
        path.write_text(text, encoding="utf-8")
    assert text == path.read_text(encoding="utf-8")


def test_a_saved_module_runs() -> None:
    example = EXAMPLES["some_written"]
    namespace: dict[str, object] = {}
    exec(some_written_saved(), namespace)
    x = np.array([0.5, -2.0, 3.0, 1.5])
    value, (dx,) = namespace["some_written_grad"](x)  # type: ignore[operator]
    np.testing.assert_allclose(value, example.function(x)[0])
    step = 1e-6 * np.eye(4)
    above, below = ([example.function(x + sign * h)[0] for h in step] for sign in (1, -1))
    np.testing.assert_allclose(dx, (np.array(above) - below) / 2e-6, rtol=1e-6)
