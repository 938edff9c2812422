"""Forward mode: tangents computed along with the values."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from adjit.adjoint.activity import varied
from adjit.adjoint.context import Context, producers_of
from adjit.adjoint.rules import FORWARD, differentiable_inputs
from adjit.ir import Graph, GraphBuilder, Operand, Value


def jvp(graph: Graph, wrt: Sequence[int]) -> Graph:
    """The graph with one more input, a tangent, per entry of `wrt`.

    It returns the original outputs followed by the tangent of each (zeros of the output's type
    where there is no dependence, for outputs that are no floats as well).
    """
    builder = GraphBuilder(role="backward")
    inputs = [graph.inputs[k] for k in wrt]
    context = Context(builder, producers_of(graph), varied(graph, inputs))
    seeds = [Value(v.type, f"d{v.name or 'x'}") for v in inputs]
    tangents: dict[Value, Operand] = {
        v: seed for v, seed in zip(inputs, seeds, strict=True) if v.type.is_float
    }
    known = {*graph.inputs, *seeds, *context.producers}
    for eqn in graph.equations:
        builder.equations.append(eqn)
        if eqn.output not in context.active:
            continue
        builder.location, builder.source = eqn.location, eqn.output
        numbers = differentiable_inputs(eqn)
        given = [
            _tangent(builder, tangents, x) if k in numbers else None
            for k, x in enumerate(eqn.inputs)
        ]
        tangent = FORWARD[eqn.primitive](context, eqn, given)
        if isinstance(tangent, Value) and tangent not in known and eqn.output.name:
            tangent.name = tangent.name or f"d{eqn.output.name}"
        tangents[eqn.output] = tangent
    results = [
        _tangent(builder, tangents, x) or builder.full(0, x.shape, x.type.dtype)
        for x in graph.outputs
    ]
    return replace(
        graph,
        inputs=(*graph.inputs, *seeds),
        equations=tuple(builder.equations),
        outputs=(*graph.outputs, *results),
    )


def _tangent(builder: GraphBuilder, tangents: dict[Value, Operand], x: Operand) -> Operand | None:
    """The tangent of x as a whole array; None for zero."""
    tangent = tangents.get(x) if isinstance(x, Value) else None
    return None if tangent is None else builder.broadcast(tangent, x.shape)
