"""Directional derivatives by central differences of a plain function, and the comparison with a
gradient.

A point is a list of leaves: floats and float arrays that move, anything else (`moves` says which).
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

#: Relative steps; the one that agrees best counts. The likeliest ones come first.
STEPS = (1e-4, 1e-3, 1e-5, 1e-2, 3e-4, 3e-3, 1e-6)
#: Rounding errors of a value, in units of its last place, that a difference may show.
NOISE = 16

Function = Callable[[Sequence[Any]], float]


@dataclass(frozen=True, slots=True)
class Tolerance:
    """What a directional derivative may be off; `epsilon` is the precision of the function."""

    rtol: float
    atol: float
    epsilon: float


def tolerance(*, single: bool, rtol: float | None = None, atol: float | None = None) -> Tolerance:
    """The default tolerances, `single` where a float32 takes part."""
    return Tolerance(
        rtol if rtol is not None else 1e-2 if single else 1e-5,
        atol if atol is not None else 1e-3 if single else 1e-8,
        float(np.finfo(np.float32 if single else np.float64).eps),
    )


@dataclass(frozen=True, slots=True)
class Comparison:
    """A directional derivative twice: from the gradient, and from the difference that comes
    closest to it (nan where no difference could be had)."""

    exact: float
    difference: float
    agrees: bool
    rough: bool = False

    @property
    def decided(self) -> bool:
        """False where differences tell nothing: they are not finite, or there is a kink or jump."""
        return math.isfinite(self.difference) and math.isfinite(self.exact) and not self.rough


def compare(
    function: Function,
    point: Sequence[Any],
    gradients: Sequence[Any],
    direction: Sequence[Any],
    tolerance: Tolerance,
) -> Comparison:
    """Compare gradients with differences of `function` along a direction.

    `gradients` and `direction` have an entry per leaf, None for leaves that do not move.
    """
    best = Comparison(math.nan, math.nan, False)
    least = math.inf
    size = math.sqrt(
        sum(
            float(np.sum(np.square(np.asarray(g, np.float64) * d)))
            for g, d in zip(gradients, direction, strict=True)
            if d is not None
        )
    )
    for step in STEPS:
        up, down = moved(point, direction, step), moved(point, direction, -step)
        exact = _along(gradients, direction, up, down) / (2 * step)
        values = function(copied(up)), function(copied(down))
        difference = (values[0] - values[1]) / (2 * step)
        error = abs(difference - exact)
        if not math.isfinite(error):
            continue
        noise = NOISE * tolerance.epsilon * max(map(abs, values)) / step
        scale = max(abs(exact), abs(difference), size)
        # rounding may account for little only, but where there is least of it
        usable = step == max(STEPS) or noise <= tolerance.atol + 2 * tolerance.rtol * scale
        agrees = usable and error <= tolerance.atol + tolerance.rtol * scale + noise
        if agrees:
            return Comparison(exact, difference, True)
        if usable and error < least:
            least, best = error, Comparison(exact, difference, False)
    rough = best.decided and _is_rough(function, point, direction, tolerance, least)
    return replace(best, rough=rough)


def _is_rough(
    function: Function,
    point: Sequence[Any],
    direction: Sequence[Any],
    tolerance: Tolerance,
    error: float,
) -> bool:
    """True at a kink or jump: the slopes on both sides, or the values, differ by the same for small
    steps and for smaller ones. In a smooth function that difference shrinks with the step."""
    middle = function(copied(point))
    steps = (1e-1, 1e-2, 1e-3) if tolerance.epsilon > 1e-10 else (1e-4, 1e-5, 1e-6)
    kinks, jumps = [], []
    for step in steps:
        sides = [function(copied(moved(point, direction, s))) for s in (step, -step)]
        noise = NOISE * tolerance.epsilon * max(map(abs, (middle, *sides)))
        least = max(noise, 1e-2 * error * step)
        kinks.append(max(abs(sides[0] - 2 * middle + sides[1]) - least, 0.0) / step)
        jumps.append(max(abs(sides[0] - sides[1]) - least, 0.0))
    return any(min(found) > 0.0 and max(found) < 3 * min(found) for found in (kinks, jumps))


def _along(
    gradients: Sequence[Any], direction: Sequence[Any], up: Sequence[Any], down: Sequence[Any]
) -> float:
    """The gradients times the way between two points, which rounding makes another one than the
    direction says."""
    return sum(
        float(np.sum(np.asarray(g, np.float64) * (np.asarray(b, np.float64) - a)))
        for g, d, a, b in zip(gradients, direction, down, up, strict=True)
        if d is not None
    )


def moves(x: Any) -> bool:
    """True for leaves that have a gradient."""
    return isinstance(x, float) or (isinstance(x, (np.ndarray, np.generic)) and x.dtype.kind == "f")


def is_single(x: Any) -> bool:
    return getattr(x, "dtype", None) == np.float32


def random_direction(point: Sequence[Any], wanted: Sequence[bool], seed: Any) -> list[Any]:
    """A random step for each leaf that is wanted, in proportion to its elements: a step of one
    thousandth of a number of any size is a small one."""
    rng = np.random.default_rng(seed)
    return [
        _scale(x) * random_like(x, rng) if want else None
        for x, want in zip(point, wanted, strict=True)
    ]


def random_like(x: Any, rng: np.random.Generator) -> Any:
    """Normal numbers in the form of a leaf."""
    if isinstance(x, (np.ndarray, np.generic)) and x.dtype.kind == "f":
        drawn = rng.standard_normal(x.shape) / max(1.0, np.sqrt(x.size))
        return x.dtype.type(drawn) if isinstance(x, np.generic) else drawn.astype(x.dtype)
    return float(rng.standard_normal())


def _scale(x: Any) -> Any:
    """The size of each element; of zeros, and of what is not finite, that of the others, or 1."""
    sizes = np.abs(np.asarray(x, np.float64))
    finite = sizes[np.isfinite(sizes) & (sizes > 0)]
    typical = float(np.median(finite)) if finite.size else 1.0
    scale = np.where(np.isfinite(sizes) & (sizes > 0), sizes, typical)
    return scale.astype(x.dtype) if isinstance(x, np.ndarray) else type(x)(scale)


def moved(point: Sequence[Any], direction: Sequence[Any], step: float) -> list[Any]:
    return [x if d is None else _moved(x, step * d) for x, d in zip(point, direction, strict=True)]


def _moved(x: Any, way: Any) -> Any:
    if isinstance(x, np.ndarray):
        return _placed(x + way, x)
    return type(x)(x + way)


def copied(point: Sequence[Any]) -> list[Any]:
    """The leaves, arrays copied: the function may write to them."""
    return [_placed(x, x) if isinstance(x, np.ndarray) else x for x in point]


def _placed(values: Any, like: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    """The values in memory of their own, laid out as `like` is: whether `x.ravel()` is a view
    depends on it."""
    if like.flags.forc or 0 in like.strides or type(like) is not np.ndarray:
        made = np.empty_like(like, subok=False)
    else:
        way = [(n - 1) * s for n, s in zip(like.shape, like.strides, strict=True)]
        low, high = sum(min(w, 0) for w in way), sum(max(w, 0) for w in way)
        memory = np.empty(high - low + like.itemsize, np.uint8)
        made = np.ndarray(like.shape, like.dtype, memory, -low, like.strides)
    made[...] = values
    return made
