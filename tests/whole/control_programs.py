"""Random programs with control flow: nested loops, branches, exits, writes through aliases and
views, containers and objects that loops carry.

`write_program(random)` draws the source of a module with a function `f(x, y, m, s, n)`: two vectors
of one length, a square matrix of that length, a float, and a small int. Python can run every
program (apart from a few names that are bound on some ways only, and places out of range); numbers
stay tame.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from hypothesis import strategies as st

HELPERS = """import numpy as np
from collections import deque


class Box:
    def __init__(self, a, v):
        self.a = a
        self.v = v

    def push(self, amount):
        if amount > 0.2:
            self.a = self.a * 0.5 + amount
        else:
            self.v[0] = amount
        return self.a

    def turn(self):
        self.v = self.v[::-1] * 0.9
        return self


def axpy(a, p, out):
    for i in range(len(p)):
        out[i] = np.tanh(out[i] + a * p[i])
    return out


def clipped(v, top=0.8):
    if v > top:
        return top
    if v < -top:
        return -top
    return v


def first_above(p, c):
    for i in range(len(p)):
        if p[i] > c:
            return p[i] * 0.5
    return c


def settled(z):
    turns = 0
    while abs(z) > 0.1 and turns < 12:
        z = 0.6 * z
        turns += 1
    return z, turns


def smooth(p, times=2):
    for _ in range(times):
        p[1:-1] = 0.5 * (p[:-2] + p[2:])


