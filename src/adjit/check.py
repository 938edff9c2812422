"""`check_grads`: a gradient against differences of the plain function."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from adjit import pytrees
from adjit.errors import ArgumentError, CheckError
from adjit.function import CompiledFunction

#: Relative steps of the central differences; the best of them counts.
STEPS = (1e-2, 3e-3, 1e-3, 3e-4, 1e-4, 1e-5, 1e-6)


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
        Of the directions.

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
    rng = np.random.default_rng(seed)
    gradient = CompiledFunction(plain, transform="grad", argnums=tuple(wanted))
    _check_order(
        plain,
        gradient,
        list(args),
        wanted,
        rng,
        directions,
        *_tolerances(args, wanted, rtol, atol),
        order,
        1,
    )


def _check_order(
    fun: Callable[..., Any],
    gradient: Callable[..., Any],
    args: list[Any],
    wanted: Sequence[int],
    rng: np.random.Generator,
    directions: int,
    rtol: float,
    atol: float,
    order: int,
    level: int,
) -> None:
    gradients = gradient(*args)
    for _ in range(directions):
        direction = [_random_like(args[k], rng) for k in wanted]
        exact = sum(map(_dot, gradients, direction))
        _compare(fun, args, wanted, direction, exact, rtol, atol, level)
    if level < order:
        weights = [_random_like(args[k], rng) for k in wanted]
        weighted = _Weighted(gradient, weights)
        second = CompiledFunction(weighted, transform="grad", argnums=tuple(wanted))
        _check_order(weighted, second, args, wanted, rng, directions, rtol, atol, order, level + 1)


class _Weighted:
    """`<gradient, weights>` as a function of the arguments, inside traced code too."""

    __name__ = "weighted"

    def __init__(self, gradient: Callable[..., Any], weights: Sequence[Any]) -> None:
        self.gradient = gradient
        self.weights = weights

    def __call__(self, *args: Any) -> Any:
        return sum(map(_dot, self.gradient(*args), self.weights))

    def _adjit_trace_(self, trace: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        return self(*args)


def _compare(
    fun: Callable[..., Any],
    args: list[Any],
    wanted: Sequence[int],
    direction: Sequence[Any],
    exact: float,
    rtol: float,
    atol: float,
    level: int,
) -> None:
    best = None
    for step in STEPS:
        up = float(fun(*_moved(args, wanted, direction, step)))
        down = float(fun(*_moved(args, wanted, direction, -step)))
        difference = (up - down) / (2 * step)
        error = abs(difference - exact)
        if best is None or error < best[0]:
            best = (error, difference)
    assert best is not None
    error, difference = best
    if not error <= atol + rtol * max(abs(exact), abs(difference)):
        raise CheckError(
            f"the gradient of order {level} disagrees with central differences: along a random "
            f"direction {float(exact)!r} by adjit, {difference!r} by differences",
            remedy="check that the function is smooth there; if it is, please report a bug",
        )


def _float_arguments(args: Sequence[Any]) -> tuple[int, ...]:
    return tuple(k for k, a in enumerate(args) if any(_is_float(x) for x in pytrees.flatten(a)[0]))


def _is_float(x: Any) -> bool:
    return isinstance(x, float) or (isinstance(x, (np.ndarray, np.generic)) and x.dtype.kind == "f")


def _tolerances(
    args: Sequence[Any], wanted: Sequence[int], rtol: float | None, atol: float | None
) -> tuple[float, float]:
    leaves = [x for k in wanted for x in pytrees.flatten(args[k])[0]]
    single = any(getattr(x, "dtype", None) == np.float32 for x in leaves)
    return (
        rtol if rtol is not None else 1e-2 if single else 1e-5,
        atol if atol is not None else 1e-3 if single else 1e-8,
    )


def _random_like(tree: Any, rng: np.random.Generator) -> Any:
    leaves, spec = pytrees.flatten(tree)
    return pytrees.unflatten(spec, [_random_leaf(x, rng) for x in leaves])


def _random_leaf(x: Any, rng: np.random.Generator) -> Any:
    if isinstance(x, (np.ndarray, np.generic)) and x.dtype.kind == "f":
        drawn = rng.standard_normal(x.shape) / max(1.0, np.sqrt(x.size))
        return x.dtype.type(drawn) if isinstance(x, np.generic) else drawn.astype(x.dtype)
    if isinstance(x, (int, float)) and not isinstance(x, bool):
        return float(rng.standard_normal())
    return None


def _moved(
    args: list[Any], wanted: Sequence[int], direction: Sequence[Any], step: float
) -> list[Any]:
    out = list(args)
    for k, d in zip(wanted, direction, strict=True):
        leaves, spec = pytrees.flatten(args[k])
        moves, _ = pytrees.flatten(d)
        out[k] = pytrees.unflatten(
            spec,
            [
                x
                if m is None
                else type(x)(x + step * m)
                if isinstance(x, np.generic)
                else (x + step * m).astype(x.dtype)
                if isinstance(x, np.ndarray)
                else x + step * m
                for x, m in zip(leaves, moves, strict=True)
            ],
        )
    return out


def _dot(gradients: Any, direction: Any) -> Any:
    total: Any = 0.0
    for g, d in zip(pytrees.flatten(gradients)[0], pytrees.flatten(direction)[0], strict=True):
        if d is not None:
            total = total + np.sum(g * d)
    return total
