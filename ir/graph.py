"""Equations and graphs: typed SSA with regions."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from adjit.ir.dims import Size, Symbol, symbols_of
from adjit.ir.errors import Location
from adjit.ir.primitives import Primitive
from adjit.ir.values import Operand, Value


@dataclass(frozen=True, slots=True, eq=False)
class Equation:
    """`outputs = primitive(inputs; params) { regions }`, compared by identity.

    `role` is "forward" for what the user wrote, "backward" for what an adjoint transform added.
    `source` is, for a backward equation, the forward value whose statement it is the adjoint of.
    """

    primitive: Primitive
    inputs: tuple[Operand, ...]
    outputs: tuple[Value, ...]
    params: Mapping[str, Any] = field(default_factory=dict)
    regions: tuple[Graph, ...] = ()
    location: Location | None = None
    role: str = "forward"
    source: Value | None = None

    @property
    def output(self) -> Value:
        return self.outputs[0]


@dataclass(frozen=True, slots=True, eq=False)
class SymbolSource:
    """Where a symbol's number comes from: `graph.inputs[index].shape[axis]`, or, when `axis` is
    None, the integer scalar `graph.inputs[index]` itself; of either the quotient by `divisor`
    (the half of an even size, say)."""

    index: int
    axis: int | None
    divisor: int = 1

    def text(self, name: str) -> str:
        """Closed source text, from the name of the input."""
        number = name if self.axis is None else f"{name}.shape[{self.axis}]"
        return number if self.divisor == 1 else f"({number} // {self.divisor})"


@dataclass(frozen=True, slots=True, eq=False)
class Graph:
    """A function: inputs, equations in topological order, outputs.

    Regions (bodies of loops and branches) are graphs too; everything that they use from outside
    is one of their inputs. `symbols` says, for the outermost graph, how each symbol is bound at
    a call; symbols bound by an equation (the count of a `nonzero`) or by a region (a loop index)
    are not listed.
    """

    inputs: tuple[Value, ...]
    equations: tuple[Equation, ...]
    outputs: tuple[Operand, ...]
    symbols: Mapping[Symbol, SymbolSource] = field(default_factory=dict)
    name: str = "f"

    def __str__(self) -> str:
        from adjit.ir.printer import format_graph

        return format_graph(self)


def values_of(operands: tuple[Operand, ...]) -> Iterator[Value]:
    """The values among operands (literals left out)."""
    return (x for x in operands if isinstance(x, Value))


def param_sizes(params: Mapping[str, Any]) -> Iterator[Size]:
    """All sizes that occur, however deep, in an equation's parameters."""
    stack: list[Any] = list(params.values())
    while stack:
        item = stack.pop()
        if isinstance(item, (tuple, list)):
            stack.extend(item)
        elif hasattr(item, "sizes"):
            stack.extend(item.sizes())
        elif hasattr(item, "terms"):
            yield item


def symbols_used(graph: Graph) -> set[Symbol]:
    """Symbols that the types and parameters of a graph (regions included) mention."""
    out: set[Symbol] = set()

    def visit(g: Graph) -> None:
        for value in g.inputs:
            for size in value.shape:
                out.update(symbols_of(size))
        for eqn in g.equations:
            for value in eqn.outputs:
                for size in value.shape:
                    out.update(symbols_of(size))
            for size in param_sizes(eqn.params):
                out.update(symbols_of(size))
            for region in eqn.regions:
                visit(region)

    visit(graph)
    return out
