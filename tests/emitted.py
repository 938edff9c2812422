"""Emitted NumPy text, for tests: its statements, and its results beside the reference."""

from __future__ import annotations

import numpy as np
from graph_eval import evaluate

from adjit.codegen.numpy_form import emit, load
from adjit.ir import Graph


def statements(graph: Graph) -> list[str]:
    """The statements of the function's body, each on one line."""
    lines = emit(graph).source.split("):\n", 1)[1].splitlines()
    out: list[str] = []
    for line in filter(None, lines):
        if line.startswith("     "):
            out[-1] += f" {line.strip()}"
        else:
            out.append(line.strip())
    return out


def run(graph: Graph, *arrays: object) -> None:
    """The text computes what the reference evaluator does."""
    with np.errstate(all="ignore"):
        results = load(emit(graph, flat=True))(*arrays)
        expected = evaluate(graph, *arrays)
    for result, reference in zip(results, expected, strict=True):
        assert np.asarray(result).dtype == reference.dtype
        np.testing.assert_allclose(result, reference, rtol=1e-13, atol=1e-15)
