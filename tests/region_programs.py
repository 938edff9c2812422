"""Random graphs with nested loops and branches, for attacks on names, views and memory.

Few names, few shapes, many views and writes: values are carried twice, swapped, captured while
they are written to, returned as they came.
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from typing import Any

import numpy as np
from region_scene import INT, Flow

from adjit.ir import Graph, Symbol, Value, literal
from adjit.ir.dims import Size
from adjit.ir.indexing import At, AtValue, Gather, Slice
from adjit.ir.primitives import elementwise as ew
from adjit.ir.primitives import structural as st
from adjit.ir.values import Operand

NAMES = ("a", "u", "u", "v", "", "")
Pool = list[Value]


class Program:
    """Builds one graph from a seed. All arrays are vectors of `n` or square matrices."""

    def __init__(
        self, seed: int, dtype: Any = np.float64, steps: int = 8, *, backward: bool = False
    ) -> None:
        self.rng = random.Random(seed)
        self.s = Flow("f", dtype)
        self.s.builder.role = "backward" if backward else "forward"
        self.dtype = np.dtype(dtype)
        self.symbols = 0
        s = self.s
        self.vectors = [s.array("u", "n"), s.array("v", "n")]
        self.matrix = s.array("A", "n", "n")
        self.scalars = [s.array("a"), s.array("c")]
        self.k, self.count = s.integer("k")
        self.n = self.vectors[0].shape[0]
        pool: Pool = [*self.vectors, self.matrix, *self.scalars]
        self.block(pool, [], steps, 0)
        outputs = self.rng.sample(pool, min(len(pool), self.rng.randint(1, 5)))
        self.graph: Graph = s.graph(*outputs, pool[-1])

    def name(self) -> str:
        return self.rng.choice(NAMES)

    def pick(self, pool: Pool, ndim: int) -> Value:
        return self.rng.choice([v for v in pool if len(v.shape) == ndim])

    def block(self, pool: Pool, places: Sequence[Size], steps: int, depth: int) -> None:
        """Append values to the pool; `places` are sizes that are indices of an axis."""
        for _ in range(steps):
            kinds = [self.elementwise, self.view, self.read, self.write, self.write, self.add_to]
            if depth < 3:
                kinds += [self.loop, self.loop, self.branch, self.repeat, self.checkpoint]
            self.rng.choice(kinds)(pool, places, depth)

    def place(self, places: Sequence[Size]) -> Size:
        return self.rng.choice([0, self.n - 1, *places, *places])

    def literal(self) -> Operand:
        return literal(self.rng.choice([0.0, 1.0, -0.5, 2.0]), self.dtype)

    def elementwise(self, pool: Pool, places: Sequence[Size], depth: int) -> None:
        b = self.s.at("elementwise")
        x = self.rng.choice(pool)
        if self.rng.random() < 0.5:
            made = b.emit(self.rng.choice([ew.sin, ew.neg, ew.tanh]), x)
        else:
            y: Operand = self.rng.choice([v for v in pool if len(v.shape) in (0, len(x.shape))])
            y = self.literal() if self.rng.random() < 0.2 else y
            made = self.rng.choice([b.mul, b.sub, b.add, b.add])(x, y)
        if isinstance(made, Value) and made not in pool:
            made = b.emit(ew.tanh, made) if self.rng.random() < 0.5 else made
            made.name = self.name()
            pool.append(made)

    def view(self, pool: Pool, places: Sequence[Size], depth: int) -> None:
        b, n = self.s.at("view"), self.n
        kind = self.rng.choice(["reverse", "transpose", "row", "gather", "wide"])
        if kind == "reverse":
            made = b.index(self.pick(pool, 1), (Slice(n - 1, n, -1),))
        elif kind == "transpose":
            made = b.transpose(self.pick(pool, 2), (1, 0))
        elif kind == "row":
            spec = [At(self.place(places)), Slice(0, n)]
            self.rng.shuffle(spec)
            made = b.index(self.pick(pool, 2), tuple(spec))
        elif kind == "gather":
            order = b.emit(st.iota, size=n)
            made = b.index(self.pick(pool, 1), (Gather(0, True),), (order,))
        else:
            made = b.broadcast(self.pick(pool, 1), (n, n))
        assert isinstance(made, Value)
        if made not in pool:
            made.name = self.name()
            pool.append(made)

    def read(self, pool: Pool, places: Sequence[Size], depth: int) -> None:
        b = self.s.at("read")
        made = b.index(self.pick(pool, 1), (At(self.place(places)),))
        assert isinstance(made, Value)
        made.name = self.name()
        pool.append(made)

    def write(self, pool: Pool, places: Sequence[Size], depth: int) -> None:
        b, n = self.s.at("write"), self.n
        x, op = self.pick(pool, self.rng.choice([1, 1, 2])), self.rng.choice(["set", "set", "add"])
        if len(x.shape) == 2:
            if self.rng.random() < 0.5:
                spec: tuple[Any, ...] = (At(self.place(places)), Slice(0, n))
                v: Operand = self.pick(pool, 1)
            else:
                spec, v = (At(self.place(places)), At(self.place(places))), self.pick(pool, 0)
        elif self.rng.random() < 0.3:
            m = n - 1
            source = b.index(self.pick(pool, 1), (Slice(self.rng.choice([0, 1]), m),))
            spec, v = (Slice(self.rng.choice([0, 1]), m),), source
        elif self.rng.random() < 0.2:
            spec, v = (AtValue(0),), self.pick(pool, 0)
            place = b.emit(st.dim, size=self.place(places))
            place = b.sub(place, b.dim(n)) if self.rng.random() < 0.5 else place
            made = b.update(x, v, spec, (place,), op=op, name=self.name())
            pool.append(made)
            return
        else:
            spec, v = (At(self.place(places)),), self.pick(pool, 0)
        v = self.literal() if self.rng.random() < 0.2 else v
        made = b.update(x, v, spec, op=op, name=self.name())
        assert isinstance(made, Value)
        if op == "add":  # bounded, however many iterations
            made = b.emit(ew.tanh, made) if self.rng.random() < 0.3 else made
        if self.rng.random() < 0.6 and x in pool:  # the user goes on with the new version
            pool.remove(x)
        pool.append(made)
        self.keep_all(pool)

    def keep_all(self, pool: Pool) -> None:
        """At least one value of each rank."""
        for ndim, x in ((0, self.scalars[0]), (1, self.vectors[0]), (2, self.matrix)):
            if not any(len(v.shape) == ndim for v in pool):
                pool.insert(0, x)

    def add_to(self, pool: Pool, places: Sequence[Size], depth: int) -> None:
        b = self.s.at("x[i] += y")
        x = self.pick(pool, 1)
        v = b.emit(ew.sin, b.index(x, (At(self.place(places)),)))
        made = b.update(x, v, (At(self.place(places)),), op="add", name=x.name)
        if x in pool:
            pool.remove(x)
        pool.append(made)

    # Regions.

    def first(self, pool: Pool) -> list[Operand]:
        count = self.rng.randint(1, 3)
        out: list[Operand] = [self.rng.choice(pool) for _ in range(count)]
        if self.rng.random() < 0.3:
            out.append(self.literal())
        return out

    def next(self, pool: Pool, like: Sequence[Value]) -> list[Value]:
        """Next values: the latest of the type mostly, else any, carried ones included."""
        out = []
        for v in like:
            fitting = [x for x in pool if x.type == v.type] or [v]
            out.append(fitting[-1] if self.rng.random() < 0.5 else self.rng.choice(fitting))
        return out

    def fresh(self) -> str:
        self.symbols += 1
        return f"i{self.symbols}"

    def loop(self, pool: Pool, places: Sequence[Size], depth: int) -> None:
        first = self.first(pool)
        names = " ".join(self.rng.choice("uva") for _ in first)
        down = self.rng.random() < 0.3
        over_axis = self.rng.random() < 0.6
        count = self.n if over_axis else self.rng.choice([0, self.count, self.count - 1, 3])

        def body(t: Size, *carried: Value) -> list[Value]:
            inner = [*(v for v in pool if self.rng.random() < 0.6), *carried]
            self.keep_all(inner)
            here = [*places, *([t, self.n - 1 - t] if over_axis else [])]
            self.block(inner, here, self.rng.randint(1, 4), depth + 1)
            return self.next(inner, carried)

        made = self.s.loop(
            "for ...:",
            first,
            names,
            count,
            body,
            symbol=self.fresh(),
            start=count - 1 if down else self.rng.choice([0, 1]),
            step=-1 if down else self.rng.choice([1, 1, 2]),
        )
        pool += made

    def repeat(self, pool: Pool, places: Sequence[Size], depth: int) -> None:
        """A while of at most four trips."""
        first = self.first(pool)
        names = " ".join(self.rng.choice("uva") for _ in first)

        def condition(t: Size, *carried: Value) -> Operand:
            b = self.s.at("while ...:")
            early = b.emit(ew.lt, b.dim(t), literal(self.rng.randint(0, 4)))
            x = self.rng.choice([v for v in (*carried, *pool) if not v.shape])
            small = b.emit(ew.lt, x, literal(0.7, self.dtype))
            if self.rng.random() < 0.4:
                small = self.both(small, pool)
            return b.emit(ew.logical_and, early, small)

        def body(t: Size, *carried: Value) -> list[Value]:
            inner = [*(v for v in pool if self.rng.random() < 0.6), *carried]
            self.keep_all(inner)
            self.block(inner, places, self.rng.randint(1, 4), depth + 1)
            return self.next(inner, carried)

        pool += self.s.loop_while("while ...:", first, names, condition, body, symbol=self.fresh())[
            :-1
        ]

    def both(self, first: Value, pool: Pool) -> Value:
        """`first and x[0] < y`, `first or ...`; Python's, which may be a branch."""
        x, y = self.pick(pool, 1), self.pick(pool, 0)

        def second() -> list[Value]:
            b = self.s.at("x[0] < y")
            return [b.emit(ew.lt, b.index(x, (At(0),)), y)]

        def known() -> list[Operand]:
            return [first if self.rng.random() < 0.5 else literal(either)]

        either = self.rng.random() < 0.5
        arms = (known, second) if either else (second, known)
        (made,) = self.s.branch("and, or", first, *arms)
        made.name = self.rng.choice(["", "the result", "a"])
        return self.both(made, pool) if self.rng.random() < 0.3 else made

    def branch(self, pool: Pool, places: Sequence[Size], depth: int) -> None:
        b = self.s.at("if ...:")
        predicate = b.emit(ew.gt, self.pick(pool, 0), literal(0.2, self.dtype))
        if self.rng.random() < 0.4:
            predicate = self.both(predicate, pool)
        like = [self.rng.choice(pool) for _ in range(self.rng.randint(1, 3))]

        def arm() -> list[Value]:
            inner = list(pool)
            self.block(inner, places, self.rng.randint(0, 3), depth + 1)
            return self.next(inner, like)

        pool += self.s.branch("if ...:", predicate, arm, arm)

    def checkpoint(self, pool: Pool, places: Sequence[Size], depth: int) -> None:
        def body() -> list[Value]:
            inner = list(pool)
            self.block(inner, places, 2, depth + 1)
            return inner[-2:]

        pool += [v for v in self.s.checkpoint("step()", body) if v.dtype == self.dtype]


def arguments(n: int, k: int, dtype: Any = np.float64) -> tuple[Any, ...]:
    """Arguments for any of the graphs; `n` is 2 or more."""
    rng = np.random.default_rng(n + 10 * k)
    arrays = [rng.normal(size=shape).astype(dtype) for shape in ((n,), (n,), (n, n))]
    return (*arrays, np.dtype(dtype).type(0.6), np.dtype(dtype).type(-0.3), np.int64(k))


__all__ = ["INT", "Program", "Symbol", "arguments"]
