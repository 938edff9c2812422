"""Whole programs with loops, branches and writes: values and gradients against the references."""

from __future__ import annotations

import os
from typing import Any

import numpy as np
import pytest
from programs.case import Program
from programs.catalogue import MODULES, PROGRAMS
from programs.reference import directional, mixed, plain
from programs.trees import dot, fresh, is_float, leaves, random_direction

from adjit import grad, jit, value_and_grad
from adjit.errors import AdjitError

TWICE = [p for p in PROGRAMS.values() if p.second_order]
#: Compiled: six of each family; all with ADJIT_TEST_PROGRAMS=all, which takes a quarter hour.
MOST = None if os.environ.get("ADJIT_TEST_PROGRAMS") == "all" else 6
COMPILED = [p for m in MODULES for p in m.PROGRAMS[:MOST]]
#: Compiled to second order: two of each family, for a compiler takes its time.
COMPILED_TWICE = [p for m in MODULES for p in [q for q in m.PROGRAMS if q.second_order][:2]]


REFUSED = pytest.mark.xfail(raises=AdjitError, strict=True, reason="refused, with a message")


def programs(chosen: Any) -> Any:
    return pytest.mark.parametrize(
        "program",
        [
            pytest.param(p, id=p.name, marks=[REFUSED] if "refused" in p.tags else [])
            for p in chosen
        ],
    )


@pytest.fixture
def interpreted(monkeypatch):
    monkeypatch.setenv("ADJIT_BACKEND", "numpy")


def draw(program: Program, count: int) -> list[Any]:
    rng = np.random.default_rng(5)
    args = program.arguments()
    return [tuple(random_direction(args[k], rng) for k in program.argnums) for _ in range(count)]


def unchanged(args: Any, before: Any) -> None:
    for one, other in zip(leaves(args), leaves(before), strict=True):
        if is_float(one):
            np.testing.assert_array_equal(one, other, err_msg="an argument was written to")


def close(found: float, expected: Any, rtol: float) -> None:
    error = abs(found - expected.value)
    assert error <= rtol * (1.0 + abs(expected.value)) + 3 * expected.error, (found, expected)


def check(program: Program) -> None:
    """The value, the gradient along three directions, no argument written to."""
    args = program.arguments()
    before = fresh(args)
    value, gradients = value_and_grad(program.function, argnums=program.argnums)(*args)
    unchanged(args, before)
    expected = plain(program.function, args)
    assert value == pytest.approx(expected, rel=1e-10, abs=1e-11)
    for number, gradient in zip(program.argnums, gradients, strict=True):
        for x, g in zip(leaves(args[number]), leaves(gradient), strict=True):
            if is_float(x):
                assert np.shape(g) == np.shape(x)
                assert np.asarray(g).dtype == np.asarray(x).dtype
    for direction in draw(program, 3):
        reference = directional(
            program.function, args, program.argnums, direction, program.kinds[0]
        )
        close(dot(gradients, direction), reference, program.rtol)


def check_twice(program: Program) -> None:
    """The gradient of the gradient's product with a direction."""
    one, other = draw(program, 2)
    gradient = grad(program.function, argnums=program.argnums)

    def weighted(*args):
        total = 0.0
        for g, w in zip(gradient(*args), one):
            total = total + np.sum(g * w)
        return total

    args = program.arguments()
    before = fresh(args)
    second = grad(weighted, argnums=program.argnums)(*args)
    unchanged(args, before)
    reference = mixed(program.function, args, program.argnums, one, other, program.kinds[0])
    close(dot(second, other), reference, 100 * program.rtol)


@programs([p for p in PROGRAMS.values() if "unrolled" not in p.tags])
def test_loops_stay_loops(program: Program, interpreted):
    """No size is compiled in but small ones, of vectors that are taken apart or written out."""
    graph = jit(program.function).graph(*program.arguments())
    for x in graph.inputs:
        assert not any(isinstance(n, int) and n > 4 for n in x.shape), f"{x.name}: {x.type}"


@programs(PROGRAMS.values())
def test_interpreted(program: Program, interpreted):
    check(program)


@programs(TWICE)
def test_interpreted_twice(program: Program, interpreted):
    check_twice(program)


@pytest.mark.compiled
@programs(COMPILED)
def test_compiled(program: Program):
    check(program)


@pytest.mark.compiled
@programs(COMPILED_TWICE)
def test_compiled_twice(program: Program):
    check_twice(program)
