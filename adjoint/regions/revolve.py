"""The adjoint of a loop with a fixed number of snapshots of what it carries.

Each reversed iteration starts from the latest snapshot before it and runs the loop up to itself,
leaving new snapshots on the way where the binomial rule of A. Griewank and A. Walther, "Algorithm
799: revolve", ACM TOMS 26 (2000), puts them: with s of them free, r repetitions of the loop reach
back over binomial(s + r, s) iterations.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from adjit.adjoint.regions.branches import step
from adjit.adjoint.regions.copies import copied_graph, moved
from adjit.adjoint.regions.frames import Frame
from adjit.adjoint.regions.parts import parts_of
from adjit.adjoint.sweeping import RegionRule, Sweep, swept
from adjit.ir import (
    Equation,
    Graph,
    GraphBuilder,
    Operand,
    Primitive,
    Shape,
    Size,
    Type,
    Value,
    literal,
)
from adjit.ir.dims import symbol_size
from adjit.ir.indexing import At, AtValue, Spec, full
from adjit.ir.primitives import elementwise as ew
from adjit.ir.primitives import structural as st
from adjit.ir.regions import Block, emit_branch, emit_loop, emit_while
from adjit.ir.rewrite import inline

INT = np.dtype(np.int64)


def revolving(snapshots: int, inside: Mapping[Primitive, RegionRule]) -> RegionRule:
    """The rule of loops with so many snapshots; `inside` are the rules within the body."""

    def rule(sweep: Sweep, eqn: Equation) -> None:
        _reverse(sweep, eqn, snapshots, inside)

    return rule


@dataclass(frozen=True, slots=True)
class _Store:
    """The snapshots: of each carried value one array; which iterations they are of; which is the
    latest."""

    arrays: list[Value]
    places: Value
    top: Value

    def values(self) -> list[Value]:
        return [*self.arrays, self.places, self.top]

    @staticmethod
    def like(values: Sequence[Value]) -> _Store:
        *arrays, places, top = (Value(v.type, v.name) for v in values)
        return _Store(arrays, places, top)

    def state(self, builder: GraphBuilder) -> tuple[list[Operand], Operand]:
        """What the latest snapshot holds, and its iteration."""
        values = [
            builder.index(x, (AtValue(0), *map(full, x.shape[1:])), (self.top,))
            for x in self.arrays
        ]
        return values, builder.index(self.places, (AtValue(0),), (self.top,))

    def pushed(
        self, builder: GraphBuilder, values: Sequence[Operand], place: Operand
    ) -> list[Operand]:
        """The snapshots after one more."""
        top = builder.add(self.top, literal(1))
        arrays = [
            builder.update(x, v, (AtValue(0), *map(full, x.shape[1:])), (top,), name=x.name)
            for x, v in zip(self.arrays, values, strict=True)
        ]
        places = builder.update(self.places, place, (AtValue(0),), (top,), name="places")
        return [*arrays, places, top]


def _reverse(
    sweep: Sweep, eqn: Equation, snapshots: int, inside: Mapping[Primitive, RegionRule]
) -> None:
    builder, params, body = sweep.context.builder, eqn.params, eqn.regions[0]
    n, count = params["carried"], params["count"]
    parts = parts_of(sweep, eqn, body.inputs, n)
    captured = [body.inputs[k] for k in parts.captured]
    found = swept(
        Frame.of(body),
        list(zip([body.outputs[k] for k in parts.carried], parts.cotangents, strict=True)),
        [*(body.inputs[k] for k in parts.carried), *captured],
        names=sweep.names,
        rules=inside,
        running=list(zip(captured, parts.sums, strict=True)),
    )
    operands = eqn.inputs[n:]
    back = sweep.names.symbol(f"{params['symbol'].name}.back")
    here = count - 1 - symbol_size(back)

    first = _first(builder, eqn.inputs[:n], [v.name for v in body.inputs[:n]], snapshots)
    store = _Store.like([_as_value(x) for x in first])
    work = GraphBuilder(role="backward")
    work.location, work.source = builder.location, builder.source
    state, store_after = _advanced(sweep, work, eqn, store, snapshots, here)
    table: dict[Value, Operand] = dict(zip(body.inputs, [*state, *operands], strict=True))
    work.equations += step(body, found, table, {params["symbol"]: here}, sweep.names)
    results = [moved(table, x) for x in found.results]
    place = work.index(store_after.places, (AtValue(0),), (store_after.top,))
    used = work.emit(ew.eq, place, work.dim(here))
    top = work.emit(ew.select, used, work.sub(store_after.top, literal(1)), store_after.top)

    outer = [eqn.inputs[k] for k in parts.captured]
    made = emit_loop(
        builder,
        [*(sweep.taken(eqn.outputs[k]) for k in parts.carried), *sweep.sums(outer), *first],
        [*parts.cotangents, *parts.sums, *store.values()],
        Block(work.equations, [*results, *store_after.arrays, store_after.places, top]),
        count=count,
        symbol=back,
        start=params["start"] + params["step"] * (count - 1),
        step=-params["step"],
        name=params["index_name"],
    )
    m = len(parts.carried)
    sweep.put(outer, made[m : m + len(outer)])
    for k, ct in zip(parts.carried, made, strict=False):
        sweep.give(eqn.inputs[k], sweep.from_region(ct))


def _as_value(x: Operand) -> Value:
    return x if isinstance(x, Value) else Value(x.type)


def _first(
    builder: GraphBuilder, values: Sequence[Operand], names: Sequence[str], snapshots: int
) -> list[Operand]:
    """One snapshot: what the loop begins with."""
    out: list[Operand] = []
    for x, name in zip(values, names, strict=True):
        shape: Shape = (snapshots, *x.shape)
        array = builder.emit(
            st.empty, shape=shape, dtype=x.type.dtype, name=f"{name}s" if name else "saved"
        )
        spec: Spec = (At(0), *map(full, x.shape))
        out.append(builder.update(array, x, spec, name=array.name))
    places = builder.full(0, (snapshots,), INT)
    return [*out, places, literal(0)]


def _advanced(
    sweep: Sweep, work: GraphBuilder, eqn: Equation, store: _Store, snapshots: int, here: Size
) -> tuple[list[Operand], _Store]:
    """What the loop carries at the beginning of iteration `here`, and the snapshots then."""
    body, n = eqn.regions[0], eqn.params["carried"]
    state, place = store.state(work)
    inner = _Store.like(store.values())
    current = [Value(v.type, v.name) for v in body.inputs[:n]]
    at = Value(Type(INT), "place")
    inputs = [*current, at, *inner.values()]

    test = GraphBuilder(role="backward")
    condition = Block(test.equations, [test.emit(ew.lt, at, test.dim(here))])

    turn = GraphBuilder(role="backward")
    turn.location = test.location = work.location
    length = turn.sub(turn.dim(here + 1), at)
    steps = _steps(sweep, turn, length, turn.sub(literal(snapshots), inner.top))
    moved_on = _run(sweep, turn, eqn, current, at, steps)
    new = turn.add(at, steps)
    push = GraphBuilder(role="backward")
    pushed = Block(push.equations, inner.pushed(push, moved_on, new))
    after = emit_branch(
        turn, turn.emit(ew.lt, new, turn.dim(here)), pushed, Block([], inner.values())
    )
    made = emit_while(
        work,
        [*state, place, *store.values()],
        inputs,
        condition,
        Block(turn.equations, [*moved_on, new, *after]),
        symbol=sweep.names.symbol("advance"),
        name="turn",
    )
    *arrays, places, top = made[n + 1 : -1]
    return list(made[:n]), _Store(arrays, places, top)


def _steps(sweep: Sweep, builder: GraphBuilder, length: Operand, free: Operand) -> Operand:
    """How many iterations to run up to the next snapshot, `length` of them being to reverse with
    so many snapshots, the latest one included.

    With the least r such that binomial(free + r, r) >= length: length * r // (free + r). Then
    neither part takes more than r repetitions.
    """
    one = literal(1)
    reach, repeats = Value(Type(INT), "reach"), Value(Type(INT), "repeats")
    test, turn = GraphBuilder(role="backward"), GraphBuilder(role="backward")
    condition = Block(test.equations, [test.emit(ew.lt, reach, length)])
    more = turn.add(repeats, one)
    wider = turn.emit(ew.floordiv, turn.mul(reach, turn.add(free, more)), more)
    _, found, _ = emit_while(
        builder,
        [one, literal(0)],
        [reach, repeats],
        condition,
        Block(turn.equations, [wider, more]),
        symbol=sweep.names.symbol("repeats"),
        name="r",
    )
    part = builder.emit(ew.floordiv, builder.mul(length, found), builder.add(free, found))
    return builder.emit(ew.maximum, part, one)


def _run(
    sweep: Sweep,
    builder: GraphBuilder,
    eqn: Equation,
    current: Sequence[Value],
    at: Operand,
    steps: Operand,
) -> list[Operand]:
    """What the loop carries so many iterations later."""
    params, n = eqn.params, eqn.params["carried"]
    begin, length, index = (
        sweep.names.symbol(f"{params['symbol'].name}.{what}") for what in ("from", "steps", "on")
    )
    builder.bind(st.bind, at, symbol=begin)
    builder.bind(st.bind, steps, symbol=length)
    here = symbol_size(begin) + symbol_size(index)
    body: Graph = copied_graph(eqn.regions[0], {params["symbol"]: here}, sweep.names)
    again = GraphBuilder(role="backward")
    outputs = inline(body, again, [*body.inputs[:n], *eqn.inputs[n:]])
    made = emit_loop(
        builder,
        current,
        body.inputs[:n],
        Block(again.equations, outputs),
        count=symbol_size(length),
        symbol=index,
        start=params["start"] + params["step"] * symbol_size(begin),
        step=params["step"],
        name=params["index_name"],
    )
    return list(made)
