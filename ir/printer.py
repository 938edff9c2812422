"""Printing a graph as text, the same on every run."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from adjit.ir.graph import Equation, Graph
from adjit.ir.values import Operand, Value


class _Names:
    """Unique names: the value's own where it is free, else numbered."""

    def __init__(self) -> None:
        self.names: dict[Value, str] = {}
        self.taken: set[str] = set()

    def __call__(self, x: Operand) -> str:
        if not isinstance(x, Value):
            return repr(x)
        if x not in self.names:
            base = x.name or "t"
            name, k = (base, 1) if x.name else ("t1", 1)
            while name in self.taken:
                k += 1
                name = f"{base}_{k}" if x.name else f"t{k}"
            self.taken.add(name)
            self.names[x] = name
        return self.names[x]


def format_graph(graph: Graph) -> str:
    """Header, one line an equation (regions indented), outputs."""
    return "\n".join(_lines(graph, _Names(), ""))


def _lines(graph: Graph, name: _Names, indent: str) -> list[str]:
    arguments = ", ".join(f"{name(v)}: {v.type}" for v in graph.inputs)
    lines = [f"{indent}graph {graph.name}({arguments}):"]
    for eqn in graph.equations:
        lines += _equation(eqn, name, indent + "  ")
    lines.append(f"{indent}  return {', '.join(map(name, graph.outputs))}")
    return lines


def _equation(eqn: Equation, name: _Names, indent: str) -> list[str]:
    inputs = ", ".join(map(name, eqn.inputs))
    outputs = ", ".join(f"{name(v)}: {v.type}" for v in eqn.outputs)
    line = f"{indent}{outputs} = {eqn.primitive.name}({inputs}{_params(eqn.params)})"
    if eqn.location is not None and eqn.role == "forward":
        line += f"  # line {eqn.location.line}"
    lines = [line]
    for region in eqn.regions:
        lines += _lines(region, name, indent + "  ")
    return lines


def _params(params: Mapping[str, Any]) -> str:
    if not params:
        return ""
    return "; " + ", ".join(f"{key}={_param(item)}" for key, item in sorted(params.items()))


def _param(item: Any) -> str:
    if isinstance(item, tuple):
        inner = ", ".join(map(_param, item))
        return f"({inner},)" if len(item) == 1 else f"({inner})"
    return str(item) if hasattr(item, "terms") else f"{item}"
