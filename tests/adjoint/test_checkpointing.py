"""Loops whose values are recomputed in part: the same gradients, less memory."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from graph_checks import finished, with_weights
from graph_eval import ELEMENTWISE, evaluate
from region_examples import EXAMPLES

from adjit.adjoint import residual_bytes, value_and_gradient
from adjit.ir import Symbol
from adjit.ir.errors import InternalError
from adjit.ir.substitution import substitute

POLICIES = ["sqrt", "revolve:1", "revolve:2", "revolve:4"]
SIZES = {Symbol("n"): 10_000, Symbol("length"): 100}
RUNS = [(name, sizes) for name, example in EXAMPLES.items() for sizes in example.sizes]


KNOWN = {}


def graphs(name, policy):
    if (name, policy) not in KNOWN:
        example = EXAMPLES[name]
        graph = replace(example.graph, outputs=example.graph.outputs[:1])
        first = finished(value_and_gradient(graph, example.wrt, policy=policy))
        weighted = with_weights(first, range(1, 1 + len(example.wrt)))
        second = finished(value_and_gradient(weighted, example.wrt))
        KNOWN[name, policy] = first, second
    return KNOWN[name, policy]


@pytest.mark.parametrize("policy", POLICIES)
@pytest.mark.parametrize(("name", "sizes"), RUNS)
def test_the_gradient_is_the_same(name, sizes, policy):
    example = EXAMPLES[name]
    inputs = example.arguments(np.random.default_rng(2), *sizes)
    expected = evaluate(graphs(name, "none")[0], *inputs)
    for got, want in zip(evaluate(graphs(name, policy)[0], *inputs), expected, strict=True):
        np.testing.assert_allclose(got, want, rtol=1e-5 if want.dtype == "f4" else 1e-12)


@pytest.mark.parametrize("policy", POLICIES[::2])
@pytest.mark.parametrize("name", EXAMPLES)
def test_second_order(name, policy):
    example = EXAMPLES[name]
    rng = np.random.default_rng(3)
    inputs = example.arguments(rng, *example.sizes[-1])
    weights = [np.asarray(rng.normal(size=np.shape(inputs[k]))) for k in example.wrt]
    weights = [
        w.astype(example.graph.inputs[k].dtype) for k, w in zip(example.wrt, weights, strict=True)
    ]
    expected = evaluate(graphs(name, "none")[1], *inputs, *weights)
    found = evaluate(graphs(name, policy)[1], *inputs, *weights)
    for got, want in zip(found, expected, strict=True):
        np.testing.assert_allclose(got, want, rtol=1e-4 if want.dtype == "f4" else 1e-9)


@pytest.mark.parametrize(("count", "snapshots", "advances"), [(10, 3, 15), (10, 1, 45), (6, 5, 5)])
def test_revolve_repeats_as_little_as_it_can(count, snapshots, advances, monkeypatch):
    """The numbers of the paper: r * n - binomial(s + r, s + 1) steps beside the recorded ones."""
    ran = []
    monkeypatch.setitem(ELEMENTWISE, "tanh", lambda x: ran.append(1) or np.tanh(x))
    gradient = graphs("recurrence", f"revolve:{snapshots}")[0]
    evaluate(gradient, np.full(count, 0.1), 0.3)
    assert len(ran) == count + advances + count


def test_segments_keep_less():
    example = EXAMPLES["recurrence"]
    whole, parts = (
        substitute(residual_bytes(example.graph, graphs("recurrence", policy)[0]), SIZES)
        for policy in ("none", "sqrt")
    )
    assert whole == 2 * 8 * 10_000
    assert parts == 8 * 100


@pytest.mark.parametrize("policy", ["revolve", "revolve:0", "revolve:x", "all"])
def test_unknown_policies(policy):
    with pytest.raises(InternalError, match="policy"):
        graphs("recurrence", policy)
