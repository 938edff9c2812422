"""The adjoint of a loop: a loop over the iterations in reverse order.

It carries the cotangents of the active carried values, and the running sums of the cotangents of
what the body captures. A `while` is run once more, as a loop of known length.
"""

from __future__ import annotations

from dataclasses import replace

from adjit.adjoint.regions.copies import copied, moved
from adjit.adjoint.regions.frames import Axis, Frame, Unbounded
from adjit.adjoint.regions.parts import Parts, parts_of
from adjit.adjoint.regions.residuals import Kept, keep
from adjit.adjoint.regions.stacks import Swept, Thread, pass_through
from adjit.adjoint.sweeping import Sweep, swept
from adjit.ir import Equation
from adjit.ir.dims import symbol_size
from adjit.ir.primitives import regions as rg
from adjit.ir.primitives import structural as st
from adjit.ir.regions import Block, emit_loop, free_values


def loop(sweep: Sweep, eqn: Equation) -> None:
    """Append the reversed loop, and have the loop itself store what that needs."""
    try:
        parts, found, kept = _differentiated(sweep, eqn, sweep.frame)
    except Unbounded:
        again(sweep, eqn)
        return
    sweep.replaced[eqn] = _storing(eqn, kept, sweep.around)
    _reverse(sweep, eqn, parts, found, kept)


def while_loop(sweep: Sweep, eqn: Equation) -> None:
    """The number of trips is all that is kept of the forward run."""
    builder, n = sweep.context.builder, eqn.params["carried"]
    name = eqn.params["index_name"]
    symbol = sweep.names.symbol(f"trips.{name}")
    builder.bind(st.bind, eqn.outputs[n], symbol=symbol, name="trips")
    params = {
        "count": symbol_size(symbol),
        "symbol": eqn.params["symbol"],
        "carried": n,
        "start": 0,
        "step": 1,
        "index_name": name,
    }
    counted = replace(
        eqn, primitive=rg.loop, params=params, regions=eqn.regions[1:], outputs=eqn.outputs[:n]
    )
    again(sweep, counted)


def again(sweep: Sweep, eqn: Equation) -> None:
    """Run the loop once more in the backward pass, storing what is needed, then reverse it."""
    parts, found, kept = _differentiated(sweep, eqn, Frame.of(sweep.frame.graph))
    (*empties, run) = _storing(eqn, kept, None)
    (copy,) = copied([run], {}, {}, sweep.names, [run])
    m = len(eqn.outputs)
    outputs = (*copy.outputs[:m], *run.outputs[m:])
    rerun = replace(copy, outputs=outputs, role="backward", source=eqn.output)
    # arrays that values still stand in, wherever within the body they are read
    standing = free_values((), [Block([*kept.before, *found.backward], found.results)])
    if kept.threads or not set(eqn.outputs).isdisjoint(standing):
        sweep.context.builder.equations += [*empties, rerun]
    kept.table.update(zip(eqn.outputs, outputs, strict=False))
    _reverse(sweep, eqn, parts, found, kept)


def _differentiated(sweep: Sweep, eqn: Equation, outer: Frame) -> tuple[Parts, Swept, Kept]:
    """The adjoint of the body, and what it takes."""
    body, n = eqn.regions[0], eqn.params["carried"]
    parts = parts_of(sweep, eqn, body.inputs, n)
    operands = dict(zip(body.inputs[n:], eqn.inputs[n:], strict=True))
    axis = Axis(eqn.params["symbol"], eqn.params["count"])
    frame = Frame.of(body, outer, axis, operands)
    carried = [body.inputs[k] for k in parts.carried]
    captured = [body.inputs[k] for k in parts.captured]
    found = swept(
        frame,
        list(zip([body.outputs[k] for k in parts.carried], parts.cotangents, strict=True)),
        [*carried, *captured],
        names=sweep.names,
        rules=sweep.rules,
        running=list(zip(captured, parts.sums, strict=True)),
    )
    return parts, found, keep(frame, found)


def _storing(eqn: Equation, kept: Kept, around: list[Thread] | None) -> list[Equation]:
    """The forward loop that also fills the stacks, and before it the empty ones."""
    if not kept.threads:
        return [eqn]
    body, n = eqn.regions[0], eqn.params["carried"]
    stacks = pass_through(kept.threads, around)
    filled = replace(
        body,
        inputs=(*body.inputs[:n], *(t.inside for t in kept.threads), *body.inputs[n:]),
        equations=tuple(kept.forward),
        outputs=(*body.outputs, *(t.leaving for t in kept.threads)),
    )
    run = replace(
        eqn,
        inputs=(*eqn.inputs[:n], *stacks.entering, *eqn.inputs[n:]),
        outputs=(*eqn.outputs, *stacks.leaving),
        params={**eqn.params, "carried": n + len(kept.threads)},
        regions=(filled,),
    )
    return [*stacks.before, run]


def _reverse(sweep: Sweep, eqn: Equation, parts: Parts, found: Swept, kept: Kept) -> None:
    """Append the loop over the adjoint of the body."""
    builder, params, body = sweep.context.builder, eqn.params, eqn.regions[0]
    n, count, symbol = params["carried"], params["count"], params["symbol"]
    back = sweep.names.symbol(f"{symbol.name}.back")
    table = {**kept.table, **dict(zip(body.inputs[n:], eqn.inputs[n:], strict=True))}
    sizes = {symbol: count - 1 - symbol_size(back)}
    equations = copied([*kept.before, *found.backward], table, sizes, sweep.names, kept.before)
    first = [sweep.taken(eqn.outputs[k]) for k in parts.carried]
    first += sweep.sums([eqn.inputs[k] for k in parts.captured])
    made = emit_loop(
        builder,
        first,
        [*parts.cotangents, *parts.sums],
        Block(equations, [moved(table, x) for x in found.results]),
        count=count,
        symbol=back,
        start=params["start"] + params["step"] * (count - 1),
        step=-params["step"],
        name=params["index_name"],
    )
    m = len(parts.carried)
    sweep.put([eqn.inputs[k] for k in parts.captured], made[m:])
    for k, ct in zip(parts.carried, made, strict=False):
        sweep.give(eqn.inputs[k], sweep.from_region(ct))
