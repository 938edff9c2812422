"""The references are to be trusted: they agree with one another, and inputs are away from kinks."""

from __future__ import annotations

import numpy as np
import pytest
from programs.case import Program
from programs.catalogue import PROGRAMS
from programs.reference import directional, mixed, path, plain
from programs.trees import fresh, leaves, map_leaves, random_direction
from programs.twins import as_twin, twin

named = pytest.mark.parametrize("program", PROGRAMS.values(), ids=PROGRAMS)

TWICE = [p for p in PROGRAMS.values() if p.second_order]
twice = pytest.mark.parametrize("program", TWICE, ids=[p.name for p in TWICE])


def directions(program, count=1, seed=7):
    rng = np.random.default_rng(seed)
    args = program.arguments()
    return [[random_direction(args[k], rng) for k in program.argnums] for _ in range(count)]


def moved(program, direction, step):
    args = list(program.arguments())
    for k, d in zip(program.argnums, direction, strict=True):
        args[k] = map_leaves(lambda x, y: x + step * y if np.any(y) else x, args[k], d)
    return args


def test_there_are_many():
    assert len(PROGRAMS) >= 64
    assert len(TWICE) >= 24


@named
def test_arguments_are_the_same_each_time(program: Program):
    one, other = program.arguments(), program.arguments()
    for a, b in zip(leaves(one), leaves(other), strict=True):
        assert a is not b or not isinstance(a, np.ndarray)
        np.testing.assert_array_equal(a, b)
    value = program.function(*fresh(one))
    assert np.ndim(value) == 0
    assert isinstance(value, float)
    assert np.isfinite(value)


@named
def test_twins_mean_the_same(program: Program):
    value = plain(program.function, program.arguments())
    for kind in program.kinds:
        if kind == "differences":
            continue
        module = twin(program.function.__module__, kind)
        other = getattr(module, program.name)(*as_twin(module, kind, program.arguments()))
        assert float(np.real(other)) == pytest.approx(value, rel=1e-9, abs=1e-11)


@named
def test_references_agree(program: Program):
    for direction in directions(program):
        args = (program.function, program.arguments(), program.argnums, direction)
        best, *others = [directional(*args, kind) for kind in program.kinds]
        rough = directional(*args, "differences")
        scale = 1.0 + abs(best.value)
        assert best.error <= 1e-9 * scale
        for other in others:
            assert abs(other.value - best.value) <= 1e-9 * scale + 3 * other.error
            assert other.error <= 1e-7 * scale
        assert abs(rough.value - best.value) <= 1e-6 * scale, (rough, best)


@named
def test_inputs_are_away_from_kinks(program: Program):
    """Small moves change no branch, and the slopes on either side are one."""
    expected = path(program.function, program.arguments())
    for direction in directions(program, 3, seed=11):
        slope = directional(
            program.function, program.arguments(), program.argnums, direction, program.kinds[0]
        ).value
        for step in (1e-6, -1e-6):
            args = moved(program, direction, step)
            assert path(program.function, args) == expected, "a branch changes"
            side = plain(program.function, args) - plain(program.function, program.arguments())
            assert side / step == pytest.approx(slope, rel=1e-2, abs=1e-3 * (1 + abs(slope)))


@twice
def test_second_derivatives_agree(program: Program):
    one, other = directions(program, 2)
    args = (program.function, program.arguments(), program.argnums, one, other)
    best, *others = [mixed(*args, kind) for kind in program.kinds]
    scale = 1.0 + abs(best.value)
    assert best.error <= 1e-7 * scale
    for second in others:
        assert abs(second.value - best.value) <= 1e-7 * scale + 3 * second.error
