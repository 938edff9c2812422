"""Derivatives of graphs with loops, branches and checkpoints, to second order."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from graph_checks import finished, numeric, with_weights
from graph_eval import evaluate
from region_examples import EXAMPLES

from adjit.adjoint import jvp, value_and_gradient

RUNS = [
    (name, sizes)
    for name, example in EXAMPLES.items()
    for sizes in example.sizes
    if (name, sizes) != ("newton", (0,))  # the number of trips is about to change there
]
FIRST = {}
SECOND = {}
FORWARD = {}
TWICE = {}


def scalar(example):
    return replace(example.graph, outputs=example.graph.outputs[:1])


def first(name):
    if name not in FIRST:
        example = EXAMPLES[name]
        FIRST[name] = finished(value_and_gradient(scalar(example), example.wrt))
    return FIRST[name]


def second(name):
    """The gradient of the gradients, each multiplied with a further input and summed."""
    if name not in SECOND:
        example = EXAMPLES[name]
        numbers = range(1, 1 + len(example.wrt))
        graph = with_weights(first(name), numbers)
        SECOND[name] = finished(value_and_gradient(graph, example.wrt))
    return SECOND[name]


def given(name, sizes):
    example = EXAMPLES[name]
    arguments = example.arguments(np.random.default_rng(1), *sizes)
    return example, [np.asarray(x)[()] for x in arguments]


def close(got, expected, inputs, **options):
    loose = any(getattr(x, "dtype", None) == np.float32 for x in inputs)
    tol = 2e-3 if loose else 1e-6
    scale = max(1.0, float(np.max(np.abs(expected), initial=0.0)))
    np.testing.assert_allclose(got, expected, rtol=tol, atol=tol * scale, **options)


@pytest.mark.parametrize(("name", "sizes"), RUNS)
def test_gradient(name, sizes):
    example, inputs = given(name, sizes)
    value, *gradients = evaluate(first(name), *inputs)
    np.testing.assert_allclose(value, example.function(*inputs)[0], rtol=1e-5)

    def fun(xs):
        return float(example.function(*xs)[0])

    step = 1e-2 if any(getattr(x, "dtype", None) == np.float32 for x in inputs) else 1e-4
    for k, got in zip(example.wrt, gradients, strict=True):
        assert got.dtype == inputs[k].dtype
        close(got, numeric(fun, inputs, k, step), inputs, err_msg=f"input {k}")


@pytest.mark.parametrize(("name", "sizes"), RUNS)
def test_second_order(name, sizes):
    example, inputs = given(name, sizes)
    rng = np.random.default_rng(7)
    weights = [rng.normal(size=np.shape(inputs[k])).astype(inputs[k].dtype) for k in example.wrt]
    found = evaluate(second(name), *inputs, *weights)[1:]

    def along(xs):
        gradients = evaluate(first(name), *xs)[1:]
        return float(sum(np.sum(g * w) for g, w in zip(gradients, weights, strict=True)))

    step = 1e-2 if any(getattr(x, "dtype", None) == np.float32 for x in inputs) else 1e-4
    for k, got in zip(example.wrt, found, strict=True):
        close(got, numeric(along, inputs, k, step), inputs, err_msg=f"input {k}")


@pytest.mark.parametrize(("name", "sizes"), RUNS)
def test_forward_mode_agrees(name, sizes):
    """Along one direction, for every output; and the derivative of the gradient, forward over
    reverse."""
    example, inputs = given(name, sizes)
    rng = np.random.default_rng(8)
    along = [rng.normal(size=np.shape(inputs[k])).astype(inputs[k].dtype) for k in example.wrt]
    if name not in FORWARD:
        FORWARD[name] = finished(jvp(example.graph, example.wrt))
        TWICE[name] = finished(jvp(first(name), example.wrt))
    results = evaluate(FORWARD[name], *inputs, *along)
    gradients = evaluate(first(name), *inputs)[1:]
    expected = sum(float(np.sum(g * t)) for g, t in zip(gradients, along, strict=True))
    close(results[len(example.graph.outputs)], expected, inputs)
    moved = evaluate(TWICE[name], *inputs, *along)[-len(example.wrt) :]
    symmetric = evaluate(second(name), *inputs, *along)[1:]
    for got, want in zip(moved, symmetric, strict=True):
        close(got, want, inputs)
