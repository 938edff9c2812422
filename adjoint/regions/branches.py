"""The adjoint of a branch is a branch; that of a checkpoint runs its body once more."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from adjit.adjoint.regions.copies import Sizes, copied, moved
from adjit.adjoint.regions.frames import Frame
from adjit.adjoint.regions.names import Names
from adjit.adjoint.regions.parts import Parts, parts_of
from adjit.adjoint.regions.residuals import Kept, keep
from adjit.adjoint.regions.stacks import Stack, Swept, Thread, pass_through
from adjit.adjoint.sweeping import Sweep, live, swept
from adjit.ir import Equation, Graph, GraphBuilder, Operand, Value
from adjit.ir.regions import Block, emit_branch, emit_checkpoint


def branch(sweep: Sweep, eqn: Equation) -> None:
    """Append the branch over the adjoints of the arms. They go on with the running sums of what
    they capture: an arm that adds nothing returns them unchanged."""
    captured = eqn.inputs[1:]
    parts = _inputs(sweep, eqn, 1)
    arms = []
    for region in eqn.regions:
        frame = Frame.of(region, sweep.frame, None, dict(zip(region.inputs, captured, strict=True)))
        found = _arm(sweep, eqn, frame, parts)
        arms.append((region, found, keep(frame, found)))
    sweep.replaced[eqn] = _storing(eqn, [kept for _, _, kept in arms], sweep.around)
    outer = [captured[k] for k in parts.captured]
    seeds = _taken(sweep, eqn)
    sums = _sums(sweep, parts, outer)
    blocks = []
    for region, found, kept in arms:
        table = {
            **kept.table,
            **dict(zip(region.inputs, captured, strict=True)),
            **dict(zip(parts.cotangents, seeds, strict=True)),
            **sums,
        }
        equations = copied([*kept.before, *found.backward], table, {}, sweep.names, kept.before)
        blocks.append(Block(equations, [moved(table, x) for x in found.results]))
    sweep.put(outer, emit_branch(sweep.context.builder, eqn.inputs[0], *blocks))


def checkpoint(sweep: Sweep, eqn: Equation) -> None:
    """One region that holds the body once more and its adjoint, so that nothing of it is merged
    with the forward pass."""
    (body,) = eqn.regions
    parts = _inputs(sweep, eqn, 0)
    found = _arm(sweep, eqn, Frame.of(body), parts)
    outer = [eqn.inputs[k] for k in parts.captured]
    table: dict[Value, Operand] = {
        **dict(zip(body.inputs, eqn.inputs, strict=True)),
        **dict(zip(parts.cotangents, _taken(sweep, eqn), strict=True)),
        **_sums(sweep, parts, outer),
    }
    equations = step(body, found, table, {}, sweep.names)
    block = Block(equations, [moved(table, x) for x in found.results])
    sweep.put(outer, emit_checkpoint(sweep.context.builder, block))


def step(
    body: Graph, found: Swept, table: dict[Value, Operand], sizes: Sizes, names: Names
) -> list[Equation]:
    """A copy of a whole body and its adjoint, without what the results do not need."""
    forward = [new for old in body.equations for new in found.replaced.get(old, (old,))]
    defined = {v for eqn in forward for v in eqn.outputs}
    needed = live([*forward, *found.backward], found.results)
    again = [eqn for eqn in needed if not defined.isdisjoint(eqn.outputs)]
    return copied(needed, table, sizes, names, again)


def _inputs(sweep: Sweep, eqn: Equation, first: int) -> Parts:
    """The captured inputs with cotangents, numbered from the first one; the outputs with
    cotangents."""
    region = eqn.regions[0]
    values = [*(Value(x.type) for x in eqn.inputs[:first]), *region.inputs]
    parts = parts_of(sweep, eqn, values, 0)
    outputs = [v for v in eqn.outputs if v in sweep.pending]
    return replace(
        parts,
        captured=[k - first for k in parts.captured],
        cotangents=[Value(v.type, f"d{v.name}" if v.name else "") for v in outputs],
    )


def _taken(sweep: Sweep, eqn: Equation) -> list[Operand]:
    return [sweep.taken(v) for v in eqn.outputs if v in sweep.pending]


def _sums(sweep: Sweep, parts: Parts, outer: Sequence[Operand]) -> dict[Value, Operand]:
    """What the adjoint of a region adds to: cotangents that have come up already. Without one it
    begins with what it finds itself, not with zeros."""
    return {
        total: sweep.taken(x)
        for k, (x, total) in enumerate(zip(outer, parts.sums, strict=True))
        if _goes_on(sweep, outer, k)
    }


def _goes_on(sweep: Sweep, outer: Sequence[Operand], k: int) -> bool:
    return outer[k] in sweep.pending and outer[k] not in outer[:k]


def _arm(sweep: Sweep, eqn: Equation, frame: Frame, parts: Parts) -> Swept:
    region, first = frame.graph, len(eqn.inputs) - len(frame.graph.inputs)
    captured = [region.inputs[k] for k in parts.captured]
    outer = [eqn.inputs[first + k] for k in parts.captured]
    ends = [x for v, x in zip(eqn.outputs, region.outputs, strict=True) if v in sweep.pending]
    return swept(
        frame,
        list(zip(ends, parts.cotangents, strict=True)),
        captured,
        names=sweep.names,
        rules=sweep.rules,
        running=[
            (x, total)
            for k, (x, total) in enumerate(zip(captured, parts.sums, strict=True))
            if _goes_on(sweep, outer, k)
        ],
    )


def _storing(eqn: Equation, arms: Sequence[Kept], around: list[Thread] | None) -> list[Equation]:
    """The forward branch whose arms also fill their stacks; the other arm passes them on."""
    threads = [thread for kept in arms for thread in kept.threads]
    if not threads:
        return [eqn]
    through = [thread for thread in threads if not thread.stack.local]
    stacks = pass_through(through, around)
    leaving = dict(zip(through, stacks.leaving, strict=True))
    for thread in threads:
        if thread.stack.local:
            leaving[thread] = _leave(thread.stack, around)
    regions = [
        _filled(region, kept, threads, through)
        for region, kept in zip(eqn.regions, arms, strict=True)
    ]
    run = replace(
        eqn,
        inputs=(*eqn.inputs, *stacks.entering),
        outputs=(*eqn.outputs, *(leaving[thread] for thread in threads)),
        regions=tuple(regions),
    )
    return [*stacks.before, run]


def _leave(stack: Stack, around: list[Thread] | None) -> Value:
    """What a branch without a loop around it returns for a stack."""
    if around is None:
        return stack.last
    out = Value(stack.type, stack.last.name)
    around.append(Thread(stack, Value(stack.type), out))
    return out


def _filled(
    region: Graph, kept: Kept, threads: Sequence[Thread], through: Sequence[Thread]
) -> Graph:
    """An arm that returns the stacks, filled where it is its own."""
    builder = GraphBuilder()
    inside = {
        t: t.inside if t in kept.threads else Value(t.stack.type, t.stack.last.name)
        for t in through
    }
    outputs: list[Operand] = []
    for thread in threads:
        if thread in kept.threads:
            outputs.append(thread.leaving)
        elif thread in inside:
            outputs.append(inside[thread])
        else:
            outputs.append(thread.stack.empty(builder))
    return replace(
        region,
        inputs=(*region.inputs, *(inside[t] for t in through)),
        equations=(*kept.forward, *builder.equations),
        outputs=(*region.outputs, *outputs),
    )
