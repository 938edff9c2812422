"""Which values may share memory, whatever the order of things: every update taken to be in place,
every value that is bound several times to be any of its sources."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from adjit.ir.graph import Equation, Graph
from adjit.ir.indexing import is_basic
from adjit.ir.values import Operand, Value


@dataclass(slots=True)
class Roots:
    """Classes of values, each with a representative."""

    parent: dict[Operand, Operand] = field(default_factory=dict)

    def of(self, x: Operand) -> Operand:
        """The representative of the values whose memory x may share."""
        while (above := self.parent.get(x)) is not None:
            x = above
        return x

    def join(self, x: Operand, y: Operand) -> None:
        """x may share memory with y; scalars share with nothing."""
        if isinstance(x, Value) and isinstance(y, Value) and x.shape and y.shape:
            one, other = self.of(x), self.of(y)
            if one is not other:
                self.parent[one] = other


def find_roots(graph: Graph) -> Roots:
    """The classes of a graph with open regions."""
    roots = Roots()
    _add(roots, graph.equations)
    return roots


def _add(roots: Roots, equations: Sequence[Equation]) -> None:
    for eqn in equations:
        name = eqn.primitive.name
        if name == "update":
            roots.join(eqn.output, eqn.inputs[0])
        elif not eqn.regions and (source := viewed(eqn)) is not None:
            roots.join(eqn.output, source)
        if name in ("loop", "while"):
            _join_all(roots, eqn.outputs, eqn.inputs)
        for k, region in enumerate(eqn.regions):
            _add(roots, region.equations)
            if name != "while" or k == 1:
                _join_all(roots, eqn.outputs, region.outputs)


def _join_all(roots: Roots, targets: Iterable[Value], sources: Iterable[Operand]) -> None:
    for target, source in zip(targets, sources, strict=True):
        roots.join(target, source)


def viewed(eqn: Equation) -> Operand | None:
    """The operand whose memory the result may share; None for a result that is fresh."""
    if not eqn.output.shape:
        return None
    name = eqn.primitive.name
    view = (
        name in ("reshape", "transpose", "stop", "reserve")
        or (name == "broadcast" and bool(eqn.inputs[0].shape))
        or (
            name == "index"
            and (is_basic(eqn.params["spec"]) or all(not x.shape for x in eqn.inputs[1:]))
        )
    )
    return eqn.inputs[0] if view else None
