"""Names of symbols: a graph binds each only once, so that no copy hides another."""

from __future__ import annotations

from dataclasses import replace

from adjit.ir import Graph, Symbol
from adjit.ir.graph import symbols_used


class Names:
    """Names of symbols that the graph does not have yet."""

    def __init__(self, taken: set[str]) -> None:
        self.taken = taken

    def symbol(self, name: str) -> Symbol:
        """A symbol for a number that is not negative."""
        return Symbol(self._free(name), None, 0)

    def another(self, symbol: Symbol) -> Symbol:
        """A symbol with the same bounds."""
        return replace(symbol, name=self._free(symbol.name))

    def _free(self, name: str) -> str:
        found, k = name, 1
        while found in self.taken:
            k += 1
            found = f"{name}_{k}"
        self.taken.add(found)
        return found


def bound_names(graph: Graph) -> set[str]:
    """The names of all symbols of a graph and its regions."""
    found = {symbol.name for symbol in (*graph.symbols, *symbols_used(graph))}
    for eqn in graph.equations:
        symbol = eqn.params.get("symbol")
        if isinstance(symbol, Symbol):
            found.add(symbol.name)
        found.update(*map(bound_names, eqn.regions))
    return found
