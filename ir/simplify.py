"""All passes that keep the meaning of a graph, in order."""

from __future__ import annotations

from adjit.ir.common import eliminate_common
from adjit.ir.dead import eliminate_dead
from adjit.ir.graph import Graph
from adjit.ir.hoist import hoist_invariants
from adjit.ir.unchanged import release_unchanged


def simplify(graph: Graph) -> Graph:
    """All simplifications, in order."""
    return eliminate_dead(eliminate_common(hoist_invariants(release_unchanged(graph))))


__all__ = [
    "eliminate_common",
    "eliminate_dead",
    "hoist_invariants",
    "release_unchanged",
    "simplify",
]
