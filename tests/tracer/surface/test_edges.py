"""Gradients at the points where a formula that is right elsewhere gives NaN or infinity."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import partial
from typing import Any

import numpy as np
import pytest
from graph_eval import evaluate
from scipy import special
from surface_run import call, trace_call

from adjit.adjoint import jvp, value_and_gradient

INF = np.inf
RTOL = {"sinc near 0": 1e-5}  # the expected value is the first term of the series
ZEROS = np.zeros(3)


def gradient(function: Callable[..., Any], x: Any) -> Any:
    """The gradient of the sum of a function, evaluated by the reference evaluator."""
    traced = trace_call(lambda v: np.sum(function(v)), (x,))
    graph = value_and_gradient(traced.graph, [0])
    return evaluate(graph, x, *traced.hidden)[-1]


CASES: list[tuple[str, Callable[..., Any], Any, Any]] = [
    ("norm at 0", np.linalg.norm, ZEROS, ZEROS),
    (
        "norm of rows, one of them 0",
        lambda x: np.linalg.norm(x, axis=1),
        np.array([[0.0, 0.0], [3.0, 4.0]]),
        [[0.0, 0.0], [0.6, 0.8]],
    ),
    ("Frobenius norm at 0", np.linalg.norm, np.zeros((2, 2)), np.zeros((2, 2))),
    ("norm of order 3 at 0", lambda x: np.linalg.norm(x, 3), ZEROS, ZEROS),
    ("norm of order 1 at 0", lambda x: np.linalg.norm(x, 1), ZEROS, ZEROS),
    ("std of equal numbers", np.std, np.ones(4), np.zeros(4)),
    (
        "std of columns",
        lambda x: np.std(x, axis=0),
        np.array([[1.0, 2.0], [1.0, 4.0]]),
        [[0.0, -0.5], [0.0, 0.5]],
    ),
    ("sinc at 0", np.sinc, np.array([0.0, 1.0]), [0.0, -1.0]),
    ("xlogy at 0", lambda x: special.xlogy(x, x), np.array([0.0, 1.0]), [0.0, 1.0]),
    ("xlogy of 0 and 0 in the second", lambda x: special.xlogy(0.0, x), ZEROS, ZEROS),
    ("xlog1py at 0 and -1", lambda x: special.xlog1py(0.0, x), np.array([-1.0]), [0.0]),
    (
        "xlogy by the first at 0",
        lambda x: special.xlogy(x, np.array([2.0, 0.5])),
        np.zeros(2),
        np.log([2.0, 0.5]),
    ),
    ("xlog1py by the first at 0", lambda x: special.xlog1py(x, 1.0), np.zeros(1), [np.log(2.0)]),
    ("modf at a whole number", lambda x: np.modf(x)[0], np.array([2.0, -3.0, 0.5]), np.ones(3)),
    ("sinc near 0", np.sinc, np.array([1e-9, -1e-3]), np.array([1e-9, -1e-3]) * -(np.pi**2) / 3),
    (
        "logsumexp of large numbers",
        partial(call, special.logsumexp),
        np.array([1000.0, 1000.0]),
        [0.5, 0.5],
    ),
    ("logsumexp with -inf", partial(call, special.logsumexp), np.array([0.0, -INF]), [1.0, 0.0]),
    (
        "logsumexp of small numbers",
        partial(call, special.logsumexp),
        np.array([-1000.0, -1001.0]),
        special.softmax([0.0, -1.0]),
    ),
    ("log_softmax", lambda x: call(special.log_softmax, x)[0], np.array([1e4, 0.0]), [0.0, 0.0]),
    ("softmax", lambda x: call(special.softmax, x)[0], np.array([0.0, 0.0]), [0.25, -0.25]),
    ("expit far out", special.expit, np.array([-800.0, 800.0]), [0.0, 0.0]),
    ("log_expit far out", special.log_expit, np.array([-800.0, 800.0]), [1.0, 0.0]),
    (
        "where with sqrt",
        lambda x: np.where(x > 0, np.sqrt(x), 0.0),
        np.array([0.0, 4.0]),
        [0.0, 0.25],
    ),
    ("nansum", np.nansum, np.array([np.nan, 1.0]), [0.0, 1.0]),
    ("nanmean", np.nanmean, np.array([np.nan, 1.0, 2.0]), [0.0, 0.5, 0.5]),
    ("nanstd", np.nanstd, np.array([np.nan, 1.0, 1.0]), [0.0, 0.0, 0.0]),
    ("nanmax", np.nanmax, np.array([np.nan, 1.0, 2.0]), [0.0, 0.0, 1.0]),
    ("nan_to_num", np.nan_to_num, np.array([np.nan, INF, 2.0]), [0.0, 0.0, 1.0]),
    ("masked sum", lambda x: np.sum(x * x, where=x > 0), np.array([np.nan, 2.0]), [0.0, 4.0]),
    ("masked mean", lambda x: np.mean(x, where=x > 0), np.array([-1.0, 2.0, 4.0]), [0, 0.5, 0.5]),
    ("clip", lambda x: np.clip(x, -1, 1), np.array([-2.0, 0.5, 3.0]), [0.0, 1.0, 0.0]),
    ("median of an even number", np.median, np.array([3.0, 1.0, 2.0, 9.0]), [0.5, 0.0, 0.5, 0.0]),
    ("median of an odd number", np.median, np.array([3.0, 1.0, 2.0]), [0.0, 0.0, 1.0]),
    ("max with initial", lambda x: np.max(x, initial=0.0), np.array([-1.0, -2.0]), [0.0, 0.0]),
    ("full_like", lambda x: call(np.full_like, np.ones(3), x[0]), np.array([2.0, 5.0]), [3.0, 0.0]),
    (
        "interp",
        lambda x: np.interp(0.5, np.array([0.0, 1.0, 2.0]), x),
        np.array([1.0, 2.0, 4.0]),
        [0.5, 0.5, 0.0],
    ),
    (
        "interp outside",
        lambda x: np.interp(x, np.array([0.0, 1.0]), np.array([0.0, 3.0])),
        np.array([-1.0, 0.5, 2.0]),
        [0.0, 3.0, 0.0],
    ),
    ("round", np.round, np.array([0.4]), [0.0]),
]


@pytest.mark.parametrize(("name", "function", "x", "expected"), CASES, ids=[c[0] for c in CASES])
def test_gradient(name: str, function: Callable[..., Any], x: Any, expected: Any) -> None:
    got = gradient(function, x)
    np.testing.assert_allclose(got, expected, rtol=RTOL.get(name, 1e-12), atol=1e-15)


def test_sinc_at_0_at_second_order() -> None:
    traced = trace_call(lambda v: np.sum(np.sinc(v)), (np.array([0.0, 0.01, 0.3]),))
    first = value_and_gradient(traced.graph, [0])
    total = replace(first, outputs=(first.outputs[1],))
    graph = jvp(total, [0])
    x = np.array([0.0, 0.01, 0.3])
    got = evaluate(graph, x, np.ones(3))[-1]
    y = np.pi * x[1:]
    exact = np.pi**2 * (2 * np.sin(y) / y**3 - 2 * np.cos(y) / y**2 - np.sin(y) / y)
    np.testing.assert_allclose(got, [-(np.pi**2) / 3, *exact], rtol=1e-8)
