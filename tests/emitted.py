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


def checked_run(graph: Graph, *arrays: object, tolerance: float = 1e-12) -> list[np.ndarray]:
    """The text, flat or not, computes what the reference evaluator does, leaves its arguments as
    they are, and returns arrays that share memory with nothing. Returns the results."""
    before = [np.array(a) for a in arrays]
    with np.errstate(all="ignore"):
        expected = evaluate(graph, *arrays)
    for flat in (False, True):
        program = emit(graph, flat=flat)
        assert emit(graph, flat=flat).source == program.source
        with np.errstate(all="ignore"):
            results = load(program)(*arrays)
        for array, copy in zip(arrays, before, strict=True):
            np.testing.assert_array_equal(array, copy, f"argument written to\n{program.source}")
        for result, reference in zip(results, expected, strict=True):
            assert np.asarray(result).dtype == reference.dtype, program.source
            assert np.shape(result) == reference.shape, program.source
            near = 1e-4 if reference.dtype == np.float32 else tolerance
            np.testing.assert_allclose(
                result, reference, rtol=near, atol=near, err_msg=program.source
            )
        found = [r for r in results if isinstance(r, np.ndarray) and r.size]
        for k, array in enumerate(found):
            for other in (*found[k + 1 :], *(a for a in arrays if isinstance(a, np.ndarray))):
                assert not np.shares_memory(array, other), program.source
    return list(results)
