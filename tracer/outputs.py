"""The function's return value: traced leaves become places in the graph's outputs."""

from __future__ import annotations

import copy
import dataclasses
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

from adjit.ir.values import Operand
from adjit.tracer.control.rows import expanded, has_rows
from adjit.tracer.control.state import Unavailable
from adjit.tracer.operators import is_traced
from adjit.tracer.symint import SymInt

if TYPE_CHECKING:
    from adjit.tracer.trace import Trace


@dataclass(frozen=True, slots=True)
class OutputLeaf:
    """A leaf of the return value: `graph.outputs[index]`.

    `weak` says that it is a Python number; `kind` is "array", "numpy" or "python".
    """

    index: int
    weak: bool
    kind: str = "array"


def collect_outputs(trace: Trace, result: Any) -> tuple[tuple[Operand, ...], Any]:
    """The graph's outputs, and the return value with `OutputLeaf`s in their places."""
    outputs: list[Operand] = []

    def leaf(x: Any) -> OutputLeaf:
        outputs.append(trace.lift(x))
        kind = x.kind if is_traced(x) else "python"
        return OutputLeaf(len(outputs) - 1, kind == "python", kind)

    result = _spread(trace, result)
    tree = map_traced(leaf, map_traced(lambda x: _number(trace, x), result))
    return tuple(outputs), tree


def _spread(trace: Trace, tree: Any) -> Any:
    """The structure with the items of lists that loops have appended to one by one."""
    if has_rows(tree):
        return type(tree)(map(partial(_spread, trace), expanded(trace, tree)))
    if type(tree) in (list, tuple):
        return type(tree)(map(partial(_spread, trace), tree))
    if type(tree) is dict:
        return {key: _spread(trace, x) for key, x in tree.items()}
    return tree


def _number(trace: Trace, x: Any) -> Any:
    """A size beyond 64 bits as the number that it is; anything else unchanged."""
    if isinstance(x, Unavailable):
        raise x.error(trace)
    return int(x) if isinstance(x, SymInt) and not trace.sizes.fits(x.size) else x


def map_traced(function: Callable[[Any], Any], tree: Any) -> Any:
    """The structure with `function` applied to its traced leaves; without any, the same object."""
    if is_traced(tree) or isinstance(tree, (SymInt, Unavailable)):
        return function(tree)
    if isinstance(tree, dict):
        return _rebuilt(tree, list(tree.values()), function, lambda items: _dict_like(tree, items))
    if isinstance(tree, tuple) and hasattr(tree, "_fields"):
        return _rebuilt(tree, list(tree), function, lambda items: type(tree)(*items))
    if type(tree) in (list, tuple):
        return _rebuilt(tree, list(tree), function, type(tree))
    if dataclasses.is_dataclass(tree) and not isinstance(tree, type):
        names = [f.name for f in dataclasses.fields(tree)]
        return _rebuilt(
            tree,
            [getattr(tree, n) for n in names],
            function,
            lambda items: _with_fields(tree, names, items),
        )
    return tree


def _rebuilt(
    tree: Any, items: list[Any], function: Callable[[Any], Any], make: Callable[[list[Any]], Any]
) -> Any:
    mapped = [map_traced(function, x) for x in items]
    return tree if all(a is b for a, b in zip(items, mapped, strict=True)) else make(mapped)


def _dict_like(tree: dict[Any, Any], items: list[Any]) -> dict[Any, Any]:
    made = copy.copy(tree)
    made.update(zip(tree, items, strict=True))
    return made


def _with_fields(tree: Any, names: list[str], items: list[Any]) -> Any:
    made = copy.copy(tree)
    for name, item in zip(names, items, strict=True):
        object.__setattr__(made, name, item)
    return made
