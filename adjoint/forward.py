"""Forward mode: tangents computed along with the values."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from adjit.adjoint.regions.tangents import REGIONS
from adjit.adjoint.tangents import pushed
from adjit.ir import Graph, Value


def jvp(graph: Graph, wrt: Sequence[int]) -> Graph:
    """The graph with one more input, a tangent, per entry of `wrt`.

    It returns the original outputs followed by the tangent of each (zeros of the output's type
    where there is no dependence, for outputs that are no floats as well).
    """
    inputs = [graph.inputs[k] for k in wrt]
    seeds = [Value(v.type, f"d{v.name or 'x'}") for v in inputs]
    given = {v: seed for v, seed in zip(inputs, seeds, strict=True) if v.type.is_float}
    equations, results = pushed(graph, given, [True] * len(graph.outputs), REGIONS)
    return replace(
        graph,
        inputs=(*graph.inputs, *seeds),
        equations=tuple(equations),
        outputs=(*graph.outputs, *results),
    )
