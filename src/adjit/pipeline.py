"""The passes, in order: captured graph -> gradient graph -> program."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from dataclasses import replace

from adjit.adjoint import residual_bytes, value_and_gradient
from adjit.errors import ArgumentError
from adjit.ir.dims import Size, symbols_of
from adjit.ir.elements import settle_elements
from adjit.ir.graph import Graph
from adjit.ir.round_trips import shorten_round_trips
from adjit.ir.simplify import (
    eliminate_common,
    eliminate_dead,
    hoist_invariants,
    release_unchanged,
)
from adjit.ir.substitution import substitute
from adjit.ir.verify import verify
from adjit.ir.zero_sums import drop_zero_sums
from adjit.options import present

Pass = tuple[str, Callable[[Graph], Graph]]

#: What every graph goes through before and after differentiation.
CLEANUP: tuple[Pass, ...] = (
    ("release_unchanged", release_unchanged),
    ("hoist_invariants", hoist_invariants),
    ("eliminate_common", eliminate_common),
    ("settle_elements", settle_elements),
    ("eliminate_dead", eliminate_dead),
)


#: What an adjoint goes through besides.
SHORTEN: tuple[Pass, ...] = (
    ("drop_zero_sums", drop_zero_sums),
    ("shorten_round_trips", shorten_round_trips),
    ("eliminate_dead", eliminate_dead),
)

BACKENDS = ("auto", "numba", "numpy")


def backend() -> str:
    """What runs: the environment's ADJIT_BACKEND, "auto" by default.

    "numpy" is the interpreted mode: the reader's form, without numba. "numba" compiles at the
    first call. "auto" does so too, but where the first call is little work and no compiled code
    is kept from earlier, that call is interpreted and the second one compiles: whoever wants one
    number does not wait for a compiler.
    """
    named = os.environ.get("ADJIT_BACKEND", "").strip().lower() or "auto"
    if named not in BACKENDS:
        raise ArgumentError(
            f"ADJIT_BACKEND={named!r} is not known",
            remedy=f"set it to one of {', '.join(BACKENDS)}, or unset it",
        )
    return named


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


def at_least(size: Size) -> int:
    """A size with the numbers met while tracing; what is known only when the code runs counts as
    little as it can be."""
    numbers = {s: max(1, s.lower or 0) if s.hint is None else s.hint for s in symbols_of(size)}
    known = substitute(size, numbers)
    assert isinstance(known, int)
    return known


def differentiate(graph: Graph, wrt: Sequence[int], outputs: Sequence[int]) -> Graph:
    """The graph that returns `outputs` of `graph`, then the gradient of output 0 for each input
    in `wrt`, made with the options that hold."""
    options = present()

    def adjoint(g: Graph) -> Graph:
        if options.checkpoint != "auto":
            return value_and_gradient(g, wrt, policy=options.checkpoint)
        made = value_and_gradient(g, wrt)
        if at_least(residual_bytes(g, made)) <= options.memory_limit:
            return made
        return value_and_gradient(g, wrt, policy="sqrt")

    def choose(g: Graph) -> Graph:
        kept = [g.outputs[k] for k in outputs]
        return replace(g, outputs=(*kept, *g.outputs[len(graph.outputs) :]))

    passes = (*CLEANUP, ("adjoint", adjoint), ("choose outputs", choose), *CLEANUP, *SHORTEN)
    return run(graph, passes)
