"""`check_grads`: a gradient against differences of the plain function, to any order."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import optree

from adjit import differences, pytrees
from adjit.differences import Tolerance
from adjit.errors import ArgumentError, CheckError
from adjit.function import CompiledFunction


def check_grads(
    fun: Callable[..., Any],
    args: Sequence[Any],
    order: int = 1,
    *,
    argnums: Sequence[int] | int | None = None,
    rtol: float | None = None,
    atol: float | None = None,
    directions: int = 2,
    seed: int = 0,
) -> None:
    """Compare adjit's gradient of `fun` with central differences of `fun` run by NumPy.

    Parameters
    ----------
    fun:
        A function that returns a float scalar.
    args:
        Its positional arguments. They are not written to.
    order:
        1 checks the gradient; 2 also the gradient of `<gradient, w>` for random w, and so on.
    argnums:
        Which arguments to differentiate; all that hold floats by default.
    rtol, atol:
        Tolerances of a directional derivative; by default 1e-5 and 1e-8 (1e-2 and 1e-3 where a
        float32 takes part). Differences are exact to no more than about 1e-9 in float64.
    directions:
        Number of random directions.
    seed:
        Of the first direction; those of the others follow it.

    Raises
    ------
    CheckError
        Naming both numbers, when they disagree.

    Examples
    --------
    >>> import numpy as np
    >>> from adjit import check_grads
    >>> check_grads(lambda x: np.sum(np.sin(x) * x), (np.linspace(0.0, 1.0, 5),), order=2)
    """
    plain = fun.function if isinstance(fun, CompiledFunction) else fun
    wanted = (
        _float_arguments(args)
        if argnums is None
        else ((argnums,) if isinstance(argnums, int) else tuple(argnums))
    )
    if not wanted:
        raise ArgumentError("none of the arguments holds a float", remedy="pass floats")
    point = _point_of(args, wanted)
    single = any(differences.is_single(x) for x in point.leaves)
    tolerance = differences.tolerance(single=single, rtol=rtol, atol=atol)
    for level in range(1, order + 1):
        gradient = CompiledFunction(plain, transform="grad", argnums=wanted, check=False)
        flat = pytrees.flatten(gradient(*point.arguments(point.leaves)))[0]
        for k in range(seed, seed + directions):
            _compare(plain, point, flat, k, tolerance, level)
        plain = _Weighted(gradient, point, seed + level)


@dataclass(frozen=True, slots=True)
class _Point:
    """Arguments, and the leaves of those that are differentiated."""

    args: tuple[Any, ...]
    wanted: tuple[int, ...]
    structure: optree.PyTreeSpec
    leaves: list[Any]

    def arguments(self, leaves: Sequence[Any]) -> list[Any]:
        """The arguments with other leaves; arrays that stay are copied."""
        every = [_copied(x) for x in self.args]
        trees = pytrees.unflatten(self.structure, differences.copied(leaves))
        for k, tree in zip(self.wanted, trees, strict=True):
            every[k] = tree
        return every


def _point_of(args: Sequence[Any], wanted: tuple[int, ...]) -> _Point:
    leaves, structure = pytrees.flatten(tuple(args[k] for k in wanted))
    leaves = [float(x) if type(x) is int else x for x in leaves]
    return _Point(tuple(args), wanted, structure, leaves)


def _copied(tree: Any) -> Any:
    leaves, structure = pytrees.flatten(tree)
    return pytrees.unflatten(structure, differences.copied(leaves))


class _Weighted:
    """`<gradient, weights>` as a function of the arguments, inside traced code too."""

    __name__ = "weighted"

    def __init__(self, gradient: Callable[..., Any], point: _Point, seed: int) -> None:
        rng = np.random.default_rng((seed, 1))
        self.gradient = gradient
        self.weights = [
            differences.random_like(x, rng) if differences.moves(x) else None for x in point.leaves
        ]

    def __call__(self, *args: Any) -> Any:
        total: Any = 0.0
        for g, w in zip(pytrees.flatten(self.gradient(*args))[0], self.weights, strict=True):
            if w is not None:
                total = total + np.sum(g * w)
        return total

    def _adjit_trace_(self, trace: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        return self(*args)


def _compare(
    fun: Callable[..., Any],
    point: _Point,
    gradients: Sequence[Any],
    seed: int,
    tolerance: Tolerance,
    level: int,
) -> None:
    wanted = [differences.moves(x) for x in point.leaves]
    found = differences.compare(
        lambda leaves: float(fun(*point.arguments(leaves))),
        point.leaves,
        gradients,
        differences.random_direction(point.leaves, wanted, seed),
        tolerance,
    )
    if not found.agrees:
        raise CheckError(
            f"the gradient of order {level} disagrees with central differences: along the random "
            f"direction of seed {seed} {found.exact!r} by adjit, {found.difference!r} by "
            "differences",
            remedy="check that the function is smooth there; if it is, please report a bug",
        )


def _float_arguments(args: Sequence[Any]) -> tuple[int, ...]:
    return tuple(
        k for k, a in enumerate(args) if any(map(differences.moves, pytrees.flatten(a)[0]))
    )
