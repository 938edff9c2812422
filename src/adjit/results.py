"""How the outputs of the graph become what the user gets back."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import optree

from adjit import pytrees


@dataclass(frozen=True, slots=True)
class Result:
    """A tree of results: `structure` over `leaves`."""

    structure: optree.PyTreeSpec
    leaves: tuple[ResultLeaf, ...]


@dataclass(frozen=True, slots=True, eq=False)
class ResultLeaf:
    """One leaf of what is returned.

    `form` is "array" (output `index` as it is), "zero_d" (a 0-d array), "numpy" (a NumPy scalar of
    `dtype`), "python" (a Python number), "static" (`value` itself) or "argument" (leaf number
    `index` of the call's arguments).
    """

    form: str
    index: int = -1
    dtype: Any = None
    value: Any = None


def result_expression(
    result: Result,
    outputs: Sequence[str],
    arguments: Sequence[str],
    bind: Callable[[str, Any], str],
) -> str:
    """Python source of the returned object."""
    leaves = [_leaf(leaf, outputs, arguments, bind) for leaf in result.leaves]
    return _node(result.structure, leaves, bind)


def _leaf(
    leaf: ResultLeaf,
    outputs: Sequence[str],
    arguments: Sequence[str],
    bind: Callable[[str, Any], str],
) -> str:
    if leaf.form == "static":
        return "None" if leaf.value is None else bind("C", leaf.value)
    if leaf.form == "argument":
        return arguments[leaf.index]
    variable = outputs[leaf.index]
    if leaf.form == "array":
        return variable
    if leaf.form == "zero_d":
        return f"array({variable}, {bind('d', leaf.dtype)})"
    if leaf.form == "python":
        converter = {"f": float, "b": bool}.get(leaf.dtype.kind, int)
        return f"{bind('T', converter)}({variable})"
    return f"{bind('D', leaf.dtype.type)}({variable})"


def _node(spec: optree.PyTreeSpec, leaves: list[str], bind: Callable[[str, Any], str]) -> str:
    if spec.is_leaf():
        return leaves.pop(0)
    if spec.type in (tuple, list, dict):
        children = [_node(child, leaves, bind) for child in spec.children()]
        if spec.type is dict:
            pairs = zip(spec.entries(), children, strict=True)
            return "{" + ", ".join(f"{bind('K', key)}: {child}" for key, child in pairs) + "}"
        if spec.type is list:
            return f"[{', '.join(children)}]"
        return f"({''.join(child + ', ' for child in children)})"
    taken = [leaves.pop(0) for _ in range(spec.num_leaves)]
    unflatten, structure = bind("U", pytrees.unflatten), bind("S", spec)
    return f"{unflatten}({structure}, ({''.join(leaf + ', ' for leaf in taken)}))"
