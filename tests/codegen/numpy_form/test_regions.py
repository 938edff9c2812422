"""Loops and branches: the text gives the numbers of the reference evaluator, whatever shares
memory with whatever, and copies no whole array in an iteration."""

from __future__ import annotations

import re

import numpy as np
import pytest
from emitted import checked_run
from region_examples import EXAMPLES
from region_programs import Program, arguments

from adjit.adjoint import value_and_gradient
from adjit.codegen.numpy_form import emit
from adjit.ir import Graph
from adjit.ir.builder import GraphBuilder
from adjit.ir.rewrite import inline
from adjit.ir.simplify import simplify

RUNS = [(name, sizes) for name, example in EXAMPLES.items() for sizes in example.sizes]


@pytest.mark.parametrize(("name", "sizes"), RUNS)
def test_examples(name: str, sizes: tuple[int, ...]) -> None:
    example = EXAMPLES[name]
    checked_run(example.graph, *example.arguments(np.random.default_rng(0), *sizes))


@pytest.mark.parametrize("seed", range(60))
def test_random_programs(seed: int) -> None:
    """Odd ones as an adjoint sweep would have made them: its sums are added to in place."""
    dtype = np.float32 if seed % 4 == 3 else np.float64
    graph = Program(seed, dtype, backward=seed % 2 == 1).graph
    for n, k in ((2, 0), (2, 1), (3, 2), (4, 3)):
        checked_run(graph, *arguments(n, k, dtype), tolerance=1e-9)


def differentiated(graph: Graph, wrt: tuple[int, ...], order: int) -> Graph:
    """Value and gradient; of the sum of the squares of all that, the same again."""
    made = simplify(value_and_gradient(graph, wrt=wrt))
    if order == 1:
        return made
    builder = GraphBuilder()
    parts = [builder.mul(x, x) for x in inline(made, builder, made.inputs) if x.type.is_float]
    sums = [builder.reduce(x, "sum", range(len(x.shape))) for x in parts]
    total = sums[0]
    for x in sums[1:]:
        total = builder.add(total, x)
    whole = Graph(made.inputs, tuple(builder.equations), (total,), made.symbols, made.name)
    return differentiated(whole, wrt, order - 1)


ORDERS = [(name, 1) for name in EXAMPLES] + [
    (name, 2) for name in ("horner", "running_max", "halving", "gauss_seidel", "some_written")
]


@pytest.mark.parametrize(("name", "order"), ORDERS)
def test_gradients(name: str, order: int) -> None:
    example = EXAMPLES[name]
    graph = differentiated(example.graph, example.wrt, order)
    for sizes in example.sizes:
        given = example.arguments(np.random.default_rng(0), *sizes)
        checked_run(graph, *given, tolerance=1e-8)


def in_loops(source: str) -> list[str]:
    """The statements that stand in a loop."""
    out: list[str] = []
    loop: int | None = None
    for line in source.splitlines():
        text = line.strip()
        indent = len(line) - len(line.lstrip())
        if loop is not None and text and indent <= loop:
            loop = None
        if loop is not None:
            out.append(text)
        elif re.match("(for|while) ", text):
            loop = indent
    return out


@pytest.mark.parametrize("name", EXAMPLES)
def test_no_iteration_copies_an_array(name: str) -> None:
    """But for the parts that a stencil reads and writes at once."""
    example = EXAMPLES[name]
    for graph in (example.graph, differentiated(example.graph, example.wrt, 1)):
        copied = [line for line in in_loops(emit(graph).source) if ".copy()" in line]
        assert all(re.search(r"\w\[[^\]]*:[^\]]*\]\.copy\(\)", line) for line in copied), copied