"""


@dataclass
class Scope:
    """The names that hold something on every way that leads here, by type."""

    names: dict[str, list[str]] = field(default_factory=dict)
    indices: list[str] = field(default_factory=list)  # ints that are places of a vector
    perhaps: list[str] = field(default_factory=list)
    loops: int = 0
    depth: int = 0

    def of(self, kind: str) -> list[str]:
        return self.names.get(kind, [])

    def copy(self) -> Scope:
        names = {kind: list(found) for kind, found in self.names.items()}
        return Scope(names, list(self.indices), list(self.perhaps), self.loops, self.depth)

    def add(self, kind: str, name: str) -> None:
        for found in self.names.values():
            if name in found:
                found.remove(name)
        if name in self.indices:
            self.indices.remove(name)
        self.names.setdefault(kind, []).append(name)


class Writer:
    """Draws statements line by line."""

    def __init__(self, source: random.Random, size: int) -> None:
        self.random = source
        self.lines: list[str] = []
        self.indent = 1
        self.left = size
        self.scope = Scope()
        self.counter = 0
        self.returns = False
        self.guarded: set[str] = set()  # counters of while loops

    # Choices.

    def chance(self, p: float) -> bool:
        return self.random.random() < p

    def pick(self, *options: Any) -> Any:
        return options[self.random.randrange(len(options))]

    def emit(self, text: str) -> None:
        self.lines += ["    " * self.indent + line for line in text.split("\n")]

    def fresh(self, base: str) -> str:
        self.counter += 1
        return f"{base}{self.counter}"

    @contextmanager
    def block(self, head: str) -> Iterator[Scope]:
        """What is bound inside may be unbound after it."""
        self.emit(head)
        outer, lines = self.scope, len(self.lines)
        self.scope = outer.copy()
        self.scope.depth += 1
        self.indent += 1
        yield self.scope
        if len(self.lines) == lines:
            self.pick(self.augment, self.write, self.assign)()
        self.indent -= 1
        inner, self.scope = self.scope, outer
        for kind, found in inner.names.items():
            for name in found:
                if not any(name in names for names in outer.names.values()):
                    outer.perhaps.append(f"{kind}:{name}")
        for kind, found in outer.names.items():
            changed = [x for x in found if x not in inner.names.get(kind, [])]
            for name in changed:  # another type inside
                found.remove(name)
        outer.indices = [x for x in outer.indices if x in inner.indices]

    # Expressions.

    def constant(self) -> str:
        return self.pick("0.3", "0.5", "-0.4", "0.7", "1.0", "-0.2", "0", "2")

    def place(self) -> str:
        """A place of a vector."""
        options = ["0", "1", "-1", "-2", "len(x) - 1", "n % len(x)", "2"]
        for i in self.scope.indices:
            options += [
                i,
                i,
                f"-{i} - 1",
                f"({i} + 1) % len(x)",
                f"{i} - 1",
                f"len(x) - 1 - {i}",
                f"{i} // 2",
                f"min({i} + 1, len(x) - 1)",
                f"max({i} - 2, 0)",
            ]
            if self.chance(0.03):
                options.append(f"{i} + 1")
        for c in self.scope.of("int"):
            options.append(f"{c} % len(x)")
        return str(self.pick(*options))

    def vector(self) -> str:
        return str(self.pick(*self.scope.of("vec")))

    def matrix(self) -> str:
        return str(self.pick(*self.scope.of("mat")))

    def number_name(self) -> str:
        return str(self.pick(*self.scope.of("num")))

    def number(self, deep: int = 2) -> str:
        scope = self.scope
        leaves = [
            self.number_name,
            self.number_name,
            self.constant,
            lambda: f"{self.vector()}[{self.place()}]",
            lambda: f"{self.vector()}[{self.place()}]",
            lambda: f"{self.matrix()}[{self.place()}, {self.place()}]",
        ]
        if scope.of("int") or scope.indices:
            leaves.append(lambda: f"0.1 * {self.pick(*scope.of('int'), *scope.indices)}")
        leaves += [lambda d=d: f"{d}['{self.pick('a', 'b')}']" for d in scope.of("dict")]
        for o in scope.of("obj"):
            leaves += [lambda o=o: f"{o}.a", lambda o=o: f"{o}.v[{self.place()}]"]
        for q in scope.of("list"):
            leaves += [lambda q=q: f"{q}[-1]", lambda q=q: f"{q}[0]"]
        for q in scope.of("grown"):
            leaves += [lambda q=q: f"{q}[-1]", lambda q=q: f"{q}[-1]"]
        for q in scope.of("pair"):
            leaves.append(lambda q=q: f"{q}[{self.pick(0, 1)}]")
        for q in scope.of("arrays"):
            leaves.append(lambda q=q: f"{q}[{self.pick(0, 1)}][{self.place()}]")
        for q in scope.of("queue"):
            leaves.append(lambda q=q: f"{q}[0]")
        for b in scope.of("best"):
            leaves.append(lambda b=b: f"(0.1 if {b} is None else {b})")
        for g in scope.of("fun"):
            leaves.append(lambda g=g: f"{g}({self.number(0)})")
        if deep <= 0 or self.chance(0.35):
            return str(self.pick(*leaves)())
        a, b = self.number(deep - 1), self.number(deep - 1)
        forms = [
            f"({a} + {b})",
            f"({a} - {b})",
            f"{a} * {b} * 0.5",
            f"np.tanh({a})",
            f"np.sin({a} + {b})",
            f"({a}) / (1.5 + ({b}) ** 2)",
            f"abs({a})",
            f"max({a}, {b})",
            f"min({a}, {b}, 0.9)",
            f"({a} if {self.condition(0)} else {b})",
            f"clipped({a})",
            f"np.where({self.condition(0)}, {a}, {b})[()]",
        ]
        v = self.vector()
        forms += [
            f"{v}.sum() * 0.2",
            f"np.dot({v}, {self.vector()}) * 0.1",
            f"np.max({v})",
            f"first_above({v}, {a})",
            f"settled({a})[0]",
            f"0.2 * sum([q * {b} for q in {v}])",
            f"0.2 * sum({v}[k] * k for k in range(len(x)))",
            f"0.3 * np.sum({v}[:{self.place()}])",
        ]
        if scope.indices and self.chance(0.3):
            i = self.pick(*scope.indices)
            forms += [f"0.3 * ({v}[:{i}] @ {self.vector()}[:{i}])", f"np.sum({v}[{i}:]) * 0.2"]
        return str(self.pick(*forms))

    def tame(self) -> str:
        """A number that does not grow from turn to turn."""
        a = self.number()
        return str(self.pick(f"np.tanh({a})", f"clipped({a})", f"np.sin({a})", a, f"0.6 * ({a})"))

    def array(self) -> str:
        v, u, a = self.vector(), self.vector(), self.number(1)
        forms = [
            f"{v} * 0.5 + {u} * 0.3",
            f"np.tanh({v} + {a})",
            f"np.sin({v}) * 0.7",
            f"np.where({v} > {a}, {v}, {u} * 0.2)",
            f"np.maximum({v}, {u})",
            f"{v}.copy()",
            f"{self.matrix()} @ {v} * 0.2",
            f"np.roll({v}, 1)",
            f"np.array([q * 0.5 for q in {v}])",
            f"np.clip({v}, -0.8, 0.8)",
            f"np.cumsum({v}) * 0.2",
            "np.zeros(len(x))",
            f"np.zeros_like({v})",
            f"{v}[::-1] * 1.0",
            f"{self.matrix()}[{self.place()}] + 0.1",
        ]
        return str(self.pick(*forms))

    def view(self) -> str:
        v, m = self.vector(), self.matrix()
        views = (f"{v}[::-1]", f"{v}[:]", f"{m}[{self.place()}]", f"{m}[:, 0]", f"{m}.T[1]")
        return str(self.pick(v, v, *views))

    def condition(self, deep: int = 1) -> str:
        scope = self.scope
        a = self.number(0)
        forms = [
            f"{a} > {self.number(0)}",
            f"{a} < {self.constant()}",
            f"{self.constant()} < {a} <= {self.number(0)}",
            f"{self.vector()}.sum() > {self.constant()}",
            f"{a} >= 0",
        ]
        for flag in scope.of("bool"):
            forms += [flag, f"not {flag}"]
        for i in scope.indices:
            forms += [f"{i} > 1", f"{i} % 2 == 0", f"{i} == 2", f"{i} > 0 and x[{i} - 1] < {a}"]
        for c in scope.of("int"):
            forms += [f"{c} < 3", f"{c} % 3 == 1"]
        if deep > 0:
            p, q = self.condition(deep - 1), self.condition(deep - 1)
            forms += [f"({p}) and {q}", f"{p} or ({q})", f"not ({p})", f"({p}) and not ({q})"]
        return str(self.pick(*forms))

    # Statements.

    def statements(self, most: int) -> None:
        for _ in range(self.random.randint(1, most)):
            if self.left <= 0:
                return
            self.left -= 1
            self.statement()

    def statement(self) -> None:
        plain = [self.assign] * 3 + [self.augment] * 3 + [self.write] * 6 + [self.arrays] * 3
        plain += [self.swap, self.containers, self.containers, self.objects, self.calls, self.misc]
        if self.scope.depth < 4:
            plain += [self.branch] * 5 + [self.loop] * (6 if self.scope.depth < 3 else 1)
            plain += [self.while_loop] * (2 if self.scope.depth < 3 else 0)
        if self.scope.loops:
            plain += [self.leave] * 2
        self.pick(*plain)()

    def target(self) -> str:
        return str(self.number_name() if self.chance(0.7) else self.fresh("t"))

    def assign(self) -> None:
        value = self.tame()
        if self.chance(0.1):
            value = self.pick("0", "1", "0.5", "x[0]", "s")
        name = self.target()
        self.emit(f"{name} = {value}")
        self.scope.add("num", name)
        if self.chance(0.12):
            other = self.target()
            if other != name:
                self.emit(f"{other}, {name} = {name}, {self.tame()}")
                self.scope.add("num", other)

    def augment(self) -> None:
        name = self.number_name()
        self.emit(
            self.pick(
                f"{name} += 0.3 * ({self.number()})",
                f"{name} -= 0.2 * ({self.number()})",
                f"{name} *= 0.7",
                f"{name} = 0.5 * {name} + {self.tame()}",
            )
        )

    def write(self) -> None:
        v, u, m, a = self.vector(), self.vector(), self.matrix(), self.tame()
        i, j = self.place(), self.place()
        self.emit(
            self.pick(
                f"{v}[{i}] = {a}",
                f"{v}[{i}] = {a}",
                f"{v}[{i}] += 0.5 * ({a})",
                f"{v}[{i}] *= 0.5",
                f"{v}[1:] = {u}[:-1] * 0.9",
                f"{v}[:-1] += 0.2 * {u}[1:]",
                f"{v}[::2] = {a}",
                f"{v}[{v} > {self.constant()}] *= 0.5",
                f"{v}[{u} < {a}] = 0.1",
                f"{v} *= 0.8",
                f"{v} += 0.1 * {u}",
                f"{v}[:] = {self.array()}",
                f"{m}[{i}, {j}] = {a}",
                f"{m}[{i}, {j}] = {m}[{j}, {i}] = {a}",
                f"{m}[{i}] = {u}",
                f"{m}[:, {i}] *= 0.5",
                f"{m}.T[{i}] += 0.1 * {u}",
                f"{m}[{i}, 1:] -= 0.1",
                f"np.add({v}, 0.1 * {u}, out={v})",
                f"np.copyto({v}, {u})",
                f"{v}[{i}], {v}[{j}] = {v}[{j}], {v}[{i}]",
                f"smooth({v})",
                f"axpy({self.constant()}, {u}, {v})",
                f"{v}[{i}:] *= 0.9",
            )
        )

    def arrays(self) -> None:
        name = self.pick(self.vector(), self.vector(), self.fresh("w"))
        if name in ("x",):
            name = self.fresh("w")
        value = self.view() if self.chance(0.25) else self.array()
        if self.chance(0.15):
            other = self.fresh("w")
            self.emit(f"{other} = {name} = {value}")
            self.scope.add("vec", other)
        else:
            self.emit(f"{name} = {value}")
        self.scope.add("vec", name)
        if self.chance(0.1):
            m = self.pick(self.matrix(), self.fresh("m"))
            if m != "m":
                options = (f"{self.matrix()} * 0.5", f"{self.matrix()}.T", f"np.outer({name}, x)")
                self.emit(f"{m} = {self.pick(*options)}")
                self.scope.add("mat", m)

    def swap(self) -> None:
        kind = self.pick("vec", "vec", "num", "mat")
        names = [v for v in self.scope.of(kind) if v not in ("x", "m")]
        if len(names) < 2:
            return
        a, b = self.random.sample(names, 2)
        self.emit(f"{a}, {b} = {b}, {a}")

    def containers(self) -> None:
        scope = self.scope
        kind = self.pick("dict", "list", "grown", "pair", "arrays", "queue")
        found = scope.of(kind)
        if not found or self.chance(0.2):
            name = self.fresh(kind[0])
            value = {
                "dict": f"{{'a': {self.tame()}, 'b': {self.tame()}}}",
                "list": f"[{self.tame()}, {self.tame()}]",
                "grown": f"[{self.tame()}]",
                "pair": f"({self.tame()}, {self.tame()})",
                "arrays": f"[{self.vector()}, {self.array()}]",
                "queue": f"deque([{self.tame()}, 0.1])",
            }[kind]
            self.emit(f"{name} = {value}")
            scope.add(kind, name)
            return
        q = self.pick(*found)
        a = self.tame()
        n = self.pick(0, 1)
        self.emit(
            {
                "dict": lambda: self.pick(
                    f"{q}['{self.pick('a', 'b')}'] = {a}",
                    f"{q}['{self.pick('a', 'b')}'] += 0.2 * ({a})",
                    f"{q} = dict({q}, a={a})",
                    f"{q}.update(b={a})",
                ),
                "list": lambda: self.pick(
                    f"{q}[{n}] = {a}", f"{q}[0], {q}[1] = {q}[1], {a}", f"{q} = [{q}[1], {a}]"
                ),
                "grown": lambda: self.pick(*[f"{q}.append({a})"] * 2, f"{q}[-1] = {a}"),
                "pair": lambda: f"{q} = ({q}[1], {a})",
                "arrays": lambda: self.pick(
                    f"{q}[{n}][{self.place()}] = {a}",
                    f"{q}[{n}] = {self.array()}",
                    f"{q}[0], {q}[1] = {q}[1], {q}[0]",
                    f"{q}[{n}] *= 0.5",
                    f"{q}[{n}] = {self.vector()}",
                ),
                "queue": lambda: self.pick(
                    f"{q}.append({a})\n{q}.popleft()", f"{q}[0] = {a}", f"{q}.rotate(1)"
                ),
            }[kind]()
        )

    def objects(self) -> None:
        found = self.scope.of("obj")
        if not found or self.chance(0.2):
            name = self.fresh("o")
            value = f"Box({self.tame()}, {self.pick(self.array(), self.vector())})"
            if found and self.chance(0.5):
                value = self.pick(*found)
            self.emit(f"{name} = {value}")
            self.scope.add("obj", name)
            return
        o, a = self.pick(*found), self.tame()
        self.emit(
            self.pick(
                f"{o}.a += 0.3 * ({a})",
                f"{o}.a = {a}",
                f"{o}.v[{self.place()}] = {a}",
                f"{o}.v = {self.array()}",
                f"{o}.push({a})",
                f"{self.number_name()} = {o}.push({a})",
                f"{o}.turn()",
                f"{o}.v *= 0.9",
                f"{o} = Box({o}.a * 0.5, {o}.v + 0.1)",
            )
        )

    def calls(self) -> None:
        v, a = self.pick(self.vector(), self.fresh("w")), self.number_name()
        if v == "x":
            v = self.fresh("w")
        text = self.pick(
            f"{v} = axpy({self.constant()}, {self.vector()}, {self.vector()})",
            f"{a} = clipped({self.number()}, top=0.5)",
            f"{a} = first_above({self.vector()}, {self.constant()})",
            f"{a}, turns = settled({self.number()})",
            f"smooth({self.vector()}, {self.pick(1, 2, 3, 'n')})",
        )
        self.emit(text)
        if text.startswith(v):
            self.scope.add("vec", v)
        if "turns =" in text:
            self.scope.add("int", "turns")

    def misc(self) -> None:
        scope = self.scope
        kinds = "flag count best nonlocal first walrus try with maybe"
        kind = self.pick(*kinds.split())
        if kind == "flag":
            name = self.pick(*scope.of("bool"), self.fresh("flag"))
            self.emit(f"{name} = {self.condition()}")
            scope.add("bool", name)
        elif kind == "count":
            free = [c for c in scope.of("int") if c not in self.guarded]
            if free:
                self.emit(f"{self.pick(*free)} {self.pick('+= 1', '+= n', '-= 1', '+= 2')}")
            else:
                name = self.fresh("c")
                self.emit(f"{name} = {self.pick(0, 1, 'n')}")
                scope.add("int", name)
        elif kind == "best":
            if scope.of("best"):
                b = self.pick(*scope.of("best"))
                a = self.tame()
                self.emit(f"if {b} is None or {a} > {b}:\n    {b} = {a}")
            else:
                name = self.fresh("best")
                self.emit(f"{name} = None")
                scope.add("best", name)
        elif kind == "nonlocal" and not scope.of("fun"):
            name, a = self.fresh("g"), self.number_name()
            self.emit(f"def {name}(v, u={self.constant()}):")
            self.emit(f"    nonlocal {a}\n    {a} = 0.5 * {a} + 0.3 * v + u * 0.1\n    return {a}")
            scope.add("fun", name)
        elif kind == "first":
            if scope.of("once"):
                q, a = self.pick(*scope.of("once")), self.number_name()
                self.emit(f"if {q}:\n    {a} = {self.tame()}\n    {q} = False")
                self.emit(f"else:\n    {a} = {a} * 0.5 + {self.tame()}")
            else:
                name = self.fresh("once")
                self.emit(f"{name} = True")
                scope.add("once", name)
        elif kind == "walrus":
            name = self.fresh("z")
            with self.block(f"if ({name} := {self.tame()}) > {self.constant()}:") as inner:
                inner.add("num", name)
                self.statements(2)
            scope.add("num", name)
        elif kind == "try":
            with self.block("try:"):
                self.statements(2)
            with self.block("finally:"):
                self.augment()
        elif kind == "with":
            with self.block("with np.errstate(all='ignore'):"):
                self.statements(2)
        elif kind == "maybe" and scope.perhaps and self.chance(0.3):
            sort, name = self.pick(*scope.perhaps).split(":")
            if sort in ("num", "int", "vec"):
                self.emit(f"{self.number_name()} = 0.1 * np.sum({name})")

    def branch(self) -> None:
        with self.block(f"if {self.condition()}:"):
            self.statements(3)
        for _ in range(self.pick(0, 0, 1)):
            with self.block(f"elif {self.condition()}:"):
                self.statements(2)
        if self.chance(0.55):
            with self.block("else:"):
                self.statements(3)

    def loop(self) -> None:
        i, q, u = self.fresh("i"), self.fresh("q"), self.vector()
        places = [
            "len(x)",
            "len(x)",
            "1, len(x)",
            "1, len(x) - 1",
            "len(x) - 1, -1, -1",
            "len(x) - 2, 0, -2",
            "0, len(x), 2",
            "3",
            "len(x) // 2",
        ]
        for k in self.scope.indices[-2:]:
            places += [f"{k}", f"{k}, len(x)", f"{k} + 1, len(x)", f"len(x) - {k}", f"{k}, -1, -1"]
        if self.chance(0.15):
            text, *bound = f"for {i} in range({self.pick('6', 'n', 'n - 2', '-n, n')}):", (i, "int")
        elif self.chance(0.6):
            text, *bound = f"for {i} in range({self.pick(*places)}):", (i, "place")
            if self.chance(0.1):
                text = f"for {i} in reversed(range({self.pick(*places)})):"
        else:
            text, *bound = self.pick(
                (f"for {q} in {u}:", (q, "num")),
                (f"for {i}, {q} in enumerate({u}):", (i, "place"), (q, "num")),
                (f"for {q}, {q}b in zip({u}, {self.vector()}):", (q, "num"), (q + "b", "num")),
                (f"for {q}, {q}b in zip({u}[1:], {u}):", (q, "num"), (q + "b", "num")),
                (f"for {q} in reversed({u}):", (q, "num")),
                (f"for {q} in {self.matrix()}:", (q, "vec")),
                (f"for {q} in (0.5, -0.3, 0.2):", (q, "num")),
                (f"for {q} in [{u}, {self.vector()}]:", (q, "vec")),
                (f"for {i}, {q} in enumerate({self.matrix()}):", (i, "place"), (q, "vec")),
                (f"for {i}, {q} in zip(range(len(x)), {u}):", (i, "place"), (q, "num")),
            )
        before = self.left
        with self.block(text) as inner:
            inner.loops += 1
            for name, kind in bound:
                inner.add(kind, name)
                if kind == "place":
                    inner.indices.append(name)
            self.left = max(self.left, 2)
            self.statements(4)
        self.left = min(self.left, before)
        if self.chance(0.12):
            with self.block("else:"):
                self.statements(2)

    def while_loop(self) -> None:
        c, a = self.fresh("k"), self.number_name()
        form = self.pick("count", "data", "both", "true")
        self.emit(f"{c} = 0")
        self.scope.add("int", c)
        self.guarded.add(c)
        limit = self.pick("5", "n", "len(x)", "7")
        head = {
            "count": f"while {c} < {limit}:",
            "data": f"while abs({a}) > 0.1 and {c} < 8:",
            "both": f"while {c} < {limit} and ({self.condition()}):",
            "true": "while True:",
        }[form]
        with self.block(head) as inner:
            inner.loops += 1
            self.emit(f"{c} += 1")
            if form == "true":
                self.emit(f"if {c} > 6 or {self.condition(0)}:\n    break")
            self.left = max(self.left, 1)
            self.statements(3)
            if form == "data":
                self.emit(f"{a} *= 0.6")
        if self.chance(0.15):
            with self.block("else:"):
                self.statements(2)

    def leave(self) -> None:
        with self.block(f"if {self.condition()}:"):
            if self.chance(0.5):
                self.statements(1)
            if self.chance(0.2):
                self.returns = True
                self.emit(f"return {self.tame()} + 0.0, {self.vector()}")
            else:
                self.emit(self.pick("break", "continue"))


def write_program(source: random.Random, size: int = 18) -> str:
    """The source of a module that defines `f(x, y, m, s, n)`."""
    w = Writer(source, size)
    w.scope = Scope({"vec": ["x", "y"], "mat": ["m"], "num": ["s"], "int": []})
    w.emit("a = 0.0\nb = 1\nu = x.copy()\nv = np.zeros(len(x))\ng = m * 0.5")
    for kind, name in (("num", "a"), ("num", "b"), ("vec", "u"), ("vec", "v"), ("mat", "g")):
        w.scope.add(kind, name)
    for _ in range(w.pick(0, 1, 2, 3)):
        w.pick(w.containers, w.objects, w.misc, w.arrays)()
    while w.left > 0:
        w.statements(4)
    scope = w.scope
    if w.returns:
        w.emit("return a + 0.0, u")
    else:
        shown = [*scope.of("num"), *scope.of("vec"), *scope.of("mat"), *scope.of("int")]
        shown += [f"{o}.a" for o in scope.of("obj")] + [f"{o}.v" for o in scope.of("obj")]
        shown += [*scope.of("dict"), *scope.of("list"), *scope.of("arrays"), *scope.of("pair")]
        shown += [f"np.array({q})" for q in scope.of("grown")]
        w.emit(f"return {', '.join(shown)},")
    return HELPERS + "def f(x, y, m, s, n):\n" + "\n".join(w.lines) + "\n"


def arguments(seed: int, length: int) -> tuple[Any, ...]:
    """Arguments for a program."""
    rng = np.random.default_rng(seed)
    vectors = [rng.uniform(-1, 1, length) for _ in range(2)]
    return *vectors, rng.uniform(-1, 1, (length, length)), float(rng.uniform(-1, 1)), 4


@st.composite
def programs(draw: Any, size: int = 18) -> str:
    """Programs that hypothesis draws, and makes smaller where they fail."""
    return write_program(draw(st.randoms(use_true_random=False)), size)
