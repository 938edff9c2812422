"""Random graphs that attack names, views and in-place updates."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from hypothesis import strategies as hs

from adjit.ir import Graph, GraphBuilder, Literal, Symbol, SymbolSource, Type, Value, literal
from adjit.ir.dims import Size, symbol_size
from adjit.ir.errors import Location
from adjit.ir.indexing import At, AtValue, Gather, Item, NewAxis, Slice, full, result_shape
from adjit.ir.primitives import elementwise as ew
from adjit.ir.primitives import structural as st
from adjit.ir.values import Operand

Draw = Callable[[hs.SearchStrategy[int]], int]
NAMES = ["", "", "", "a", "b", "x", "z", "dx", "n", "sum", "np", "lambda", "t1", "z_1"]
UNARY = (ew.neg, ew.tanh, ew.abs, ew.sin, ew.floor, ew.expit, ew.erf, ew.stop)
BINARY = (ew.add, ew.sub, ew.mul, ew.maximum, ew.div, ew.hypot)
COMPARE = (ew.lt, ew.ge, ew.eq)
SYMBOLS = (Symbol("x.shape[0]", 3, 2), Symbol("x.shape[1]", 4, 2))
N, M = map(symbol_size, SYMBOLS)
COUNTS = {SYMBOLS[0]: 3, SYMBOLS[1]: 4}


class Maker:
    """Grows a graph from a pool of values, one random equation at a time."""

    def __init__(self, draw: Draw, dtype: np.dtype[np.generic]) -> None:
        self.draw = draw
        self.dtype = dtype
        integer = np.dtype(np.int64)
        self.inputs = (
            Value(Type(dtype, (N, M)), "x"),
            Value(Type(dtype, (N,)), "a"),
            Value(Type(dtype, (2, 0)), "e"),
            Value(Type(dtype), "s"),
            Value(Type(integer, (N,)), "i"),
            Value(Type(integer), "k"),
            Value(Type(dtype, (3, 1)), "c"),
        )
        self.floats: list[Value] = [v for v in self.inputs if v.dtype == dtype]
        self.builder = GraphBuilder()

    def pick(self, count: int) -> int:
        return self.draw(hs.integers(0, count - 1))

    def value(self) -> Value:
        """Recent values are the likeliest, so that chains of updates and views come about."""
        pool = self.floats
        return pool[-1 - min(self.pick(len(pool)), self.pick(len(pool)))]

    def name(self) -> str:
        return NAMES[self.pick(len(NAMES))]

    def keep(self, made: Operand) -> None:
        if isinstance(made, Value):
            if not made.name:
                made.name = self.name()
            self.floats.append(made)

    def partner(self, x: Value) -> Operand:
        """A second operand that broadcasts with x."""
        fitting: list[Operand] = [v for v in self.floats if v.shape in (x.shape, ())]
        return (*fitting, literal(2.0, self.dtype), literal(-0.5, self.dtype))[
            self.pick(len(fitting) + 2)
        ]

    def grow(self) -> None:
        """Add one random step."""
        b, x = self.builder, self.value()
        b.location = Location("user.py", len(b.equations), "f", f"line {len(b.equations)}")
        steps = (
            self.arithmetic,
            self.arithmetic,
            self.view,
            self.view,
            self.update,
            self.update,
            self.update,
            self.reduce,
            self.create,
            self.mask,
            self.join,
            self.order,
            self.convert,
        )
        steps[self.pick(len(steps))](x)

    def arithmetic(self, x: Value) -> None:
        b, choice = self.builder, self.pick(4)
        if choice == 0:
            self.keep(b.emit(UNARY[self.pick(len(UNARY))], x))
        elif choice == 1:
            test = b.emit(COMPARE[self.pick(3)], x, self.partner(x))
            self.keep(b.emit(ew.select, test, self.partner(x), x))
        else:
            operands = [x, self.partner(x)]
            if self.pick(2):
                operands.reverse()
            self.keep(b.emit(BINARY[self.pick(len(BINARY))], *operands))

    def view(self, x: Value) -> None:
        b, shape, choice = self.builder, x.shape, self.pick(4)
        if choice == 0 and len(shape) > 1:
            self.keep(b.transpose(x, list(range(len(shape)))[::-1]))
        elif choice == 1 and len(shape) < 4:
            place = self.pick(len(shape) + 1)
            self.keep(b.reshape(x, (*shape[:place], 1, *shape[place:])))
        elif choice == 2 and len(shape) > 1:
            self.keep(b.reshape(x, (x.type.size,)))
        elif shape:
            self.keep(b.index(x, *self.place(x)))

    def place(self, x: Value) -> tuple[tuple[Item, ...], tuple[Operand, ...]]:
        """A random index expression for x."""
        _, _, _, _, i, k, _ = self.inputs
        spec: list[Item] = []
        indices: list[Operand] = []
        for n in x.shape:
            choice = self.pick(8)
            empty = isinstance(n, int) and n < 2
            if choice == 0 and not empty:
                spec.append(Slice(1, n - 1))
            elif choice == 1 and not empty:
                spec.append(Slice(n - 1, n, -1))
            elif choice == 2 and not empty:
                spec.append(At(n - 1))
            elif choice == 3 and n == N:
                spec.append(AtValue(len(indices)))
                indices.append(k)
            elif choice == 4 and n == N:
                spec.append(Gather(len(indices)))
                indices.append(i)
            elif choice == 5 and not empty:
                spec.append(Slice(0, n - 1))
            else:
                spec.append(full(n))
        if self.pick(6) == 0 and len(spec) < 4:
            spec.append(NewAxis())
        return tuple(spec), tuple(indices)

    def update(self, x: Value) -> None:
        if not x.shape:
            return
        spec, indices = self.place(x)
        shape = result_shape(spec, [y.shape for y in indices])
        fitting: list[Operand] = [v for v in self.floats if v.shape in (shape, ())]
        fitting.append(literal(1.5, self.dtype))
        v = fitting[-1 - min(self.pick(len(fitting)), self.pick(len(fitting)))]
        op = ("set", "add")[self.pick(2)]
        name = (x.name, "", self.name())[self.pick(3)]
        self.keep(self.builder.update(x, v, spec, indices, op=op, name=name))

    def reduce(self, x: Value) -> None:
        if x.shape and x.type.size != 0:
            axis = self.pick(len(x.shape))
            op = ("sum", "max", "mean")[self.pick(3)]
            self.keep(self.builder.reduce(x, op, (axis,), keepdims=bool(self.pick(2))))

    def create(self, x: Value) -> None:
        number = literal((0.0, 1.0, 0.25)[self.pick(3)], self.dtype)
        source: Operand = number if self.pick(3) else self.inputs[3]
        shape: tuple[Size, ...] = ((N, M), (N,), (3,))[self.pick(3)]
        if self.pick(4) == 0 and len(x.shape) == 1:
            source, shape = x, (2, *x.shape)
        self.keep(self.builder.broadcast(source, shape))

    def mask(self, x: Value) -> None:
        if not x.shape:
            return
        b = self.builder
        test = b.emit(COMPARE[self.pick(3)], x, self.partner(x))
        count = Symbol(f"count{len(b.equations)}", None, 0)
        found = b.bind(st.nonzero, test, symbol=count)
        spec = tuple(Gather(k, True) for k in range(len(found)))
        if self.pick(2):
            taken = b.index(x, spec, found)
            self.keep(b.reduce(taken, "sum", (0,)))
            if self.pick(2):
                self.keep(b.update(x, taken, spec, found, op="add"))
        else:
            op = ("set", "add")[self.pick(2)]
            self.keep(b.update(x, literal(7.0, self.dtype), spec, found, op=op, name=x.name))
        if self.pick(3) == 0:
            self.keep(b.convert(b.dim(symbol_size(count)), self.dtype))

    def join(self, x: Value) -> None:
        if x.shape:
            same = [v for v in self.floats if v.shape == x.shape]
            pieces = [x, same[self.pick(len(same))]]
            self.keep(self.builder.emit(st.concatenate, *pieces, axis=self.pick(len(x.shape))))
        else:
            ones = [self.builder.reshape(v, (1,)) for v in (x, self.inputs[3])]
            self.keep(self.builder.emit(st.concatenate, *ones, axis=0))

    def order(self, x: Value) -> None:
        if not x.shape:
            return
        axis = self.pick(len(x.shape))
        if self.pick(2):
            ordered, _ = self.builder.bind(st.sort, x, axis=axis)
            self.keep(ordered)
        else:
            op = ("sum", "max")[self.pick(2)]
            self.keep(
                self.builder.emit(st.cumulative, x, op=op, axis=axis, reverse=bool(self.pick(2)))
            )

    def convert(self, x: Value) -> None:
        b = self.builder
        as_bool = b.emit(ew.gt, x, literal(0.0, self.dtype))
        self.keep(b.mul(b.convert(as_bool, self.dtype), self.partner(x)))
        self.keep(b.div(x, b.convert(b.dim(N), self.dtype)))
        if self.pick(2):
            self.keep(b.mul(b.convert(self.inputs[4], self.dtype), self.inputs[1]))

    def graph(self) -> Graph:
        outputs: list[Operand] = [self.value() for _ in range(1 + self.pick(4))]
        outputs.append(self.floats[-1])
        if self.pick(5) == 0:
            outputs.append(literal(3.0, self.dtype))
        for k, eqn in enumerate(self.builder.equations):
            assert all(isinstance(x, (Value, Literal)) for x in eqn.inputs), k
        return Graph(
            self.inputs,
            tuple(self.builder.equations),
            tuple(outputs),
            {SYMBOLS[0]: SymbolSource(0, 0), SYMBOLS[1]: SymbolSource(0, 1)},
            "f",
        )


@hs.composite
def graphs(draw: Draw, dtype: type[np.generic] = np.float64, steps: int = 14) -> Graph:
    """A graph of up to `steps` random steps over the inputs x, a, e, s, i, k, c."""
    maker = Maker(draw, np.dtype(dtype))
    for _ in range(draw(hs.integers(1, steps))):
        maker.grow()
    return maker.graph()


def arguments(dtype: type[np.generic], seed: int = 0) -> list[np.ndarray]:
    """Arrays for the inputs of `graphs`."""
    rng = np.random.default_rng(seed)
    n, m = COUNTS[SYMBOLS[0]], COUNTS[SYMBOLS[1]]

    def floats(*shape: int) -> np.ndarray:
        return np.asarray(rng.integers(-4, 5, shape) / 2, dtype)

    return [
        np.asfortranarray(floats(n, m)),
        floats(2 * n)[::2],
        floats(2, 0),
        floats()[()],
        rng.integers(-n, n, n),
        np.int64(-2),
        floats(3, 1),
    ]
