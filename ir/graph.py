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
    are not listed. `facts` are sizes that are at least 0 in every call, for the outermost graph
    (the call path's guards see to it).
    """

    inputs: tuple[Value, ...]
    equations: tuple[Equation, ...]
    outputs: tuple[Operand, ...]
    symbols: Mapping[Symbol, SymbolSource] = field(default_factory=dict)
    name: str = "f"
    facts: tuple[Size, ...] = ()

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


def bound_by(eqn: Equation) -> Symbol | None:
    """The symbol that has a meaning from this equation on: in the equations after it, and in their
    regions."""
    return eqn.params["symbol"] if eqn.primitive.name in ("bind", "nonzero") else None


def bound_in_regions(eqn: Equation) -> Symbol | None:
    """The symbol of a loop: the iteration number, which has a meaning in its regions only."""
    return eqn.params["symbol"] if eqn.primitive.name in ("loop", "while") else None


def is_capacity(symbol: Symbol) -> bool:
    """True for the length of a growing storage: it stands in types only, bound by nothing."""
    return symbol.name.startswith("capacity")


def own_symbols(eqn: Equation) -> set[Symbol]:
    """Symbols that the parameters and output types of an equation mention, its regions left out."""
    out = {symbol for size in param_sizes(eqn.params) for symbol in symbols_of(size)}
    return out.union(*(symbols_of(size) for value in eqn.outputs for size in value.shape))


def symbols_used(graph: Graph) -> set[Symbol]:
    """Symbols that a graph or region mentions, its own regions included, and does not bind."""
    out = {symbol for value in graph.inputs for n in value.shape for symbol in symbols_of(n)}
    bound: set[Symbol | None] = set()
    for eqn in graph.equations:
        inside = set().union(*map(symbols_used, eqn.regions)) - {bound_in_regions(eqn)}
        bound.add(bound_by(eqn))
        out |= (own_symbols(eqn) | inside) - bound
    return {symbol for symbol in out if not is_capacity(symbol)}


def symbols_bound(graph: Graph) -> set[Symbol]:
    """Symbols that the equations of a graph or region bind, in its regions too."""
    out: set[Symbol] = set()
    for eqn in graph.equations:
        out.update(s for s in (bound_by(eqn), bound_in_regions(eqn)) if s is not None)
        out.update(*map(symbols_bound, eqn.regions))
    return out
