"""The passes, in order: captured graph -> gradient graph -> program."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from dataclasses import replace

from adjit.adjoint import value_and_gradient
from adjit.ir.graph import Graph
from adjit.ir.simplify import eliminate_common, eliminate_dead
from adjit.ir.verify import verify

Pass = tuple[str, Callable[[Graph], Graph]]

#: What every graph goes through before and after differentiation.
CLEANUP: tuple[Pass, ...] = (
    ("eliminate_common", eliminate_common),
    ("eliminate_dead", eliminate_dead),
)


def backend() -> str:
    """ "numba", or "numpy" when the environment says ADJIT_BACKEND=numpy (the interpreted mode)."""
    return "numpy" if os.environ.get("ADJIT_BACKEND", "").strip().lower() == "numpy" else "numba"


def debug() -> bool:
    """True when ADJIT_DEBUG is set: graphs are verified after every pass."""
    return os.environ.get("ADJIT_DEBUG", "") not in ("", "0")


def run(graph: Graph, passes: Sequence[Pass]) -> Graph:
    """Apply passes in order, verifying after each in debug mode."""
    checking = debug()
    if checking:
        verify(graph, "capture")
    for name, step in passes:
        graph = step(graph)
        if checking:
            verify(graph, name)
    return graph


def prepare(graph: Graph) -> Graph:
    """A captured graph, cleaned up."""
    return run(graph, CLEANUP)


def differentiate(graph: Graph, wrt: Sequence[int], outputs: Sequence[int]) -> Graph:
    """The graph that returns `outputs` of `graph`, then the gradient of output 0 for each input
    in `wrt`."""

    def adjoint(g: Graph) -> Graph:
        return value_and_gradient(g, wrt)

    def choose(g: Graph) -> Graph:
        kept = [g.outputs[k] for k in outputs]
        return replace(g, outputs=(*kept, *g.outputs[len(graph.outputs):]))

    return run(graph, (*CLEANUP, ("adjoint", adjoint), ("choose outputs", choose), *CLEANUP))
