"""Every row's gradient along a random direction, against NumPy's own difference quotient.

A lowering can have the right value and the wrong derivative (a constant where a traced value
belongs, a detour through integers): this finds it, whatever the rules of the primitives.
"""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np
import pytest
from graph_eval import evaluate
from surface_run import Number, Sample, Traced, leaves_of, plain, trace_call
from surface_samples import SAMPLES

from adjit.adjoint import vjp
from adjit.tracer.outputs import OutputLeaf

STEP = 1e-6


def is_float(x: Any) -> bool:
    return not isinstance(x, Number) and np.asarray(x).dtype == np.float64


def usable(sample: Sample) -> bool:
    """True where the inputs are finite float64 arrays, away from the kinks at whole numbers."""
    leaves = [x for x in leaves_of((sample.args, sample.kwargs)) if is_float(x)]
    return any(np.size(x) for x in leaves) and all(
        np.all(np.isfinite(x)) and not np.any(x == np.round(x)) for x in leaves
    )


def flat_outputs(tree: Any, result: Any) -> list[Any]:
    """The float outputs of the plain call, in the order of the graph's outputs."""
    if isinstance(tree, OutputLeaf):
        return [np.asarray(result)]
    if isinstance(tree, (list, tuple)):
        return [
            x for item, other in zip(tree, result, strict=True) for x in flat_outputs(item, other)
        ]
    return []


@pytest.mark.parametrize("sample", [s for s in SAMPLES if usable(s)], ids=str)
def test_directional_derivative(sample: Sample) -> None:
    traced = trace_call(sample.function, sample.args, sample.kwargs)
    floats = [k for k, x in enumerate(traced.graph.outputs) if x.type.dtype == np.float64]
    wrt = [k for k, x in enumerate(traced.inputs) if is_float(x)]
    if not floats:
        pytest.skip("no float64 output")
    draw = np.random.default_rng(11)
    direction = {k: draw.normal(size=np.shape(traced.inputs[k])) for k in wrt}
    weights: dict[int, Any] = {}

    def total(sign: int) -> float:
        moved = [
            _moved(x, sign * STEP * direction[k]) if k in wrt else x
            for k, x in enumerate(traced.inputs)
        ]
        found = flat_outputs(traced.outputs, plain(sample, moved))
        for k in floats:
            weights.setdefault(k, draw.normal(size=found[k].shape))
        return float(sum(np.sum(weights[k] * found[k]) for k in floats))

    before, here, after = total(-1), total(0), total(1)
    expected = (after - before) / (2 * STEP)
    if abs(after + before - 2 * here) > 1e-3 * STEP * max(1.0, abs(expected)):
        pytest.skip("a kink or a jump")
    got = _adjoint(traced, floats, wrt, weights, direction)
    np.testing.assert_allclose(got, expected, rtol=2e-5, atol=2e-5 * max(1.0, abs(expected)))


def _moved(x: Any, step: Any) -> Any:
    """The array moved, in its memory order."""
    if not isinstance(x, np.ndarray):
        return x + step
    out = np.copy(x, order="K")
    out += step
    return out


def _adjoint(
    traced: Traced,
    floats: list[int],
    wrt: list[int],
    weights: dict[int, Any],
    direction: dict[int, Any],
) -> float:
    graph = vjp(traced.graph, wrt, floats)
    values = [x.value if isinstance(x, Number) else x for x in traced.inputs]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        found = evaluate(graph, *values, *traced.hidden, *(weights[k] for k in floats))
    gradients = found[len(traced.graph.outputs) :]
    return float(sum(np.sum(g * direction[k]) for k, g in zip(wrt, gradients, strict=True)))
