"""The state of a reverse sweep over one block, and its step over an ordinary equation."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field, replace
from functools import partial

from adjit.adjoint.activity import active
from adjit.adjoint.context import Context, Scatter, producers_of
from adjit.adjoint.cotangents import (
    Cotangent,
    combined,
    merged,
    support_of,
    unbroadcast,
    whole,
    with_scalar_conditions,
)
from adjit.adjoint.regions.frames import Frame
from adjit.adjoint.regions.names import Names
from adjit.adjoint.regions.stacks import Swept, Thread
from adjit.adjoint.rules import DENSE, LAZY
from adjit.adjoint.rules.indexing import counts_up, distinct
from adjit.adjoint.support import Support, intersection, read_places, union
from adjit.ir import Equation, Graph, GraphBuilder, Literal, Operand, Primitive, Value, literal
from adjit.ir.dims import as_symbol
from adjit.ir.effects import without_checks
from adjit.ir.graph import is_capacity
from adjit.ir.indexing import Slice, Spec, full, result_shape
from adjit.ir.primitives import elementwise as ew
from adjit.ir.primitives import structural as st
from adjit.ir.simplify import eliminate_dead

#: An operand and its cotangent.
Seed = tuple[Operand, Operand]
RegionRule = Callable[["Sweep", Equation], None]


def swept(
    frame: Frame,
    seeds: Sequence[Seed],
    wrt: Sequence[Value],
    *,
    names: Names,
    rules: Mapping[Primitive, RegionRule],
    running: Sequence[Seed] = (),
) -> Swept:
    """The adjoint of a frame's block.

    `seeds` pairs outputs with their cotangents, `running` pairs inputs with sums that what is
    found is added to. The results are the cotangents of `wrt`, whole.
    """
    graph, builder = frame.graph, GraphBuilder(role="backward")
    builder.equations.extend(graph.equations)
    context = Context(builder, producers_of(graph), active(graph, wrt, [x for x, _ in seeds]))
    given = [ct for _, ct in (*seeds, *running) if isinstance(ct, Value)]
    state = Sweep(context, {*graph.inputs, *context.producers, *given}, frame, names, rules)
    for x, ct in running:
        assert isinstance(x, Value)
        state.pending[x] = Cotangent(ct, x.shape)
    for x, ct in seeds:
        state.give(x, Cotangent(ct, x.shape))
    for eqn in reversed(graph.equations):
        if any(v in state.pending for v in eqn.outputs):
            builder.location, builder.source = eqn.location, eqn.output
            state.step(eqn)
    results = [state.result(v) for v in wrt]
    backward = live(builder.equations[len(graph.equations) :], results)
    return Swept(state.replaced, backward, results, state.threads)


def live(equations: Sequence[Equation], outputs: Sequence[Operand]) -> Sequence[Equation]:
    """The equations that the outputs depend on. Checks are the business of the forward pass."""
    checked = tuple(without_checks(equations))
    return eliminate_dead(Graph((), checked, tuple(outputs))).equations


@dataclass(slots=True)
class Sweep:
    """The cotangents gathered so far, by value."""

    context: Context
    #: Values that are not of this sweep's making and keep their names.
    known: AbstractSet[Value]
    frame: Frame
    names: Names
    rules: Mapping[Primitive, RegionRule]
    pending: dict[Value, Cotangent] = field(default_factory=dict)
    #: What stands in the place of a forward equation that has to keep something.
    replaced: dict[Equation, Sequence[Equation]] = field(default_factory=dict)
    #: Stacks of enclosing loops that this block fills.
    threads: list[Thread] = field(default_factory=list)
    #: Every equation so far by what it makes; `seen` of them are in.
    makers: dict[Value, Equation] = field(default_factory=dict)
    seen: int = 0

    def step(self, eqn: Equation) -> None:
        """Carry the cotangents of an equation's outputs over to its inputs."""
        region = self.rules.get(eqn.primitive)
        if region is not None:
            region(self, eqn)
            return
        ct = self.finished(eqn.output)
        for k, part in _contributions(self.context, eqn, ct):
            if isinstance(part, Scatter):
                self.scatter(eqn.inputs[k], part)
            else:
                self.give(eqn.inputs[k], part)

    def give(self, x: Operand, ct: Cotangent) -> None:
        """Add a contribution to the cotangent of x."""
        if not self.context.wants(x) or _is_zero(ct.value):
            return
        assert isinstance(x, Value)
        builder = self.context.builder
        ct = unbroadcast(builder, ct, x.shape)
        before = self.pending.get(x)
        self.pending[x] = ct if before is None else combined(builder, before, ct)

    def scatter(self, x: Operand, part: Scatter) -> None:
        """Add a contribution to some places of x, on the running sum."""
        if not self.context.wants(x) or _is_zero(part.value):
            return
        assert isinstance(x, Value)
        builder, before = self.context.builder, self.pending.get(x)
        stamp = (builder.location, builder.source)
        ct = Cotangent(part.value, part.value.shape, part.conditions, stamp=stamp)
        support = self.read(x, part)
        if before is None:
            total = _zeros(builder, x, part)
        elif set(before.conditions) == set(part.conditions):
            total = builder.broadcast(before.value, x.shape)
            support = union(builder, x.shape, before.support, support)
        else:
            total, ct = whole(builder, before), merged(builder, ct)
            support = union(builder, x.shape, support_of(builder, before), support)
        if not ct.conditions:
            self.name(total, x)
        total = self.added(total, ct.value, part)
        if not ct.conditions:
            self.name(total, x)
        self.pending[x] = Cotangent(total, x.shape, ct.conditions, stamp=stamp, support=support)

    def read(self, x: Value, part: Scatter) -> Support | None:
        """The support of what a scatter adds to zeros."""
        place = result_shape(part.spec, [i.shape for i in part.indices])
        return read_places(
            self.context.builder,
            x.shape,
            place,
            part.spec,
            part.indices,
            part.support,
            partial(counts_up, self.context),
        )

    def added(self, total: Operand, value: Operand, part: Scatter) -> Operand:
        """`total` after `total[spec] += value`.

        The adjoint of `y[i] = f(y[i])` zeroes a place and then adds to it: that is one
        assignment, and nothing at all where `f` adds something to `y[i]`.
        """
        builder, place = self.context.builder, (part.spec, part.indices)
        zeroed = self.producer(total)
        if (
            zeroed is not None
            and _writes_zero(zeroed)
            and _place(zeroed, 2) == place
            and distinct(self.context, *place)
        ):
            before, read = zeroed.inputs[0], self.producer(value)
            if (
                read is not None
                and read.primitive is st.index
                and read.inputs[0] is before
                and _place(read, 1) == place
            ):
                return before
            return builder.update(before, value, *place)
        return builder.update(total, value, *place, op="add")

    def producer(self, x: Operand) -> Equation | None:
        """The equation that made x, forward or backward."""
        equations = self.context.builder.equations
        for eqn in equations[self.seen :]:
            self.makers.update(dict.fromkeys(eqn.outputs, eqn))
        self.seen = len(equations)
        return self.makers.get(x) if isinstance(x, Value) else None

    def finished(self, x: Value) -> Cotangent:
        """The cotangent of x, all contributions being in, under the name that it deserves."""
        ct = self.pending[x]
        if not ct.conditions:
            self.name(ct.value, x)
        elif ct.merged is not None:
            self.name(ct.merged, x)
        elif x.name and not ct.name:
            ct.name = f"d{x.name}"
        return ct

    def name(self, operand: Operand, x: Value) -> None:
        """Call a cotangent of x so, unless it has a name."""
        if isinstance(operand, Value) and operand not in self.known and x.name:
            operand.name = operand.name or f"d{x.name}"

    def result(self, x: Value) -> Operand:
        """The gradient for x, of its type."""
        if x not in self.pending:
            return self.context.builder.full(0, x.shape, x.dtype)
        out = whole(self.context.builder, self.finished(x))
        self.name(out, x)
        return out

    # For regions: cotangents go in and come out whole.

    def taken(self, x: Operand) -> Operand:
        """The cotangent of x gathered so far."""
        if isinstance(x, Value) and x in self.pending:
            return whole(self.context.builder, self.finished(x))
        return self.context.builder.full(0, x.shape, x.type.dtype)

    def sums(self, operands: Sequence[Operand]) -> list[Operand]:
        """The cotangents so far of what a region captures; zeros where one comes once more."""
        return [
            self.context.builder.full(0, x.shape, x.type.dtype)
            if x in operands[:k]
            else self.taken(x)
            for k, x in enumerate(operands)
        ]

    def put(self, operands: Sequence[Operand], totals: Sequence[Operand]) -> None:
        """Replace the cotangents by those that the region added to `sums`."""
        for k, (x, total) in enumerate(zip(operands, totals, strict=True)):
            assert isinstance(x, Value)
            if x in operands[:k]:
                self.give(x, self.from_region(total))
                continue
            before = self.pending.get(x)
            ct = self.from_region(total)
            if before is not None and not before.conditions and before.support is None:
                ct = replace(ct, support=None)  # something came from elsewhere, everywhere
            self.pending[x] = ct

    @property
    def around(self) -> list[Thread] | None:
        """Where regions get their stacks from; None: they are made here."""
        return None if self.frame.outer is None else self.threads

    def from_region(self, ct: Operand) -> Cotangent:
        """A cotangent that comes out of a region.

        Where it is exactly 0, nothing came from there: so it must not meet an infinite factor
        outside.
        """
        builder = self.context.builder
        zero = literal(0, ct.type.dtype)
        return Cotangent(
            ct,
            ct.shape,
            stamp=(builder.location, builder.source),
            support=Support(lambda: builder.emit(ew.ne, ct, zero)),
        )


