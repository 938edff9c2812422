"""What regions hand through as it is: no longer carried, no longer an output."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace

from adjit.ir.bounds import at_most
from adjit.ir.graph import Equation, Graph
from adjit.ir.primitives import regions as rg
from adjit.ir.rewrite import with_equations
from adjit.ir.values import Literal, Operand, Value

Table = dict[Value, Operand]


def release_unchanged(graph: Graph) -> Graph:
    """A carried value that no iteration changes becomes a captured one, an output that is handed
    through is the value itself, a captured value stands once, a captured literal not at all; a
    loop that has no iteration goes."""
    return _released(graph, {})


def _released(graph: Graph, table: Table) -> Graph:
    """`table` holds, for values of all regions, what stands for them; it grows."""
    equations: list[Equation] = []
    for eqn in graph.equations:
        inputs = tuple(_moved(table, x) for x in eqn.inputs)
        if inputs != eqn.inputs:
            eqn = replace(eqn, inputs=inputs)
        if eqn.regions:
            equations += _without_unchanged(eqn, table)
        else:
            equations.append(eqn)
    return with_equations(graph, equations, [_moved(table, x) for x in graph.outputs])


def _without_unchanged(eqn: Equation, table: Table) -> Iterator[Equation]:
    if eqn.primitive is rg.loop and at_most(eqn.params["count"], 0):
        table.update(zip(eqn.outputs, eqn.inputs, strict=False))
        return
    carried: int = eqn.params.get("carried", 0)
    first = len(eqn.inputs) - len(eqn.regions[0].inputs)  # after the predicate of a branch
    operands = eqn.inputs[first:]
    # from the outside in: what is known of a captured value may show that an inner one is unchanged
    _unify(eqn, operands, carried, table)
    regions = [_released(region, table) for region in eqn.regions]
    fixed = [k for k in range(carried) if _stays(regions[-1], operands, carried, k)]
    if fixed:  # these are captured from now on
        places = [k for k in range(len(operands)) if k not in fixed] + fixed
        regions = [replace(r, inputs=tuple(r.inputs[k] for k in places)) for r in regions]
        table.update((eqn.outputs[k], operands[k]) for k in fixed)
        changed = [k for k in range(carried) if k not in fixed]
        body = regions[-1]
        regions[-1] = replace(body, outputs=tuple(body.outputs[k] for k in changed))
        eqn = replace(
            eqn,
            inputs=tuple(operands[k] for k in places),
            outputs=tuple(v for k, v in enumerate(eqn.outputs) if k not in fixed),
            params={**eqn.params, "carried": len(changed)},
            regions=tuple(regions),
        )
        yield from _without_unchanged(eqn, table)
        return
    eqn = replace(eqn, regions=tuple(regions))
    yield _captured_once(eqn if carried else _without_passed(eqn, table))


def _stays(body: Graph, operands: Sequence[Operand], carried: int, k: int) -> bool:
    """True where the next value of a carried one is itself, or what it began as."""
    following = body.outputs[k]
    captured = zip(body.inputs[carried:], operands[carried:], strict=True)
    return following is body.inputs[k] or _outside(captured, following) == operands[k]


def _unify(eqn: Equation, operands: tuple[Operand, ...], carried: int, table: Table) -> None:
    """Let one input of each region stand for a value that is captured several times, a literal
    for itself."""
    for region in eqn.regions:
        standing: dict[Value, Value] = {}
        for x, value in zip(operands[carried:], region.inputs[carried:], strict=True):
            if isinstance(x, Literal):
                table[value] = x
            elif standing.setdefault(x, value) is not value:
                table[value] = standing[x]


def _captured_once(eqn: Equation) -> Equation:
    """The equation without the captured inputs that others stand for (see `_unify`)."""
    carried: int = eqn.params.get("carried", 0)
    first = len(eqn.inputs) - len(eqn.regions[0].inputs)
    operands = eqn.inputs[first:]
    once: dict[Value, int] = {}
    for k, x in enumerate(operands[carried:], start=carried):
        if isinstance(x, Value):
            once.setdefault(x, k)
    places = [*range(carried), *once.values()]
    regions = tuple(replace(r, inputs=tuple(r.inputs[k] for k in places)) for r in eqn.regions)
    inputs = (*eqn.inputs[:first], *(operands[k] for k in places))
    return replace(eqn, inputs=inputs, regions=regions)


def _without_passed(eqn: Equation, table: Table) -> Equation:
    """A branch or checkpoint without the outputs that are, in every region, the same operand."""
    if eqn.primitive not in (rg.branch, rg.checkpoint):
        return eqn
    captured = eqn.inputs[len(eqn.inputs) - len(eqn.regions[0].inputs) :]
    kept = []
    for k, out in enumerate(eqn.outputs):
        passed = {
            _outside(zip(region.inputs, captured, strict=True), region.outputs[k])
            for region in eqn.regions
        }
        (one, *others) = passed
        if one is None or others:
            kept.append(k)
        else:
            table[out] = one
    regions = tuple(
        replace(region, outputs=tuple(region.outputs[k] for k in kept)) for region in eqn.regions
    )
    return replace(eqn, outputs=tuple(eqn.outputs[k] for k in kept), regions=regions)


def _outside(captured: Iterable[tuple[Value, Operand]], x: Operand) -> Operand | None:
    """What x, in a region, is outside of it; None for what the region computes."""
    return x if isinstance(x, Literal) else next((c for v, c in captured if v is x), None)


def _moved(table: Mapping[Value, Operand], x: Operand) -> Operand:
    while isinstance(x, Value) and x in table:
        x = table[x]
    return x
