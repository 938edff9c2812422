"""Equations that nothing depends on, dropped; in regions too, with what was carried for them."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace

from adjit.ir.dims import Symbol
from adjit.ir.effects import acts
from adjit.ir.graph import (
    Equation,
    Graph,
    bound_by,
    bound_in_regions,
    own_symbols,
    values_of,
)
from adjit.ir.primitives import regions as rg
from adjit.ir.rewrite import with_equations
from adjit.ir.values import Operand, Value


def eliminate_dead(graph: Graph) -> Graph:
    """Drop equations that no output depends on. An equation that binds a symbol stays while a
    size needs it, checks of the user's stay with what they look at; outputs, carried values and
    captured values of regions go one by one."""
    return with_equations(graph, _swept(graph.equations, graph.outputs).equations)


@dataclass(frozen=True, slots=True)
class _Swept:
    """Equations that stay, what they and the outputs read, the symbols that they need."""

    equations: tuple[Equation, ...]
    live: set[Value]
    symbols: set[Symbol]


def _swept(equations: Sequence[Equation], outputs: Sequence[Operand]) -> _Swept:
    live = set(values_of(tuple(outputs)))
    symbols: set[Symbol] = set()
    kept: list[Equation] = []
    for eqn in reversed(equations):
        bound = bound_by(eqn)
        if bound not in symbols and not any(v in live for v in eqn.outputs) and not acts(eqn):
            continue
        if eqn.regions:
            eqn, inside = _without_dead(eqn, live)
            symbols |= inside
        symbols |= own_symbols(eqn)
        symbols -= {bound}
        live.update(values_of(eqn.inputs))
        kept.append(eqn)
    return _Swept(tuple(kept[::-1]), live, symbols)


def _without_dead(eqn: Equation, live: Collection[Value]) -> tuple[Equation, set[Symbol]]:
    """The equation with the outputs that are live only and what they need, and the symbols that
    its regions need from outside.

    A carried value is live where its last value is, or where the condition or the next value of
    a live one needs it.
    """
    carried: int = eqn.params.get("carried", 0)
    kept = {k for k, v in enumerate(eqn.outputs) if v in live}
    while True:
        swept = [_swept(r.equations, _outputs(eqn, r, kept)) for r in eqn.regions]
        used = {
            k
            for region, inside in zip(eqn.regions, swept, strict=True)
            for k, v in enumerate(region.inputs)
            if v in inside.live
        }
        needed = {k for k in used if k < carried} - kept
        if not needed:
            break
        kept |= needed
    if eqn.primitive is rg.while_:
        kept.add(carried)  # the number of trips
    places = [*sorted(k for k in kept if k < carried), *sorted(k for k in used if k >= carried)]
    symbols = set().union(*(inside.symbols for inside in swept)) - {bound_in_regions(eqn)}
    return _restricted(eqn, places, sorted(kept), [s.equations for s in swept]), symbols


def _outputs(eqn: Equation, region: Graph, kept: Collection[int]) -> tuple[Operand, ...]:
    """The outputs of a region that stay. A condition keeps its only one."""
    if eqn.primitive is rg.while_ and region is eqn.regions[0]:
        return region.outputs
    return tuple(x for k, x in enumerate(region.outputs) if k in kept)


def _restricted(
    eqn: Equation,
    places: Sequence[int],
    kept: Sequence[int],
    equations: Sequence[tuple[Equation, ...]],
) -> Equation:
    """The equation with the inputs of its regions at `places` only, the outputs `kept` only."""
    first = len(eqn.inputs) - len(eqn.regions[0].inputs)  # after the predicate of a branch
    params = dict(eqn.params)
    if "carried" in params:
        params["carried"] = sum(k < eqn.params["carried"] for k in places)
    regions = tuple(
        replace(
            region,
            inputs=tuple(region.inputs[k] for k in places),
            equations=inside,
            outputs=_outputs(eqn, region, kept),
        )
        for region, inside in zip(eqn.regions, equations, strict=True)
    )
    return replace(
        eqn,
        inputs=(*eqn.inputs[:first], *(eqn.inputs[first + k] for k in places)),
        outputs=tuple(eqn.outputs[k] for k in kept),
        params=params,
        regions=regions,
    )
