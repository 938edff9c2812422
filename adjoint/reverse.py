"""Reverse mode: one sweep over a graph that appends the backward equations."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from adjit.adjoint.checkpointing import prepared
from adjit.adjoint.regions.frames import Frame
from adjit.adjoint.regions.names import Names, bound_names
from adjit.adjoint.sweeping import Seed, swept
from adjit.ir import Graph, Value, literal
from adjit.ir.errors import InternalError


def value_and_gradient(
    graph: Graph, wrt: Sequence[int], *, output: int = 0, policy: str = "none"
) -> Graph:
    """The graph that also returns the gradient of one output.

    Parameters
    ----------
    graph:
        Any graph.
    wrt:
        Numbers of the inputs to differentiate with respect to.
    output:
        Number of the output to differentiate: a float scalar.
    policy:
        What to store of long loops, see `checkpointing`.

    Returns
    -------
    Graph
        Same inputs; the original outputs followed by one gradient per entry of `wrt`, each of
        its input's type (zeros where there is no dependence).
    """
    result = graph.outputs[output]
    if not result.type.is_float or result.shape != ():
        raise InternalError(f"gradient of a result of type {result.type}")
    return _differentiated(graph, [(result, literal(1, result.type.dtype))], wrt, policy)


def vjp(
    graph: Graph, wrt: Sequence[int], outputs: Sequence[int] = (0,), *, policy: str = "none"
) -> Graph:
    """The graph with one more input, a cotangent, per entry of `outputs`.

    It returns the original outputs followed by the cotangents of the inputs `wrt`.
    """
    seeds = []
    for k in outputs:
        x = graph.outputs[k]
        if not x.type.is_float:
            raise InternalError(f"cotangent of a result of type {x.type}")
        name = x.name if isinstance(x, Value) else ""
        seeds.append((x, Value(x.type, f"d{name or 'y'}")))
    cotangents = tuple(ct for _, ct in seeds)
    out = _differentiated(graph, seeds, wrt, policy)
    return replace(out, inputs=(*graph.inputs, *cotangents))


def _differentiated(graph: Graph, seeds: Sequence[Seed], wrt: Sequence[int], policy: str) -> Graph:
    """The graph with its adjoint, all of whose forward values are there in the backward pass."""
    graph, rules = prepared(graph, policy)
    inputs = [graph.inputs[k] for k in wrt]
    found = swept(Frame.of(graph), seeds, inputs, names=Names(bound_names(graph)), rules=rules)
    forward = (new for eqn in graph.equations for new in found.replaced.get(eqn, (eqn,)))
    return replace(
        graph,
        equations=(*forward, *found.backward),
        outputs=(*graph.outputs, *found.results),
    )
