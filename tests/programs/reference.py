"""Directional derivatives of plain functions, by methods that share nothing with adjit.

- `complex`: the imaginary part of a run on complex numbers, exact to rounding;
- `wide`: central differences of a run in longdouble, extrapolated, good to about 1e-13;
- `differences`: central differences of the function itself in float64, extrapolated, the step
  chosen by the error estimate, good to about 1e-9.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from types import FrameType
from typing import Any

import numpy as np
from programs.case import Kind
from programs.trees import fresh, is_float, map_leaves
from programs.twins import as_twin, twin

#: Steps of the differences, per kind; the smallest estimated error wins. They are powers of two:
#: exact in every kind of number.
STEPS: dict[str, tuple[float, ...]] = {
    "wide": tuple(2.0**-k for k in (9, 12, 15, 18, 21)),
    "differences": tuple(2.0**-k for k in (7, 8, 9, 10, 11, 12, 13, 14, 16, 18, 20, 22)),
}
IMAGINARY = 1e-40
ROUNDING = {"complex": 1e-16, "wide": 1e-19, "differences": 1e-16}


@dataclass(frozen=True)
class Estimate:
    """A derivative, and how far off it may be."""

    value: float
    error: float


def plain(function: Callable[..., Any], args: Sequence[Any]) -> float:
    """The function's value; the arguments stay as they are."""
    return float(function(*fresh(tuple(args))))


def directional(
    function: Callable[..., Any],
    args: Sequence[Any],
    argnums: Sequence[int],
    direction: Sequence[Any],
    kind: Kind,
) -> Estimate:
    """The derivative of `function` at `args` when `args[argnums]` move along `direction`."""
    run = _runner(function, args, argnums, kind)
    if kind == "complex":
        value = run(((1j * IMAGINARY, direction),)).imag / IMAGINARY
        return Estimate(float(value), 1e-12 * abs(float(value)))
    size = abs(run(()))
    return _extrapolated(
        lambda h: (run(((h, direction),)) - run(((-h, direction),))) / (2 * h),
        STEPS[kind],
        lambda h: ROUNDING[kind] * size / h,
    )


def mixed(
    function: Callable[..., Any],
    args: Sequence[Any],
    argnums: Sequence[int],
    direction: Sequence[Any],
    other: Sequence[Any],
    kind: Kind,
) -> Estimate:
    """The second derivative along both directions."""
    run = _runner(function, args, argnums, kind)
    if kind == "complex":

        def along(h: float) -> Any:
            return run(((1j * IMAGINARY, direction), (h, other))).imag / IMAGINARY

        slope = abs(along(0.0))
        return _extrapolated(
            lambda h: (along(h) - along(-h)) / (2 * h),
            STEPS["differences"],
            lambda h: ROUNDING[kind] * slope / h,
        )

    def across(h: float) -> Any:
        ends = [run(((a * h, direction), (b * h, other))) * a * b for a in (1, -1) for b in (1, -1)]
        return sum(ends) / (4 * h * h)

    size = abs(run(()))
    return _extrapolated(across, STEPS[kind], lambda h: ROUNDING[kind] * size / h**2)


def _runner(
    function: Callable[..., Any], args: Sequence[Any], argnums: Sequence[int], kind: Kind
) -> Callable[[Sequence[tuple[Any, Any]]], Any]:
    """The function's value after `args[argnums]` moved by steps along directions."""
    args = tuple(args)
    if kind != "differences":
        module = twin(function.__module__, kind)
        function = getattr(module, function.__name__)
        args = as_twin(module, kind, args)

    def run(moves: Sequence[tuple[Any, Any]]) -> Any:
        moved = list(fresh(args))
        for at, number in enumerate(argnums):
            for step, direction in moves:
                moved[number] = map_leaves(
                    lambda x, d, h=step: x + h * d if _moves(x) else x, moved[number], direction[at]
                )
        with np.errstate(all="ignore"):  # a step may be too large for the function
            return function(*moved)

    return run


def _moves(x: Any) -> bool:
    return is_float(x) or getattr(x, "dtype", np.dtype(int)).kind == "c"


def _extrapolated(
    quotient: Callable[[float], Any], steps: Sequence[float], rounding: Callable[[float], Any]
) -> Estimate:
    """Central differences, whose error is even in the step, with two Richardson extrapolations."""
    found = []
    for h in steps:
        a, b, c = quotient(h), quotient(h / 2), quotient(h / 4)
        ab, bc = (4 * b - a) / 3, (4 * c - b) / 3
        best = (16 * bc - ab) / 15
        found.append(Estimate(float(best), float(abs(best - bc) + rounding(h))))
    return min(found, key=lambda e: e.error if np.isfinite(e.error) else np.inf)


def path(function: Callable[..., Any], args: Sequence[Any]) -> int:
    """A hash of the lines that a run of the function's module goes through, in order.

    Two runs with the same hash took the same branches, and every loop as many times.
    """
    file = function.__code__.co_filename
    lines: list[int] = []

    def watch(frame: FrameType, event: str, _: Any) -> Any:
        if frame.f_code.co_filename != file:
            return None
        if event == "line":
            lines.append(frame.f_lineno)
        return watch

    before = sys.gettrace()
    sys.settrace(watch)
    try:
        function(*fresh(tuple(args)))
    finally:
        sys.settrace(before)
    return hash(tuple(lines))
