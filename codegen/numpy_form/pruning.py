"""Dropping what no output depends on, regions included: carried values that nobody reads. The
user's checks stay."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from adjit.codegen.numpy_form.nested import Opened
from adjit.ir.dims import Size, Symbol, symbols_of
from adjit.ir.effects import acts
from adjit.ir.graph import Equation, Graph, param_sizes, values_of
from adjit.ir.values import Value


def prune(opened: Opened) -> Opened:
    """The same function without dead equations and dead carried values."""
    graph = opened.graph
    live = _Live(opened.bound)
    live.values.update(values_of(graph.outputs))
    equations = live.block(graph.equations)
    return replace(opened, graph=replace(graph, equations=tuple(equations)))


@dataclass(slots=True)
class _Live:
    """What is needed so far, going backwards. It only grows: a value that is needed after an
    equation may be needed before it too, as the equation may stand in a loop."""

    bound: Mapping[Symbol, Value]
    values: set[Value] = field(default_factory=set)
    symbols: set[Symbol] = field(default_factory=set)

    def block(self, equations: Sequence[Equation]) -> list[Equation]:
        out: list[Equation] = []
        for eqn in reversed(equations):
            bound = eqn.params.get("symbol") in self.symbols
            if not bound and not acts(eqn) and not any(v in self.values for v in eqn.outputs):
                continue
            out.append(self._kept(eqn))
        return out[::-1]

    def _kept(self, eqn: Equation) -> Equation:
        self._sizes(param_sizes(eqn.params))
        for value in eqn.outputs:
            self._sizes(value.shape)
        if eqn.primitive.name == "branch":
            return self._branch(eqn)
        if eqn.regions:
            return self._loop(eqn)
        self.values.update(values_of(eqn.inputs))
        return eqn

    def _sizes(self, sizes: Iterable[Size]) -> None:
        for size in sizes:
            for symbol in symbols_of(size):
                self.symbols.add(symbol)
                if symbol in self.bound:
                    self.values.add(self.bound[symbol])

    def _branch(self, eqn: Equation) -> Equation:
        kept = [k for k, v in enumerate(eqn.outputs) if v in self.values]
        regions = [self._region(region, kept) for region in eqn.regions]
        self.values.update(values_of(eqn.inputs))
        outputs = tuple(eqn.outputs[k] for k in kept)
        return replace(eqn, outputs=outputs, regions=tuple(regions))

    def _loop(self, eqn: Equation) -> Equation:
        *tests, body = eqn.regions
        kept: list[int] | None = None
        while True:
            now = [k for k, v in enumerate(eqn.outputs) if v in self.values]
            if now == kept:
                break
            kept = now
            made = self._region(body, kept)
            tested = [self._region(test, [0]) for test in tests]
        self.values.update(x for k in kept for x in values_of((eqn.inputs[k],)))
        return replace(
            eqn,
            inputs=tuple(eqn.inputs[k] for k in kept),
            outputs=tuple(eqn.outputs[k] for k in kept),
            regions=(*tested, made),
        )

    def _region(self, region: Graph, kept: Sequence[int]) -> Graph:
        outputs = tuple(region.outputs[k] for k in kept)
        self.values.update(values_of(outputs))
        return replace(region, equations=tuple(self.block(region.equations)), outputs=outputs)
