"""Small inner sizes as numbers: points in space, the channels of an image.

A loop of three turns whose length is known is no loop: the compiler writes its turns one after the
other, and the loop around it can be vectorised. So the last size of an array of several axes counts
as given where it is at most `SMALL`; another one makes another specialisation.
"""

from __future__ import annotations

from dataclasses import replace

from adjit.ir.dims import Dim, Size, Symbol
from adjit.ir.graph import Graph
from adjit.ir.rewrite import substitute_sizes
from adjit.ir.substitution import substitute
from adjit.tracer import Capture

SMALL = 3


def with_small_sizes(capture: Capture) -> Capture:
    """The capture for the small inner sizes that it was made with."""
    table: dict[Symbol, Size] = dict(_small(capture.graph))
    if not table:
        return capture
    guards = [replace(g, size=substitute(g.size, table)) for g in capture.size_guards]
    scalars = {k: substitute(size, table) for k, size in capture.scalar_sizes.items()}
    return replace(
        capture,
        graph=substitute_sizes(capture.graph, table),
        size_guards=tuple(g for g in guards if isinstance(g.size, Dim)),
        scalar_sizes=scalars,
    )


def _small(graph: Graph) -> dict[Symbol, int]:
    """The symbols that stand for such sizes. Sizes that are the numbers of arguments are free."""
    free = {s for s, source in graph.symbols.items() if source.axis is None}
    found: dict[Symbol, int] = {}
    for symbol, source in graph.symbols.items():
        shape = graph.inputs[source.index].shape
        axis = source.axis
        if symbol in free or axis is None or source.divisor != 1 or len(shape) < 2:
            continue
        if axis == len(shape) - 1 and symbol.hint is not None and 2 <= symbol.hint <= SMALL:
            found[symbol] = symbol.hint
    return found