def _zeros(builder: GraphBuilder, x: Value, part: Scatter) -> Operand:
    """Zeros of the type of x; where that grows, as many as the places that are added to."""
    symbol = as_symbol(x.shape[0]) if x.shape else None
    first = part.spec[0] if part.spec else None
    if symbol is None or not is_capacity(symbol) or not isinstance(first, Slice):
        return builder.full(0, x.shape, x.dtype)
    made: Operand = builder.emit(st.storage, symbol=symbol, shape=x.shape[1:], dtype=x.dtype)
    made = builder.emit(st.reserve, made, count=first.start + first.size)
    spec = (Slice(0, first.start + first.size), *map(full, x.shape[1:]))
    return builder.update(made, literal(0, x.dtype), spec)


def _place(eqn: Equation, first: int) -> tuple[Spec, tuple[Operand, ...]]:
    return eqn.params["spec"], eqn.inputs[first:]


def _writes_zero(eqn: Equation) -> bool:
    return eqn.primitive is st.update and eqn.params["op"] == "set" and _is_zero(eqn.inputs[1])


def _is_zero(x: Operand) -> bool:
    return isinstance(x, Literal) and x.value == 0


def _contributions(
    context: Context, eqn: Equation, ct: Cotangent
) -> Iterator[tuple[int, Cotangent | Scatter]]:
    lazy = LAZY.get(eqn.primitive)
    if lazy is not None:
        yield from lazy(context, eqn, ct)
        return
    builder = context.builder
    ct = with_scalar_conditions(builder, ct)
    array = builder.broadcast(ct.value, ct.shape)
    for k, part in DENSE[eqn.primitive](context, eqn, array):
        if isinstance(part, Scatter):
            yield k, replace(part, conditions=ct.conditions)
        elif isinstance(part, Cotangent):
            support = intersection(builder, ct.support, part.support)
            yield k, replace(part, conditions=ct.conditions, stamp=ct.stamp, support=support)
        else:
            yield k, Cotangent(part, part.shape, ct.conditions, stamp=ct.stamp)
