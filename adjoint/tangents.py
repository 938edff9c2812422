"""The tangents of a block: each equation is followed by what its tangent takes."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass

from adjit.adjoint.activity import varied
from adjit.adjoint.context import Context, producers_of
from adjit.adjoint.rules import FORWARD, differentiable_inputs
from adjit.ir import Equation, Graph, GraphBuilder, Operand, Primitive, Value

RegionRule = Callable[["Tangents", Equation], None]


def pushed(
    graph: Graph,
    given: Mapping[Value, Operand],
    wanted: Sequence[bool],
    rules: Mapping[Primitive, RegionRule],
) -> tuple[list[Equation], list[Operand]]:
    """The block's equations with those of the tangents, and the tangents of the wanted outputs,
    whole. `given` are tangents of inputs."""
    builder = GraphBuilder(role="backward")
    context = Context(builder, producers_of(graph), varied(graph, given))
    known = {
        *graph.inputs,
        *context.producers,
        *(x for x in given.values() if isinstance(x, Value)),
    }
    state = Tangents(context, dict(given), known, rules)
    for eqn in graph.equations:
        state.push(eqn)
    results = [state.filled(x) for x, mark in zip(graph.outputs, wanted, strict=True) if mark]
    return builder.equations, results


@dataclass(frozen=True, slots=True)
class Tangents:
    """The tangents found so far, by value."""

    context: Context
    found: dict[Value, Operand]
    #: Values that keep their names.
    known: AbstractSet[Value]
    rules: Mapping[Primitive, RegionRule]

    def push(self, eqn: Equation) -> None:
        """Append an equation and, where its outputs vary, their tangents."""
        builder = self.context.builder
        if not any(v in self.context.active for v in eqn.outputs):
            builder.equations.append(eqn)
            return
        builder.location, builder.source = eqn.location, eqn.output
        region = self.rules.get(eqn.primitive)
        if region is not None:
            region(self, eqn)
            return
        builder.equations.append(eqn)
        numbers = differentiable_inputs(eqn)
        given = [self.of(x) if k in numbers else None for k, x in enumerate(eqn.inputs)]
        tangent = FORWARD[eqn.primitive](self.context, eqn, given)
        if isinstance(tangent, Value) and tangent not in self.known and eqn.output.name:
            tangent.name = tangent.name or f"d{eqn.output.name}"
        self.found[eqn.output] = tangent

    def of(self, x: Operand) -> Operand | None:
        """The tangent of x as a whole array; None for zero."""
        tangent = self.found.get(x) if isinstance(x, Value) else None
        return None if tangent is None else self.context.builder.broadcast(tangent, x.shape)

    def filled(self, x: Operand) -> Operand:
        """The tangent of x as a whole array, zeros too."""
        tangent = self.of(x)
        return self.context.builder.full(0, x.shape, x.type.dtype) if tangent is None else tangent
