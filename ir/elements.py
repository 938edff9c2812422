"""Elements of arrays that a loop reads, or adds to, at one and the same place.

`A[i, j] -= A[i, k] * A[k, j]` in a loop over j reads `A[i, k]` again and again, and its adjoint
adds to `dA[i, k]` in every turn. No compiler keeps such an element in a register: for all it knows,
the other writes of the loop meet it. Where the ranges of the indices prove that they do not, the
element is read once before the loop, and written once after it.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace

from adjit.ir.dims import Symbol, symbol_size
from adjit.ir.graph import Equation, Graph, bound_by, bound_in_regions, own_symbols, values_of
from adjit.ir.indexing import At, Spec
from adjit.ir.primitives import elementwise as ew
from adjit.ir.primitives import regions as rg
from adjit.ir.primitives import structural as st
from adjit.ir.proofs import Ranges, disjoint, inside
from adjit.ir.rewrite import with_equations
from adjit.ir.values import Operand, Type, Value


def settle_elements(graph: Graph) -> Graph:
    """Read elements once that a loop does not change, carry those that it changes in numbers."""
    return _settled(graph, Ranges(facts=list(graph.facts)))


def _settled(graph: Graph, ranges: Ranges) -> Graph:
    equations: list[Equation] = []
    table: dict[Value, Operand] = {}
    for eqn in graph.equations:
        eqn = replace(eqn, inputs=tuple(_moved(table, x) for x in eqn.inputs))
        if eqn.regions:
            within = _within(eqn, ranges)
            eqn = replace(eqn, regions=tuple(_settled(r, within) for r in eqn.regions))
        if eqn.primitive is rg.loop:
            equations += _Loop(eqn, ranges, table).equations()
        else:
            equations.append(eqn)
    return with_equations(graph, equations, [_moved(table, x) for x in graph.outputs])


def _moved(table: dict[Value, Operand], x: Operand) -> Operand:
    return table.get(x, x) if isinstance(x, Value) else x


def _within(eqn: Equation, ranges: Ranges) -> Ranges:
    """What is known inside a region."""
    symbol = eqn.params.get("symbol")
    if eqn.primitive not in (rg.loop, rg.while_) or not isinstance(symbol, Symbol):
        return ranges
    count = eqn.params.get("count")
    last = None if count is None else count - 1
    facts = [] if last is None else [last - symbol_size(symbol)]
    return Ranges({**ranges.limits, symbol: (0, last)}, facts=[*ranges.facts, *facts])


@dataclass(frozen=True, slots=True)
class _Access:
    """A place that is read or written; `eqn` says by what, at the top of the body."""

    spec: Spec
    ranges: Ranges
    writes: bool
    eqn: Equation | None = None


class _Whole(Exception):
    """An array is used as a whole, or at places that are not known."""


@dataclass(slots=True)
class _Loop:
    """A loop being rewritten; `table` tells what stands for values after it."""

    eqn: Equation
    ranges: Ranges
    table: dict[Value, Operand]
    before: list[Equation] = field(default_factory=list)
    after: list[Equation] = field(default_factory=list)

    def equations(self) -> list[Equation]:
        for x in self.body.inputs:
            if x.shape:
                self._reads(self.body.inputs.index(x))
                k = self.body.inputs.index(x)
                if k < self.eqn.params["carried"]:
                    self._writes(k)
        return [*self.before, self.eqn, *self.after]

    @property
    def body(self) -> Graph:
        return self.eqn.regions[0]

    def _accesses(self, k: int) -> list[_Access] | None:
        try:
            return list(_accesses(self.body, [k], _within(self.eqn, self.ranges), top=k))
        except _Whole:
            return None

    def _invariant(self, eqn: Equation, k: int) -> bool:
        """True for an access to one element, the same one in every turn, that is surely there."""
        local = {bound_in_regions(self.eqn), *map(bound_by, self.body.equations)}
        return (
            all(isinstance(item, At) for item in eqn.params["spec"])
            and own_symbols(eqn).isdisjoint(local)
            and inside(eqn.params["spec"], self.body.inputs[k].shape, self.ranges)
        )

    # Reads.

    def _reads(self, k: int) -> None:
        versions = _versions(self.body, [k])
        reads = [
            eqn
            for eqn in self.body.equations
            if eqn.primitive is st.index and eqn.inputs[0] in versions and self._invariant(eqn, k)
        ]
        if not reads:
            return
        writes: list[_Access] = []
        if k < self.eqn.params["carried"]:
            accesses = self._accesses(k)
            if accesses is None:
                return
            writes = [access for access in accesses if access.writes]
        elif len(versions) > 1:
            return
        for eqn in reads:
            spec = eqn.params["spec"]
            if all(disjoint(spec, access.spec, access.ranges) for access in writes):
                self._read_before(eqn, k)

    def _read_before(self, eqn: Equation, k: int) -> None:
        made = Value(eqn.output.type, eqn.output.name, eqn.output.location)
        self.before.append(
            replace(eqn, inputs=(self.eqn.inputs[k], *eqn.inputs[1:]), outputs=(made,))
        )
        kept = [e for e in self.body.equations if e is not eqn]
        body = replace(self.body, inputs=(*self.body.inputs, eqn.output), equations=tuple(kept))
        self.eqn = replace(self.eqn, inputs=(*self.eqn.inputs, made), regions=(body,))

    # Writes.

    def _writes(self, k: int) -> None:
        accesses = self._accesses(k)
        if accesses is None:
            return
        done: list[Spec] = []
        for access in accesses:
            eqn = access.eqn
            if eqn is None or not access.writes or access.spec in done:
                continue
            if eqn.inputs[1].shape != () or not self._invariant(eqn, k):
                continue
            done.append(access.spec)
            others = [a for a in accesses if a.eqn is None or a.spec != access.spec]
            if all(disjoint(access.spec, a.spec, a.ranges) for a in others):
                self._carry(k, eqn)

    def _carry(self, k: int, like: Equation) -> None:
        """Keep an element in a number that is carried: read before the loop, written after it."""
        n, spec = self.eqn.params["carried"], like.params["spec"]
        type = Type(self.body.inputs[k].dtype)
        first, start, last = (Value(type, "", like.location) for _ in range(3))
        versions = _versions(self.body, [k])
        element: Operand = start
        table: dict[Value, Operand] = {}
        kept: list[Equation] = []
        for eqn in self.body.equations:
            here = bool(eqn.inputs) and eqn.inputs[0] in versions
            here = here and not eqn.regions and eqn.params.get("spec") == spec
            eqn = replace(eqn, inputs=tuple(_moved(table, x) for x in eqn.inputs))
            if not here:
                kept.append(eqn)
            elif eqn.primitive is st.index:
                table[eqn.output] = element
            else:
                table[eqn.output] = eqn.inputs[0]
                if eqn.params["op"] == "add":
                    total = Value(type, "", eqn.location)
                    added = replace(eqn, primitive=ew.add, outputs=(total,), params={})
                    kept.append(replace(added, inputs=(element, eqn.inputs[1])))
                    element = total
                else:
                    element = eqn.inputs[1]
        outputs = [_moved(table, x) for x in self.body.outputs]
        inputs = self.body.inputs
        body = replace(
            self.body,
            inputs=(*inputs[:n], start, *inputs[n:]),
            equations=tuple(kept),
            outputs=(*outputs, element),
        )
        read = replace(
            like,
            primitive=st.index,
            inputs=(self.eqn.inputs[k],),
            outputs=(first,),
            params={"spec": spec},
        )
        self.before.append(read)
        self.eqn = replace(
            self.eqn,
            inputs=(*self.eqn.inputs[:n], first, *self.eqn.inputs[n:]),
            outputs=(*self.eqn.outputs, last),
            params={**self.eqn.params, "carried": n + 1},
            regions=(body,),
        )
        result = self.eqn.outputs[k]
        array = self.table.get(result, result)
        final = Value(result.type, result.name, result.location)
        params = {"spec": spec, "op": "set"}
        self.after.append(replace(like, inputs=(array, last), outputs=(final,), params=params))
        self.table[result] = final


# Accesses to an array in a block and in the regions in it.


def _versions(graph: Graph, numbers: Sequence[int]) -> set[Value]:
    """What inputs of a block have become by writes."""
    found = {graph.inputs[k] for k in numbers}
    for eqn in graph.equations:
        if eqn.primitive is st.update and eqn.inputs[0] in found:
            found.update(eqn.outputs)
        elif eqn.regions and found.intersection(values_of(eqn.inputs)):
            found.update(v for v in eqn.outputs if v.shape)
    return found


def _accesses(
    graph: Graph, numbers: Sequence[int], ranges: Ranges, *, top: int | None = None
) -> Iterator[_Access]:
    """All accesses to the array that inputs of a block are; raises `_Whole`."""
    versions = _versions(graph, numbers)
    for eqn in graph.equations:
        used = [k for k, x in enumerate(eqn.inputs) if x in versions]
        if not used:
            continue
        if eqn.regions:
            within = _within(eqn, ranges)
            first = len(eqn.inputs) - len(eqn.regions[0].inputs)
            for region in eqn.regions:
                yield from _accesses(region, [k - first for k in used], within)
        elif eqn.primitive in (st.index, st.update) and used == [0]:
            operands = eqn.inputs[1 if eqn.primitive is st.index else 2 :]
            if operands:
                raise _Whole
            mine = eqn if top is not None else None
            yield _Access(eqn.params["spec"], ranges, eqn.primitive is st.update, mine)
        else:
            raise _Whole
    if top is not None and any(
        x in versions and k != top for k, x in enumerate(graph.outputs) if isinstance(x, Value)
    ):
        raise _Whole
