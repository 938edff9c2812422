"""Argument structures: flattening through optree, dataclasses included.

Lists, tuples, dicts, named tuples and dataclasses are structure; everything else is a leaf. None,
strings and other objects are leaves too (static ones, see `leaves.py`).
"""

from __future__ import annotations

import copy
import dataclasses
from typing import Any

import numpy as np
import optree

from adjit.tracer import OutputLeaf

NAMESPACE = "adjit"
#: The structure of a lone leaf.
LEAF: optree.PyTreeSpec = optree.treespec_leaf(none_is_leaf=True, namespace=NAMESPACE)
_registered: set[type] = set()


def flatten(tree: Any) -> tuple[list[Any], optree.PyTreeSpec]:
    """Leaves in optree's order (dict keys sorted) and the structure."""
    leaves, spec = optree.tree_flatten(tree, none_is_leaf=True, namespace=NAMESPACE)
    if not any(_is_new_dataclass(leaf) for leaf in leaves):
        return leaves, spec
    for leaf in leaves:
        if _is_new_dataclass(leaf):
            _register(type(leaf))
    return flatten(tree)


def unflatten(spec: optree.PyTreeSpec, leaves: Any) -> Any:
    """The inverse of `flatten`, for any leaves."""
    return optree.tree_unflatten(spec, leaves)


def _is_new_dataclass(leaf: Any) -> bool:
    return (
        dataclasses.is_dataclass(leaf)
        and not isinstance(leaf, type)
        and type(leaf) not in _registered
        and not isinstance(leaf, OutputLeaf)
        and _holds_numbers(leaf)
    )


def _holds_numbers(instance: Any) -> bool:
    """True when a field holds, however deep, an array or a float: then it is structure."""
    values: Any = [getattr(instance, f.name) for f in dataclasses.fields(instance)]
    leaves, _ = optree.tree_flatten(values, none_is_leaf=True, namespace=NAMESPACE)
    return any(
        isinstance(x, (float, np.ndarray, np.generic, OutputLeaf)) or _is_new_dataclass(x)
        for x in leaves
    )


class _Template:
    """The instance that a copy is made of; its fields are leaves, so it never tells two
    structures apart."""

    __slots__ = ("instance",)

    def __init__(self, instance: Any) -> None:
        self.instance = instance

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Template)

    def __hash__(self) -> int:
        return 0


def _register(cls: type) -> None:
    names = tuple(f.name for f in dataclasses.fields(cls))

    def take_apart(instance: Any) -> tuple[list[Any], Any, tuple[str, ...]]:
        return [getattr(instance, n) for n in names], _Template(instance), names

    def put_together(template: Any, children: Any) -> Any:
        made = copy.copy(template.instance)
        for name, child in zip(names, children, strict=True):
            object.__setattr__(made, name, child)
        return made

    optree.register_pytree_node(
        cls, take_apart, put_together, path_entry_type=optree.DataclassEntry, namespace=NAMESPACE
    )
    _registered.add(cls)
