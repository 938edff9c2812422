"""Reverse mode: one sweep over a graph that appends the backward equations."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from adjit.adjoint.regions.copies import bound_names
from adjit.adjoint.regions.frames import Frame
from adjit.adjoint.regions.rules import REGIONS
from adjit.adjoint.regions.stacks import Names, Swept
from adjit.adjoint.sweeping import Seed, swept
from adjit.ir import Graph, Value, literal
from adjit.ir.errors import InternalError


def value_and_gradient(graph: Graph, wrt: Sequence[int], *, output: int = 0) -> Graph:
    """The graph that also returns the gradient of one output.

    Parameters
    ----------
    graph:
        Any graph.
    wrt:
        Numbers of the inputs to differentiate with respect to.
    output:
        Number of the output to differentiate: a float scalar.

    Returns
    -------
    Graph
        Same inputs; the original outputs followed by one gradient per entry of `wrt`, each of
        its input's type (zeros where there is no dependence).
    """
    result = graph.outputs[output]
    if not result.type.is_float or result.shape != ():
        raise InternalError(f"gradient of a result of type {result.type}")
    found = sweep(graph, [(result, literal(1, result.type.dtype))], wrt)
    return _extended(graph, found)


def vjp(graph: Graph, wrt: Sequence[int], outputs: Sequence[int] = (0,)) -> Graph:
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
    return _extended(replace(graph, inputs=(*graph.inputs, *cotangents)), sweep(graph, seeds, wrt))


def sweep(graph: Graph, seeds: Sequence[Seed], wrt: Sequence[int]) -> Swept:
    """The adjoint of a whole graph, whose forward values are there in the backward pass."""
    names = Names(bound_names(graph))
    inputs = [graph.inputs[k] for k in wrt]
    return swept(Frame.of(graph), seeds, inputs, names=names, rules=REGIONS)


def _extended(graph: Graph, found: Swept) -> Graph:
    forward = (new for eqn in graph.equations for new in found.replaced.get(eqn, (eqn,)))
    return replace(
        graph,
        equations=(*forward, *found.backward),
        outputs=(*graph.outputs, *found.results),
    )
