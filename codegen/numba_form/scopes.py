"""Graphs with control flow as lowering wants them, and the scopes that their regions become.

In a *prepared* graph every value and every symbol is defined once, a region uses outer values
directly (its inputs are the carried values only), what a loop carries without changing it is
captured, and checkpoints are gone: forward code just runs their bodies.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from adjit.ir.dims import Size, Symbol, symbol_size
from adjit.ir.graph import Equation, Graph, values_of
from adjit.ir.rewrite import substitute_params
from adjit.ir.substitution import substitute
from adjit.ir.values import Operand, Type, Value

if TYPE_CHECKING:
    from adjit.codegen.numba_form.fuse import Node
    from adjit.codegen.numba_form.statements import Statement

Known = dict[Value, Operand]
Table = dict[Symbol, Size]
Order = tuple[int, int, int]


@dataclass(slots=True, eq=False)
class Scope:
    """One list of equations that run in order: the whole graph, the body of a loop, an arm.

    Attributes
    ----------
    symbol:
        Marks the scope among the loops that an index depends on; None for the whole graph. That
        of a loop is its iteration number.
    repeats:
        True for what may run several times each time that its parent runs.
    uses:
        Where each value is used: positions of equations (those of nested scopes count where
        their region stands); the outputs are one position further.
    current:
        The position that is lowered now.
    statements, end:
        In program order; the one that ends the scope, behind which nothing is moved.
    nodes:
        The schedule.
    """

    graph: Graph
    symbol: Symbol | None = None
    parent: Scope | None = None
    repeats: bool = False
    uses: dict[Value, list[int]] = field(default_factory=dict)
    current: float = 0
    order: Order = (0, 0, 0)
    trail: tuple[float, ...] = ()
    statements: list[Statement] = field(default_factory=list)
    end: Statement | None = None
    nodes: list[Node] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.uses = positions(self.graph)
        if self.parent is not None:
            self.trail = (*self.parent.trail, self.parent.current, 1 << 20, 0)

    @property
    def path(self) -> tuple[Scope, ...]:
        """The scopes around and this one, without the whole graph."""
        return () if self.parent is None else (*self.parent.path, self)

    def within(self, other: Scope) -> bool:
        """True for `other` itself and the scopes inside of it."""
        scope: Scope | None = self
        while scope is not None:
            if scope is other:
                return True
            scope = scope.parent
        return False


def positions(graph: Graph) -> dict[Value, list[int]]:
    """Where each value is used, by the positions of the equations."""
    out: dict[Value, list[int]] = {}
    for k, eqn in enumerate(graph.equations):
        for x in _used(eqn):
            out.setdefault(x, []).append(k)
    for x in values_of(graph.outputs):
        out.setdefault(x, []).append(len(graph.equations))
    return out


def _used(eqn: Equation) -> Iterator[Value]:
    yield from values_of(eqn.inputs)
    for region in eqn.regions:
        for inner in region.equations:
            yield from _used(inner)
        yield from values_of(region.outputs)


def count_uses(graph: Graph) -> Counter[Value]:
    """How often each value stands as an operand, in regions too."""
    return Counter({x: len(found) for x, found in positions(graph).items()})


def equations_of(graph: Graph) -> Iterator[Equation]:
    """All equations, those of regions too."""
    for eqn in graph.equations:
        yield eqn
        for region in eqn.regions:
            yield from equations_of(region)


def prepare(graph: Graph) -> Graph:
    """The graph as lowering wants it; itself, where it has no regions."""
    if not any(eqn.regions for eqn in graph.equations):
        return graph
    return _Preparation().scope(graph, graph.inputs, {v: v for v in graph.inputs}, {})


class _Preparation:
    def __init__(self) -> None:
        self.count = 0

    def scope(self, graph: Graph, inputs: Sequence[Value], known: Known, table: Table) -> Graph:
        equations: list[Equation] = []
        outputs = self.inline(graph, equations, dict(known), dict(table))
        return Graph(tuple(inputs), tuple(equations), outputs, graph.symbols, graph.name)

    def inline(
        self, graph: Graph, out: list[Equation], known: Known, table: Table
    ) -> tuple[Operand, ...]:
        """Append the equations of a graph; return its outputs."""
        for eqn in graph.equations:
            inputs = tuple(_moved(known, x) for x in eqn.inputs)
            name = eqn.primitive.name
            if name == "checkpoint":
                (body,) = eqn.regions
                given = dict(zip(body.inputs, inputs, strict=True))
                found = self.inline(body, out, given, dict(table))
                known.update(zip(eqn.outputs, found, strict=True))
                continue
            if name in ("loop", "while"):
                eqn = self.loop(eqn, inputs, known, table)
            elif name == "branch":
                eqn = self.branch(eqn, inputs, known, table)
            else:
                params = substitute_params(eqn.params, table)
                outputs = self.outputs(eqn, known, table)
                if name in ("bind", "nonzero"):
                    symbol = params["symbol"] = self.fresh(eqn.params["symbol"])
                    table[eqn.params["symbol"]] = symbol_size(symbol)
                    outputs = self.outputs(eqn, known, table)
                eqn = replace(eqn, inputs=inputs, outputs=outputs, params=params)
            out.append(eqn)
        return tuple(_moved(known, x) for x in graph.outputs)

    def outputs(self, eqn: Equation, known: Known, table: Table) -> tuple[Value, ...]:
        out = tuple(_copied(v, table) for v in eqn.outputs)
        known.update(zip(eqn.outputs, out, strict=True))
        return out

    def fresh(self, symbol: Symbol, kind: str = "") -> Symbol:
        self.count += 1
        return replace(symbol, name=f"{kind}{symbol.name}.{self.count}", hint=None)

    def loop(
        self, eqn: Equation, inputs: tuple[Operand, ...], known: Known, table: Table
    ) -> Equation:
        n, body = eqn.params["carried"], eqn.regions[-1]
        symbol = self.fresh(replace(eqn.params["symbol"], lower=0), "@")
        inner = {**table, eqn.params["symbol"]: symbol_size(symbol)}
        kept = [k for k in range(n) if body.outputs[k] is not body.inputs[k]]
        while True:
            carried = {k: _copied(body.inputs[k], table) for k in kept}
            given = [carried.get(k, x) for k, x in enumerate(inputs)]
            regions = [
                self.scope(
                    r, list(carried.values()), dict(zip(r.inputs, given, strict=True)), inner
                )
                for r in eqn.regions
            ]
            changed = [k for k in kept if regions[-1].outputs[k] is not carried[k]]
            if changed == kept:
                break
            kept = changed
        for k in set(range(n)) - set(kept):
            known[eqn.outputs[k]] = inputs[k]
        regions[-1] = replace(regions[-1], outputs=tuple(regions[-1].outputs[k] for k in kept))
        results = [eqn.outputs[k] for k in kept] + list(eqn.outputs[n:])
        outputs = tuple(_copied(v, table) for v in results)
        known.update(zip(results, outputs, strict=True))
        params = {**substitute_params(eqn.params, table), "symbol": symbol, "carried": len(kept)}
        firsts = tuple(inputs[k] for k in kept)
        return replace(eqn, inputs=firsts, outputs=outputs, params=params, regions=tuple(regions))

    def branch(
        self, eqn: Equation, inputs: tuple[Operand, ...], known: Known, table: Table
    ) -> Equation:
        arms = [
            self.scope(arm, (), dict(zip(arm.inputs, inputs[1:], strict=True)), table)
            for arm in eqn.regions
        ]
        one, other = (arm.outputs for arm in arms)
        kept = [k for k in range(len(one)) if one[k] != other[k]]
        for k in set(range(len(one))) - set(kept):
            known[eqn.outputs[k]] = one[k]
        results = [eqn.outputs[k] for k in kept]
        outputs = tuple(_copied(v, table) for v in results)
        known.update(zip(results, outputs, strict=True))
        regions = tuple(replace(a, outputs=tuple(a.outputs[k] for k in kept)) for a in arms)
        return replace(eqn, inputs=inputs[:1], outputs=outputs, regions=regions)


def _copied(value: Value, table: Table) -> Value:
    shape = tuple(substitute(n, table) for n in value.shape)
    return Value(Type(value.dtype, shape), value.name, value.location)


def _moved(known: Known, x: Operand) -> Operand:
    return known[x] if isinstance(x, Value) else x
