"""Graphs built by hand, as the tracer would capture them, for the tests of the emitters."""

from __future__ import annotations

import numpy as np

from adjit.ir import Graph, GraphBuilder, Symbol, SymbolSource, Type, Value, literal
from adjit.ir.dims import Size, symbol_size
from adjit.ir.errors import Location
from adjit.ir.indexing import At, Gather, Slice
from adjit.ir.primitives import elementwise as ew
from adjit.ir.primitives import structural as st
from adjit.ir.values import Operand

INT = np.dtype(np.int64)
MATMUL = {"a_axes": (0, 1), "b_axes": (1, 2), "out_axes": (0, 2)}
MATVEC = {"a_axes": (0, 1), "b_axes": (1,), "out_axes": (0,)}


class Scene:
    """Builds one function: inputs with symbolic sizes, equations with the user's lines."""

    def __init__(self, name: str, dtype: object = np.float64) -> None:
        self.name = name
        self.dtype: np.dtype[np.generic] = np.dtype(dtype)  # type: ignore[call-overload]
        self.builder = GraphBuilder()
        self.inputs: list[Value] = []
        self.symbols: dict[Symbol, SymbolSource] = {}
        self.line = 1

    def array(
        self, name: str, *axes: Size | str, dtype: np.dtype[np.generic] | None = None
    ) -> Value:
        """An input; an axis given by name is a symbol, new or known."""
        shape: list[Size] = []
        for axis, size in enumerate(axes):
            if isinstance(size, str):
                symbol = Symbol(size, 3, 2)
                self.symbols.setdefault(symbol, SymbolSource(len(self.inputs), axis))
                size = symbol_size(symbol)
            shape.append(size)
        value = Value(Type(self.dtype if dtype is None else dtype, tuple(shape)), name)
        self.inputs.append(value)
        return value

    def at(self, text: str) -> GraphBuilder:
        """The builder, at the user's next line."""
        self.line += 1
        self.builder.location = Location("user.py", self.line, self.name, text)
        return self.builder

    def graph(self, *outputs: Operand) -> Graph:
        return Graph(
            tuple(self.inputs), tuple(self.builder.equations), outputs, self.symbols, self.name
        )


def two_layer_network() -> Graph:
    """Inputs W1, b1, W2, b2, x, t; the value J."""
    s = Scene("loss")
    w1, b1 = s.array("W1", "h", "i"), s.array("b1", "h")
    w2, b2 = s.array("W2", "o", "h"), s.array("b2", "o")
    x, t = s.array("x", "i"), s.array("t", "o")
    b = s.at("z1 = W1 @ x + b1")
    z1 = b.emit(ew.add, b.emit(st.contract, w1, x, **MATVEC), b1, name="z1")
    y1 = s.at("y1 = np.tanh(z1)").emit(ew.tanh, z1, name="y1")
    b = s.at("z2 = W2 @ y1 + b2")
    z2 = b.emit(ew.add, b.emit(st.contract, w2, y1, **MATVEC), b2, name="z2")
    y2 = s.at("y2 = np.tanh(z2)").emit(ew.tanh, z2, name="y2")
    b = s.at("J = np.sum((y2 - t)**2)")
    squares = b.emit(ew.pow, b.emit(ew.sub, y2, t), literal(2.0))
    return s.graph(b.emit(st.reduce, squares, op="sum", axes=(0,), keepdims=False, name="J"))


def classifier() -> Graph:
    """Inputs W1, b1, W2, b2, x, y; the mean negative log-likelihood of the labels y."""
    s = Scene("loss")
    w1, b1 = s.array("W1", "x.shape[1]", "h"), s.array("b1", "h")
    w2, b2 = s.array("W2", "h", "o"), s.array("b2", "o")
    x, y = s.array("x", "n", "x.shape[1]"), s.array("y", "n", dtype=INT)
    b = s.at("z1 = x @ W1 + b1")
    z1 = b.emit(ew.add, b.emit(st.contract, x, w1, **MATMUL), b1, name="z1")
    y1 = s.at("y1 = np.maximum(0, z1)").emit(ew.maximum, literal(0.0), z1, name="y1")
    b = s.at("z2 = y1 @ W2 + b2")
    z2 = b.emit(ew.add, b.emit(st.contract, y1, w2, **MATMUL), b2, name="z2")
    b = s.at("z2 = z2 - z2.max(axis=1, keepdims=True)")
    z2 = b.emit(ew.sub, z2, b.reduce(z2, "max", (1,), keepdims=True), name="z2")
    b = s.at("logp = z2 - np.log(np.exp(z2).sum(axis=1, keepdims=True))")
    total = b.reduce(b.emit(ew.exp, z2), "sum", (1,), keepdims=True)
    logp = b.emit(ew.sub, z2, b.emit(ew.log, total), name="logp")
    b = s.at("return -np.mean(logp[np.arange(len(y)), y])")
    rows = b.emit(st.iota, size=x.shape[0])
    taken = b.index(logp, (Gather(0, True), Gather(1)), (rows, y))
    return s.graph(b.neg(b.reduce(taken, "mean", (0,))))


def relaxation() -> Graph:
    """Inputs u, f: an array of one's own that is written to, slices, a mask, an input that is
    written to, a view of an array that is written to later."""
    s = Scene("relax")
    u, f = s.array("u", "n"), s.array("f", "n")
    n = u.shape[0]
    inner = (Slice(1, n - 2),)
    b = s.at("v = np.zeros_like(u)")
    v = b.full(0.0, (n,), s.dtype)
    assert isinstance(v, Value)
    v.name = "v"
    b = s.at("v[1:-1] = 0.5 * (u[:-2] + u[2:]) - f[1:-1]")
    around = b.add(b.index(u, (Slice(0, n - 2),)), b.index(u, (Slice(2, n - 2),)))
    new = b.sub(b.mul(literal(0.5), around), b.index(f, inner))
    v = b.update(v, new, inner, name="v")
    v = s.at("v[-1] = v[-2]").update(v, b.index(v, (At(n - 2),)), (At(n - 1),), name="v")
    b = s.at("v[v < 0] += 1")
    places = b.bind(st.nonzero, b.emit(ew.lt, v, literal(0.0)), symbol=Symbol("count", None, 0))
    v = b.update(v, literal(1.0), (Gather(0, True),), places, op="add", name="v")
    last = s.at("w = v[::-1]").emit(st.index, v, spec=(Slice(n - 1, n, -1),), name="w")
    b = s.at("u[0] = w[0]")
    u2 = b.update(u, b.index(last, (At(0),)), (At(0),), name="u")
    v2 = s.at("v[0] = 3").update(v, literal(3.0), (At(0),), name="v")
    b = s.at("return np.sum(u * v * w)")
    return s.graph(b.reduce(b.mul(b.mul(u2, v2), last), "sum", (0,)), v2, last)


def long_lines() -> Graph:
    """Inputs a, b; one statement far too long for a line, and temporaries used several times."""
    s = Scene("long_lines", np.float32)
    a, x = s.array("a", "n"), s.array("b", "n")
    b = s.at("y = ...")
    y: Operand = a
    for k in range(9):
        y = b.add(y, b.mul(b.emit(ew.sin, b.mul(literal(0.1 * k, s.dtype), x)), a))
    t = b.emit(ew.exp, y)
    z = b.emit(ew.div, b.sub(t, literal(1.0, s.dtype)), b.add(t, literal(1.0, s.dtype)), name="y")
    return s.graph(z)
