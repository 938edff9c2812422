"""Arguments as trees: lists, tuples, dicts and dataclasses of floats and arrays.

Written here once more, so that the references share nothing with adjit.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from typing import Any

import numpy as np


def is_float(x: Any) -> bool:
    """A differentiable leaf."""
    return isinstance(x, float) or (isinstance(x, (np.ndarray, np.generic)) and x.dtype.kind == "f")


def map_leaves(f: Callable[..., Any], tree: Any, *others: Any) -> Any:
    """`f` of the leaves of trees that have the structure of the first one."""
    if isinstance(tree, dict):
        return {k: map_leaves(f, tree[k], *(o[k] for o in others)) for k in sorted(tree)}
    if isinstance(tree, tuple) and hasattr(tree, "_fields"):
        return type(tree)(*(map_leaves(f, *xs) for xs in zip(tree, *others, strict=True)))
    if isinstance(tree, (list, tuple)):
        return type(tree)(map_leaves(f, *xs) for xs in zip(tree, *others, strict=True))
    if dataclasses.is_dataclass(tree):
        names = [x.name for x in dataclasses.fields(tree)]
        parts = {n: map_leaves(f, *(getattr(t, n) for t in (tree, *others))) for n in names}
        return type(tree)(**parts)
    return f(tree, *others)


def leaves(tree: Any) -> list[Any]:
    """All leaves, in order."""
    found: list[Any] = []
    map_leaves(found.append, tree)
    return found


def fresh(tree: Any) -> Any:
    """A copy, so that a program may write to its arguments."""
    return map_leaves(lambda x: x.copy() if isinstance(x, np.ndarray) else x, tree)


def random_direction(tree: Any, rng: np.random.Generator) -> Any:
    """A random tangent, no larger than the tree; 0.0 stands for what is not a float."""

    def leaf(x: Any) -> Any:
        if not is_float(x):
            return 0.0
        size = float(np.max(np.abs(x), initial=0.0)) or 1.0
        drawn = min(size, 1.0) * rng.standard_normal(np.shape(x))
        return drawn if np.ndim(x) else float(drawn)

    return map_leaves(leaf, tree)


def dot(gradients: Any, direction: Any) -> float:
    """The inner product of a gradient with a tangent."""
    pairs = zip(leaves(gradients), leaves(direction), strict=True)
    return sum(float(np.sum(g * d)) for g, d in pairs if not (np.ndim(d) == 0 and d == 0.0))
