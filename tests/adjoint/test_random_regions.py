"""Random nests of loops, branches and checkpoints that read, write and carry: both modes agree
with each other and with differences, to second order."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from graph_checks import finished, numeric, with_weights
from graph_eval import evaluate
from region_scene import Flow

from adjit.adjoint import jvp, value_and_gradient
from adjit.ir import Graph, literal, verify
from adjit.ir.indexing import At, AtValue, Slice
from adjit.ir.primitives import elementwise as ew


class Program:
    """Draws statements on two scalars and two arrays; `x` is read only."""

    def __init__(self, rng: np.random.Generator) -> None:
        self.rng = rng
        self.flow = Flow("f")
        self.x = self.flow.array("x", "n")
        self.a = self.flow.array("a")
        self.places = self.flow.array("p", "n", dtype=np.dtype(np.int64))
        self.n = self.x.shape[0]
        self.loops = 0

    def graph(self) -> Graph:
        s = self.flow
        state = [self.a, s.at("t = 0.3").mul(self.a, literal(0.3)), self.x, self.x]
        state = self.statements(state, (), 0)
        b = s.at("return ...")
        total = b.add(state[0], b.emit(ew.sin, state[1]))
        for array in state[2:]:
            total = b.add(total, b.reduce(b.emit(ew.sin, array), "sum", (0,)))
        return s.graph(total)

    def pick(self, *choices: Any) -> Any:
        return choices[self.rng.integers(len(choices))]

    def statements(self, state: list[Any], indices: tuple[Any, ...], depth: int) -> list[Any]:
        for _ in range(self.rng.integers(1, 4)):
            state = self.statement(list(state), indices, depth)
        return state

    def statement(self, state: list[Any], indices: tuple[Any, ...], depth: int) -> list[Any]:
        kinds = ["scalar", "read", "write", "add", "slices", "swap"]
        if depth < 3:
            kinds += ["loop", "loop", "branch", "checkpoint", "loop_while"]
        kind = self.pick(*kinds)
        return getattr(self, kind)(state, indices, depth)

    def at(self, indices: tuple[Any, ...]) -> tuple[tuple[Any, ...], tuple[Any, ...]]:
        """A place of an array: (spec, index operands)."""
        last = At(self.n - 1)
        choices = [At(0), last]
        for t in indices:
            choices += [At(t), At(self.n - 1 - t)]
        item = self.pick(*choices, "value")
        if item == "value":
            source = self.pick(*choices)
            return (AtValue(0),), (self.flow.builder.index(self.places, (source,)),)
        return (item,), ()

    def scalar(self, state: list[Any], indices: tuple[Any, ...], depth: int) -> list[Any]:
        b = self.flow.at("s = ...")
        k = self.pick(0, 1)
        op = self.pick("sin", "mul", "div", "number", "add")
        if op == "sin":
            state[k] = b.emit(ew.sin, b.mul(state[k], state[1 - k]), name="st"[k])
        elif op == "mul":
            state[k] = b.emit(ew.mul, b.emit(ew.tanh, state[0]), state[1], name="st"[k])
        elif op == "div":
            below = b.add(literal(2.0), b.mul(state[1 - k], state[1 - k]))
            state[k] = b.emit(ew.div, state[k], below, name="st"[k])
        elif op == "number":
            state[k] = literal(0.5)
        else:
            state[k] = b.emit(ew.add, state[k], b.mul(literal(0.5), state[1 - k]), name="st"[k])
        return state

    def read(self, state: list[Any], indices: tuple[Any, ...], depth: int) -> list[Any]:
        b = self.flow.at("s = s * u[i]")
        spec, operands = self.at(indices)
        array = self.pick(self.x, state[2], state[3])
        state[0] = b.emit(ew.tanh, b.mul(state[0], b.index(array, spec, operands)), name="s")
        return state

    def write(self, state: list[Any], indices: tuple[Any, ...], depth: int) -> list[Any]:
        b = self.flow.at("u[i] = ...")
        k = self.pick(2, 3)
        (spec, operands), (other, others) = self.at(indices), self.at(indices)
        value = b.mul(b.index(state[self.pick(2, 3)], other, others), state[0])
        state[k] = b.update(state[k], b.emit(ew.sin, value), spec, operands, name="_.uv"[k])
        return state

    def add(self, state: list[Any], indices: tuple[Any, ...], depth: int) -> list[Any]:
        b = self.flow.at("u[i] += ...")
        k = self.pick(2, 3)
        spec, operands = self.at(indices)
        value = b.mul(state[0], literal(0.25))
        state[k] = b.update(state[k], value, spec, operands, op="add", name="_.uv"[k])
        return state

    def slices(self, state: list[Any], indices: tuple[Any, ...], depth: int) -> list[Any]:
        b = self.flow.at("u[:k] = sin(v[:k]) * u[:k]")
        size = self.pick(self.n, *indices, self.n - 1)
        spec = (Slice(0, size),)
        value = b.mul(b.emit(ew.sin, b.index(state[3], spec)), b.index(state[2], spec))
        state[2] = b.update(state[2], value, spec, name="u")
        return state

    def swap(self, state: list[Any], indices: tuple[Any, ...], depth: int) -> list[Any]:
        return [state[1], state[0], state[3], state[2]]

    def name(self) -> str:
        self.loops += 1
        return f"i{self.loops}"

    def loop(self, state: list[Any], indices: tuple[Any, ...], depth: int) -> list[Any]:
        count = self.pick(
            self.n, self.n - 1, 2, self.n - 3, *indices, *(self.n - t for t in indices)
        )
        return self.flow.loop(
            "for i in range(...):",
            state,
            "s t u v",
            count,
            lambda t, *xs: self.statements(list(xs), (*indices, t), depth + 1),
            symbol=self.name(),
        )

    def loop_while(self, state: list[Any], indices: tuple[Any, ...], depth: int) -> list[Any]:
        def condition(t: Any, s: Any, *rest: Any) -> Any:
            b = self.flow.at("while i < n and s < 0.6:")
            left = b.emit(ew.lt, b.dim(t), b.dim(self.n))
            return b.emit(ew.logical_and, left, b.emit(ew.lt, s, literal(0.6)))

        *last, _ = self.flow.loop_while(
            "while i < n and s < 0.6:",
            state,
            "s t u v",
            condition,
            lambda t, *xs: self.statements(list(xs), (*indices, t), depth + 1),
            symbol=self.name(),
        )
        return last

    def branch(self, state: list[Any], indices: tuple[Any, ...], depth: int) -> list[Any]:
        spec, operands = self.at(indices)
        b = self.flow.at("if x[i] > 0:")
        test = b.emit(ew.gt, b.index(self.x, spec, operands), literal(0.0))
        return self.flow.branch(
            "if x[i] > 0:",
            test,
            lambda: self.statements(list(state), indices, depth + 1),
            lambda: (
                self.statements(list(state), indices, depth + 1)
                if self.pick(True, False)
                else state
            ),
        )

    def checkpoint(self, state: list[Any], indices: tuple[Any, ...], depth: int) -> list[Any]:
        return self.flow.checkpoint(
            "checkpoint", lambda: self.statements(list(state), indices, depth + 1)
        )


@pytest.mark.parametrize("seed", range(25))
def test_random_regions(seed: int) -> None:
    graph = verify(Program(np.random.default_rng(seed)).graph())
    first = finished(value_and_gradient(graph, (0, 1)))
    second = finished(value_and_gradient(with_weights(first, (1, 2)), (0, 1)))
    forward = finished(jvp(graph, (0, 1)))
    for n in (2, 4):
        rng = np.random.default_rng(n)
        inputs = [rng.normal(size=n), np.asarray(0.4), rng.integers(-n, n, size=n)]
        along = [rng.normal(size=n), np.asarray(rng.normal())]
        _, *gradients = evaluate(first, *inputs)
        slope = sum(float(np.sum(g * w)) for g, w in zip(gradients, along, strict=True))
        same(evaluate(forward, *inputs, *along)[1], slope)
        for k, got in enumerate(gradients):
            same(got, numeric(lambda xs: float(evaluate(graph, *xs)[0]), inputs, k, 1e-4))

        def directional(xs: list[Any], along: list[Any] = along) -> float:
            found = evaluate(first, *xs)[1:]
            return float(sum(np.sum(g * w) for g, w in zip(found, along, strict=True)))

        for k, got in enumerate(evaluate(second, *inputs, *along)[1:]):
            same(got, numeric(directional, inputs, k, 1e-4))


def same(got: Any, expected: Any) -> None:
    scale = max(1.0, float(np.max(np.abs(expected), initial=0.0)))
    np.testing.assert_allclose(got, expected, rtol=1e-6, atol=1e-6 * scale)
