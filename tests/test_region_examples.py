"""The examples with control flow mean what their plain functions mean."""

from __future__ import annotations

import numpy as np
import pytest
from graph_eval import evaluate
from region_examples import EXAMPLES

from adjit.ir import verify

RUNS = [(name, sizes) for name, example in EXAMPLES.items() for sizes in example.sizes]


@pytest.mark.parametrize("name", EXAMPLES)
def test_the_graph_is_sound(name):
    graph = verify(EXAMPLES[name].graph)
    assert str(graph) == str(graph)
    assert graph.outputs[0].type.is_float
    assert graph.outputs[0].shape == ()
    assert all(graph.inputs[k].type.is_float for k in EXAMPLES[name].wrt)


@pytest.mark.parametrize(("name", "sizes"), RUNS)
def test_the_graph_means_the_plain_function(name, sizes):
    example = EXAMPLES[name]
    inputs = example.arguments(np.random.default_rng(1), *sizes)
    before = [np.array(x) for x in inputs]
    expected = example.function(*(np.array(x) if np.ndim(x) else x for x in inputs))
    found = evaluate(example.graph, *inputs)
    assert len(found) == len(expected)
    for got, want in zip(found, expected, strict=True):
        assert got.dtype == np.asarray(want).dtype
        tolerance = 1e-5 if got.dtype == np.float32 else 1e-12
        np.testing.assert_allclose(got, want, rtol=tolerance, atol=tolerance)
    for x, kept in zip(inputs, before, strict=True):
        np.testing.assert_array_equal(x, kept)
