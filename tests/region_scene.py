"""What the examples with control flow are built with: `Scene` with loops and branches."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from graph_examples import Scene

from adjit.ir import Graph, GraphBuilder, Symbol, SymbolSource, Type, Value
from adjit.ir.dims import Size, symbol_size
from adjit.ir.primitives import structural as st
from adjit.ir.regions import Block, emit_branch, emit_checkpoint, emit_loop, emit_while
from adjit.ir.values import Operand

INT = np.dtype(np.int64)
Results = Sequence[Operand]


@dataclass(frozen=True, slots=True)
class Example:
    """A graph and what it means.

    `arguments(rng, *sizes)` are random inputs; `sizes` lists choices of them, the smallest
    possible first. `function` of the inputs, plain NumPy, returns a tuple: the graph's outputs, a
    float scalar first. `wrt` are the inputs for which that scalar may be differentiated.
    """

    name: str
    graph: Graph
    arguments: Callable[..., tuple[Any, ...]]
    function: Callable[..., tuple[Any, ...]]
    wrt: tuple[int, ...]
    sizes: tuple[tuple[int, ...], ...]


class Flow(Scene):
    """A scene whose blocks are functions of the carried values that return the next ones."""

    def integer(self, name: str, lower: int = 0) -> tuple[Value, Size]:
        """An int64 argument and its number as a size."""
        symbol = Symbol(name, 3, lower)
        self.symbols[symbol] = SymbolSource(len(self.inputs), None)
        self.inputs.append(Value(Type(INT), name))
        return self.inputs[-1], symbol_size(symbol)

    def block(self, write: Callable[..., Results], *arguments: object) -> Block:
        """The equations that `write` emits, and what it returns."""
        outer, self.builder = self.builder, GraphBuilder(role=self.builder.role)
        try:
            outputs = write(*arguments)
            return Block(self.builder.equations, tuple(outputs))
        finally:
            self.builder = outer

    def carried(self, first: Results, names: str) -> list[Value]:
        return [
            Value(x.type, name, self.builder.location)
            for x, name in zip(first, names.split(), strict=True)
        ]

    def loop(
        self,
        text: str,
        first: Results,
        names: str,
        count: Size,
        write: Callable[..., Results],
        *,
        symbol: str,
        start: Size = 0,
        step: int = 1,
    ) -> list[Value]:
        """`for ...`; `write(t, *carried)`, t the iteration number."""
        self.at(text)
        location = self.builder.location
        index, inputs = Symbol(symbol, None, 0), self.carried(first, names)
        body = self.block(write, symbol_size(index), *inputs)
        self.builder.location = location
        made = emit_loop(
            self.builder,
            first,
            inputs,
            body,
            count=count,
            symbol=index,
            start=start,
            step=step,
            name=symbol.split(".", maxsplit=1)[0],
        )
        return list(made)

    def loop_while(
        self,
        text: str,
        first: Results,
        names: str,
        condition: Callable[..., Operand],
        write: Callable[..., Results],
        *,
        symbol: str,
    ) -> list[Value]:
        """`while ...`; both functions take (t, *carried)."""
        self.at(text)
        location = self.builder.location
        index, inputs = Symbol(symbol, None, 0), self.carried(first, names)
        t = symbol_size(index)
        test = self.block(lambda *xs: (condition(*xs),), t, *inputs)
        body = self.block(write, t, *inputs)
        self.builder.location = location
        made = emit_while(self.builder, first, inputs, test, body, symbol=index, name=symbol)
        return list(made)

    def branch(
        self,
        text: str,
        predicate: Operand,
        then: Callable[[], Results],
        otherwise: Callable[[], Results],
    ) -> list[Value]:
        """`if ...`: the outputs of one of the two."""
        self.at(text)
        location = self.builder.location
        one, other = self.block(then), self.block(otherwise)
        self.builder.location = location
        return list(emit_branch(self.builder, predicate, one, other))

    def checkpoint(self, text: str, write: Callable[[], Results]) -> list[Value]:
        self.at(text)
        location = self.builder.location
        body = self.block(write)
        self.builder.location = location
        return list(emit_checkpoint(self.builder, body))

    def bind(self, k: Operand, name: str) -> Size:
        """An int64 scalar as a size."""
        symbol = Symbol(name, None, 0)
        self.builder.bind(st.bind, k, symbol=symbol, name=name)
        return symbol_size(symbol)
