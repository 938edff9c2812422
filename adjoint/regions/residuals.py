"""What the backward pass needs of a block's forward values: stored, or computed once more.

Chosen as a minimal cut: between what cannot be had in the backward pass (carried values, results
of costly equations) and what the backward equations use, store the values that are the fewest
bytes. Everything between them and their uses is computed once more.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from adjit.adjoint.regions.copies import symbols_needed
from adjit.adjoint.regions.cut import NEVER, cheapest_cut
from adjit.adjoint.regions.frames import Frame, Unbounded
from adjit.adjoint.regions.places import place_of
from adjit.adjoint.regions.stacks import Stack, Swept, Thread, stack_for, stored
from adjit.ir import Equation, GraphBuilder, Operand, Value
from adjit.ir.dims import symbols_of
from adjit.ir.graph import values_of
from adjit.ir.regions import Block, free_values


@dataclass(frozen=True, slots=True)
class Kept:
    """The forward equations with the stores; what to put before the backward equations, where it
    defines forward values anew; the stacks that stand for values stored without a loop around."""

    forward: list[Equation]
    before: list[Equation]
    table: dict[Value, Operand]
    threads: list[Thread]


def keep(frame: Frame, found: Swept) -> Kept:
    """Provide the backward equations of a block with the forward values that they use."""
    backward = Block(found.backward, found.results)
    saved, again = _plan(frame, backward)
    kept = Kept([], [], {}, list(found.threads))
    places = {v: place for v in saved if (place := place_of(frame, v)) is not None}
    stacks = {v: stack_for(frame, v) for v in saved if v not in places}
    for v in frame.graph.inputs:
        if v in stacks:
            _pass_by(kept, stacks[v], v, None)
        elif v in places:
            _read(kept, places[v], v, None)
    for eqn in frame.graph.equations:
        kept.forward.extend(found.replaced.get(eqn, (eqn,)))
        if eqn in again:
            kept.before.append(eqn)
        for v in eqn.outputs:
            if v in stacks:
                _pass_by(kept, stacks[v], v, eqn)
            elif v in places:
                _read(kept, places[v], v, eqn)
    return kept


def _pass_by(kept: Kept, stack: Stack, value: Value, eqn: Equation | None) -> None:
    """Store a value where it comes up; read it where it would come up in the backward pass."""
    stores = GraphBuilder()
    stores.location = value.location if eqn is None else eqn.location
    inside = Value(stack.type, stack.last.name)
    kept.threads.append(Thread(stack, inside, stored(stores, stack, inside, value)))
    kept.forward.extend(stores.equations)
    _read(kept, stack, value, eqn)


def _read(kept: Kept, stack: Stack, value: Value, eqn: Equation | None) -> None:
    """Have a value again in the backward pass from where it stands."""
    reads = GraphBuilder(role="backward")
    reads.location = value.location if eqn is None else eqn.location
    reads.source = value
    out = reads.index(stack.last, stack.spec)
    if out is stack.last:
        kept.table[value] = out
        return
    (*first, last) = reads.equations
    kept.before.extend([*first, replace(last, outputs=(value,))])


def _plan(frame: Frame, backward: Block) -> tuple[list[Value], set[Equation]]:
    """The values to store, and the equations to run once more."""
    inside = {*frame.producers, *frame.graph.inputs}
    needed = [v for v in free_values((), [backward]) if v in inside]
    symbols = {s for eqn in backward.equations for s in symbols_needed(eqn)}
    symbols |= {s for x in backward.outputs for n in x.shape for s in symbols_of(n)}
    binders = frame.binders()
    while True:
        binding = [eqn for symbol, eqn in binders.items() if symbol in symbols]
        wanted = [*needed, *(x for eqn in binding for x in values_of(eqn.inputs))]
        saved = _saved(frame, wanted)
        again = {*_again(frame, wanted, set(saved)), *binding}
        found = {s for eqn in again for s in symbols_needed(eqn)}
        found |= {s for v in saved for n in v.shape for s in symbols_of(n)}
        if (found - symbols).isdisjoint(binders):
            return saved, again
        symbols |= found


def _saved(frame: Frame, wanted: Sequence[Value]) -> list[Value]:
    for anything in (False, True):
        cut = _cut(frame, wanted, anything=anything)
        if cut is not None:
            return [v for v in cut if v not in frame.operands]
    raise Unbounded


def _cut(frame: Frame, wanted: Sequence[Value], *, anything: bool) -> list[Value] | None:
    """The cut; `anything` may be computed once more, or what is cheap only."""
    costs: dict[Value, int] = {}
    edges: list[tuple[Value, Value]] = []
    sources: list[Value] = []
    work = list(wanted)
    while work:
        v = work.pop()
        if v in costs:
            continue
        costs[v] = _price(frame, v)
        eqn = frame.producers.get(v)
        if eqn is None:
            if costs[v]:
                sources.append(v)
        elif anything or frame.cheap(eqn):
            edges += [(x, v) for x in values_of(eqn.inputs)]
            work.extend(values_of(eqn.inputs))
        else:
            sources.append(v)
    return cheapest_cut(costs, edges, sources, wanted)


def _price(frame: Frame, v: Value) -> int:
    if v in frame.operands:
        return min(frame.cost(v), NEVER - 1)
    if place_of(frame, v) is not None:
        return 1
    try:
        stack_for(frame, v)
    except Unbounded:
        return NEVER
    return frame.price(v)


def _again(frame: Frame, wanted: Iterable[Value], saved: set[Value]) -> set[Equation]:
    found: set[Equation] = set()
    work = list(wanted)
    while work:
        v = work.pop()
        eqn = None if v in saved else frame.producers.get(v)
        if eqn is not None and eqn not in found:
            found.add(eqn)
            work.extend(values_of(eqn.inputs))
    return found
