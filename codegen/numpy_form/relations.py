"""What makes each value, who reads it, and in which block: the relations that decisions rest on."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field

from adjit.codegen.numpy_form.logic import Logical, logical, parts
from adjit.codegen.numpy_form.nested import Opened
from adjit.codegen.numpy_form.roots import Roots, find_roots
from adjit.ir.dims import Symbol
from adjit.ir.graph import Equation, Graph, values_of
from adjit.ir.values import Operand, Value


@dataclass(slots=True)
class Plan:
    """The graph's def-use relations and the set of values that are written in place of use.

    `equations` are all of them, those of regions included, in the order of the text, `index` says
    where. `flows` says which value that is bound several times a value becomes (see `nested`);
    `pinned` values are variables whatever they are. `logicals` are branches that are written as
    `and` and `or`; the equations of their arms stand in none of the lists.
    """

    graph: Graph
    roots: Roots
    bound: Mapping[Symbol, Value]
    notes: Mapping[Equation, str]
    equations: list[Equation] = field(default_factory=list)
    made_by: dict[Value, Equation] = field(default_factory=dict)
    index: dict[Equation, int] = field(default_factory=dict)
    users: dict[Value, list[Equation | None]] = field(default_factory=dict)
    flows: dict[Value, Value] = field(default_factory=dict)
    pinned: set[Value] = field(default_factory=set)
    tests: dict[Equation | None, int] = field(
        default_factory=dict
    )  # where a while's condition stands
    logicals: dict[Equation, Logical] = field(default_factory=dict)
    skipped: set[Value] = field(default_factory=set)  # within `and` and `or`
    inlined: set[Value] = field(default_factory=set)
    counted: set[Symbol] = field(default_factory=set)
    integers: set[Value] = field(default_factory=set)  # Python ints: arguments, indices, ...
    numbers: dict[Value, bool] = field(default_factory=dict)  # memo of `printer.is_number`
    has_backward: bool = False

    def producer(self, x: Operand) -> Equation | None:
        """The equation that made x; None for literals and inputs."""
        return self.made_by.get(x) if isinstance(x, Value) else None

    def inline_producer(self, x: Operand, primitive: str) -> Equation | None:
        """The equation that made x, where it is of this primitive and written in place."""
        eqn = self.producer(x)
        if eqn is None or eqn.primitive.name != primitive or x not in self.inlined:
            return None
        return eqn


def inside(plan: Plan, eqn: Equation) -> list[Equation]:
    """The equation and all those that are written in it, operands first."""
    out: list[Equation] = []
    arm = plan.logicals[eqn].arm.outputs if eqn in plan.logicals else ()
    for x in values_of((*eqn.inputs, *arm)):
        if x in plan.inlined:
            out += inside(plan, plan.made_by[x])
    return [*out, eqn]


def read_plan(opened: Opened) -> Plan:
    """The relations of a graph with open regions; nothing is decided yet."""
    graph = opened.graph
    plan = Plan(graph, find_roots(graph), opened.bound, opened.notes)
    _Reader(plan).block(graph.equations)
    for x in values_of(graph.outputs):
        plan.users.setdefault(x, []).append(None)
    plan.integers = {
        graph.inputs[source.index] for source in graph.symbols.values() if source.axis is None
    }
    plan.integers.update(opened.bound.values())
    plan.has_backward = any(eqn.role == "backward" for eqn in graph.equations)
    return plan


@dataclass(slots=True)
class _Reader:
    """Collects the relations. A use in another block than the value's own pins the value."""

    plan: Plan
    place: int = 0
    home: dict[Value, int] = field(default_factory=dict)
    blocks: int = 0

    def block(self, equations: Collection[Equation]) -> int:
        """Read a block; return its number."""
        self.blocks += 1
        here = self.blocks
        for eqn in equations:
            self._add(eqn, here)
        return here

    def _add(self, eqn: Equation, here: int) -> None:
        plan, name = self.plan, eqn.primitive.name
        plan.index[eqn] = self.place
        plan.equations.append(eqn)
        self.place += 1
        for x in values_of(eqn.inputs):
            self._use(x, eqn, here)
        for out in eqn.outputs:
            plan.made_by[out] = eqn
            self.home[out] = here
        found = logical(eqn)
        if found is not None:
            self._logical(eqn, found, here)
            return
        if name in ("loop", "while"):
            self._flow(eqn.inputs, eqn)
        for k, region in enumerate(eqn.regions):
            inner = self.block(region.equations)
            if name == "while" and k == 0:
                plan.tests[eqn] = self.place
                for x in values_of(region.outputs):
                    self._use(x, eqn, inner)
            else:
                self._flow(region.outputs, eqn)
            self.place += 1

    def _logical(self, eqn: Equation, found: Logical, here: int) -> None:
        """What the arm reads is read by the branch itself. It is a variable: Python may skip the
        arm, but not what the graph computes before it."""
        plan = self.plan
        inner = list(parts(found))
        read = list(values_of(found.arm.outputs))
        plan.logicals[eqn] = found
        for part in inner:
            read += values_of(part.inputs)
            nested = logical(part)
            if nested is not None:
                plan.logicals[part] = nested
                read += values_of(nested.arm.outputs)
            for out in part.outputs:
                plan.made_by[out] = part
                plan.skipped.add(out)
        plan.inlined |= plan.skipped
        for x in read:
            if x not in plan.skipped:
                self._use(x, eqn, here)
                plan.pinned.add(x)

    def _use(self, x: Value, eqn: Equation, block: int) -> None:
        self.plan.users.setdefault(x, []).append(eqn)
        if self.home.get(x) != block:
            self.plan.pinned.add(x)

    def _flow(self, sources: Collection[Operand], eqn: Equation) -> None:
        for x, target in zip(sources, eqn.outputs, strict=True):
            if isinstance(x, Value):
                self.plan.users.setdefault(x, []).append(eqn)
                self.plan.pinned.add(x)
                if x is not target:
                    self.plan.flows.setdefault(x, target)
