"""Loops, branches and checkpoints as compiled code, and their gradients."""

from __future__ import annotations

from dataclasses import replace
from functools import cache

import numpy as np
import pytest
from compiled import Compiled, compare
from region_examples import EXAMPLES

from adjit.adjoint import value_and_gradient
from adjit.ir import Graph
from adjit.ir.simplify import simplify


def runs(compiled: Compiled, name: str, rtol: float) -> None:
    for sizes in EXAMPLES[name].sizes:
        inputs = EXAMPLES[name].arguments(np.random.default_rng(1), *sizes)
        single = any(np.asarray(x).dtype == np.float32 for x in inputs)
        compare(compiled, *inputs, rtol=3e-5 if single else rtol)
        assert compiled.status == 0


def gradient(name: str) -> Graph:
    example = EXAMPLES[name]
    scalar = replace(example.graph, outputs=example.graph.outputs[:1])
    return simplify(value_and_gradient(scalar, example.wrt))


@cache
def compiled_gradient(name: str) -> Compiled:
    return Compiled(gradient(name))


@pytest.mark.parametrize("name", EXAMPLES)
def test_the_kernel_means_the_graph(name: str) -> None:
    runs(Compiled(EXAMPLES[name].graph), name, 1e-12)


@pytest.mark.parametrize("name", EXAMPLES)
def test_the_kernel_of_the_gradient(name: str) -> None:
    runs(compiled_gradient(name), name, 1e-10)


def bodies(source: str) -> str:
    """What stands inside the user's loops; loops over whole arrays have numbered variables."""
    out: list[str] = []
    inside = False
    for line in source.splitlines():
        if line.startswith("    ") and not line.startswith("     "):
            inside = line.startswith("    for ") and "_1 in" not in line
        elif inside:
            out.append(line)
    return "\n".join(out)


@pytest.mark.parametrize("name", ["gauss_seidel", "lu", "scan", "forward_substitution", "product"])
def test_loops_over_elements_neither_copy_nor_allocate(name: str) -> None:
    source = compiled_gradient(name).program.source
    inside = bodies(source)
    assert inside
    for work in ("empty(", "clear(", "_1 in range("):
        assert work not in inside, source


def test_arrays_change_places_instead_of_being_copied() -> None:
    source = Compiled(EXAMPLES["swapped"].graph).program.source
    assert "u_1, v_1 = v_1, u_1" in source
