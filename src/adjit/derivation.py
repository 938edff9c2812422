"""From a captured graph to the graph of a transform, and the tree that is returned."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import optree

from adjit import pipeline, pytrees
from adjit.arguments import Arguments
from adjit.errors import OutputError
from adjit.ir.graph import Graph
from adjit.ir.substitution import hint
from adjit.ir.values import literal
from adjit.results import Result, ResultLeaf
from adjit.task import Task
from adjit.tracer import OutputLeaf


@dataclass(frozen=True, slots=True)
class Derivation:
    """A transform carried out.

    Attributes
    ----------
    graph:
        The graph whose outputs `results` speaks of.
    results:
        What the call returns.
    gradients:
        Output number -> number of the input that it is the gradient of.
    """

    graph: Graph
    results: Result
    gradients: dict[int, int]


def derive(
    task: Task, arguments: Arguments, inputs: Sequence[int], graph: Graph, outputs: Any
) -> Derivation:
    """Carry out `task` on a captured graph.

    `inputs[n]` is the argument leaf that graph input n stands for (hidden inputs follow);
    `outputs` is the function's return value with `OutputLeaf`s. Raises `OutputError` when a
    gradient is wanted of something that is no float scalar.
    """
    pytrees.flatten(outputs)  # makes the dataclasses in it known as structure
    if task.selected is None:
        return Derivation(graph, _result(outputs, graph), {})
    value, aux = _value_and_aux(task, outputs, graph)
    graph, value = _constant_value(graph, value)
    kept: list[int] = [value.index] if task.returns_value else []
    kept += [x.index for x in pytrees.flatten(aux)[0] if isinstance(x, OutputLeaf)]
    place = {index: k for k, index in enumerate(kept)}
    leaves = sorted(arguments.differentiated)
    position = {leaf: n for n, leaf in enumerate(inputs)}
    first = replace(graph, outputs=(graph.outputs[value.index], *graph.outputs))
    made = pipeline.differentiate(first, [position[k] for k in leaves], [k + 1 for k in kept])
    gradients = _gradient_tree(task, arguments, {k: len(kept) + n for n, k in enumerate(leaves)})
    value, aux = _map_leaves(
        lambda x: replace(x, index=place[x.index]), (value if task.returns_value else None, aux)
    )
    if task.returns_value:
        tree = ((value, aux) if task.has_aux else value, gradients)
    else:
        tree = (gradients, aux) if task.has_aux else gradients
    return Derivation(
        made, _result(tree, made), {len(kept) + n: position[k] for n, k in enumerate(leaves)}
    )


def _map_leaves(function: Callable[[OutputLeaf], Any], tree: Any) -> Any:
    leaves, spec = pytrees.flatten(tree)
    return pytrees.unflatten(
        spec, [function(x) if isinstance(x, OutputLeaf) else x for x in leaves]
    )


def _constant_value(graph: Graph, value: Any) -> tuple[Graph, OutputLeaf]:
    """A Python or NumPy float that depends on nothing becomes an output."""
    if isinstance(value, OutputLeaf):
        return graph, value
    kind = "numpy" if isinstance(value, np.generic) else "python"
    constant = literal(value, getattr(value, "dtype", np.float64))
    index = len(graph.outputs)
    return (
        replace(graph, outputs=(*graph.outputs, constant)),
        OutputLeaf(index, kind == "python", kind),
    )


def _gradient_tree(task: Task, arguments: Arguments, place: dict[int, int]) -> Any:
    def leaf(k: int) -> ResultLeaf:
        kind = arguments.kinds[k]
        if kind.form == "static":
            return ResultLeaf("argument", k)
        form = "zero_d" if kind.form == "array" and not kind.sizes else kind.form
        return ResultLeaf(form, place[k], kind.dtype)

    trees = [
        pytrees.unflatten(spec, list(map(leaf, span)))
        for span, spec in zip(arguments.wrt, arguments.wrt_structures, strict=True)
    ]
    return trees[0] if task.single else tuple(trees)


def _value_and_aux(task: Task, outputs: Any, graph: Graph) -> tuple[Any, Any]:
    value, aux = outputs, None
    if task.has_aux:
        if not (isinstance(outputs, (tuple, list)) and len(outputs) == 2):
            raise _error(
                task,
                "has_aux=True needs a function that returns a pair (value, aux), "
                f"this one returned {_describe(outputs, graph)}",
                "return (value, aux)",
            )
        value, aux = outputs
    if isinstance(value, float) or (isinstance(value, np.generic) and value.dtype.kind == "f"):
        return value, aux
    if not isinstance(value, OutputLeaf):
        remedy = "return one float that depends on the arguments"
        if isinstance(value, (tuple, list)) and len(value) == 2:
            remedy += ", or use has_aux=True for (value, aux)"
        raise _error(
            task,
            f"the function returned {_describe(value, graph)}, which cannot be differentiated",
            remedy,
        )
    made = graph.outputs[value.index].type
    if made.shape:
        raise _error(
            task,
            f"the function returned {_describe(value, graph)}, not a scalar; a "
            "gradient needs a scalar",
            "reduce it first, for example with np.sum or np.mean",
        )
    if made.dtype.kind != "f":
        raise _error(
            task, f"the function returned {made.dtype}, which has no gradient", "return a float"
        )
    return value, aux


def _error(task: Task, reason: str, remedy: str) -> OutputError:
    return OutputError(reason, remedy=remedy, location=task.location)


def _describe(x: Any, graph: Graph) -> str:
    if isinstance(x, OutputLeaf):
        made = graph.outputs[x.index].type
        if not made.shape:
            return f"a {made.dtype} scalar"
        sizes = [hint(n) if hint(n) is not None else str(n) for n in made.shape]
        return f"an array of shape {tuple(sizes)}"
    if isinstance(x, (tuple, list, dict)):
        return f"a {type(x).__name__} of {len(x)}"
    if x is None:
        return "None"
    return f"the constant {x!r}" if isinstance(x, int) else f"a {type(x).__name__}"


def _result(tree: Any, graph: Graph) -> Result:
    leaves, structure = optree.tree_flatten(tree, none_is_leaf=True, namespace=pytrees.NAMESPACE)
    return Result(structure, tuple(_result_leaf(x, graph) for x in leaves))


def _result_leaf(x: Any, graph: Graph) -> ResultLeaf:
    if isinstance(x, ResultLeaf):
        return x
    if not isinstance(x, OutputLeaf):
        return ResultLeaf("static", value=x)
    made = graph.outputs[x.index].type
    form = "zero_d" if x.kind == "array" and not made.shape else x.kind
    return ResultLeaf(form, x.index, np.dtype(made.dtype))
