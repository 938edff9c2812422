"""From one call's arguments to compiled code: capture, differentiate, generate, compile."""

from __future__ import annotations

import threading
from collections.abc import Callable
from functools import cached_property
from typing import Any

import numpy as np
import optree

from adjit import pipeline, pytrees
from adjit.arguments import Arguments
from adjit.entry import EntryPlan, build_entry, build_matcher, replace_run
from adjit.errors import OutputError
from adjit.ir.graph import Graph
from adjit.leaves import leaf_of
from adjit.results import Result, ResultLeaf
from adjit.runner import make_runner
from adjit.task import Task
from adjit.tracer import Capture, OutputLeaf, capture


class Specialization:
    """The code for one pattern of arguments: types, dtypes, ranks, layouts and guards.

    Attributes
    ----------
    task, arguments, capture:
        What was asked, the arguments that it was captured with, what the tracer returned.
    forward:
        The captured graph, cleaned up.
    graph:
        The graph that runs: for a gradient, forward and backward.
    call:
        The generated call path; returns `adjit.entry.MISS` when the arguments do not fit.
    """

    def __init__(self, task: Task, arguments: Arguments) -> None:
        self.task = task
        self.arguments = arguments
        self.inputs = [k for k, kind in enumerate(arguments.kinds) if kind.form != "static"]
        self.capture = self._capture()
        self.forward = pipeline.prepare(self.capture.graph)
        self.value_leaf: OutputLeaf | None = None
        self.graph, self.results = self._differentiate()
        self._lock = threading.Lock()
        self._runner: Callable[..., Any] | None = None
        self.call = build_entry(self.plan, self._first_run, outputs_passed=self.outputs_passed,
                                name=task.generated_name)

    def _capture(self) -> Capture:
        a = self.arguments
        leaves = [leaf_of(a.leaves[k], a.kinds[k], a.names[k]) for k in self.inputs]

        def rebuild(traced: list[Any]) -> tuple[tuple[Any, ...], dict[str, Any]]:
            flat = list(a.leaves)
            for k, value in zip(self.inputs, traced, strict=True):
                flat[k] = value
            values = [pytrees.unflatten(spec, [flat[k] for k in span])
                      for spec, span in zip(a.structures, a.spans, strict=True)]
            return self.task.parameters.rebuild(values)

        return capture(self.task.function, leaves, rebuild, name=self.task.name)

    def _differentiate(self) -> tuple[Graph, Result]:
        task = self.task
        outputs = self.capture.outputs
        if task.selected is None:
            return self.forward, _result(outputs, self.forward, 0)
        value, aux = _value_and_aux(outputs, task.has_aux, self.capture.graph)
        self.value_leaf = value
        kept: list[int] = [value.index] if task.returns_value else []
        tree_leaves, _ = optree.tree_flatten(aux, none_is_leaf=True, namespace=pytrees.NAMESPACE)
        kept += [x.index for x in tree_leaves if isinstance(x, OutputLeaf)]
        place = {index: k for k, index in enumerate(kept)}
        wrt = [k for k in sorted(self.arguments.differentiated)]
        position = {leaf: n for n, leaf in enumerate(self.inputs)}
        graph = pipeline.differentiate(_first(self.forward, value.index), [position[k] for k in wrt],
                                       [0 if k == value.index else k + 1 for k in kept])
        gradients = self._gradient_tree({k: len(kept) + n for n, k in enumerate(wrt)})
        moved = optree.tree_map(
            lambda x: OutputLeaf(place[x.index], x.weak) if isinstance(x, OutputLeaf) else x,
            (value, aux) if task.returns_value else (None, aux),
            none_is_leaf=True, namespace=pytrees.NAMESPACE)
        first, second = moved
        if task.returns_value:
            tree = ((first, second) if task.has_aux else first, gradients)
        else:
            tree = (gradients, second) if task.has_aux else gradients
        return graph, _result(tree, graph, 0)

    def _gradient_tree(self, place: dict[int, int]) -> Any:
        trees = []
        for span, spec in zip(self.arguments.wrt, self.arguments.wrt_structures, strict=True):
            leaves = [self._gradient_leaf(k, place) for k in span]
            trees.append(pytrees.unflatten(spec, leaves))
        return trees[0] if self.task.single else tuple(trees)

    def _gradient_leaf(self, k: int, place: dict[int, int]) -> ResultLeaf:
        kind = self.arguments.kinds[k]
        if kind.form == "static":
            return ResultLeaf("argument", k)
        form = kind.form
        if form == "array" and not kind.sizes:
            form = "zero_d"
        return ResultLeaf(form, place[k], kind.dtype)

    @property
    def plan(self) -> EntryPlan:
        a, c = self.arguments, self.capture
        return EntryPlan(a.structures, a.kinds, self.inputs, a.differentiated, self.graph,
                         c.scalar_sizes, c.hidden, c.guards, c.size_guards, self.results)

    @cached_property
    def matches(self) -> Callable[..., bool]:
        """A function of one value per parameter: would `call` accept them?"""
        return build_matcher(self.plan, name=self.task.generated_name)

    @cached_property
    def backend(self) -> str:
        return pipeline.backend()

    @property
    def outputs_passed(self) -> bool:
        """True when the arrays for the results are allocated by the call path."""
        return self.backend == "numba"

    @property
    def layouts(self) -> tuple[str, ...]:
        """Memory layout of each graph input ("" for scalars)."""
        own = [self.arguments.kinds[k].layout for k in self.inputs]
        return (*own, *(hidden.leaf.layout for hidden in self.capture.hidden))

    def _first_run(self, *values: Any) -> Any:
        """Stands for the compiled function until the first call, which compiles."""
        with self._lock:
            if self._runner is None:
                self._runner = make_runner(self)
                replace_run(self.call, self._runner)
        return self._runner(*values)


def _first(graph: Graph, index: int) -> Graph:
    """The graph with output `index` repeated in front, where the adjoint looks for it."""
    from dataclasses import replace

    return replace(graph, outputs=(graph.outputs[index], *graph.outputs))


def _value_and_aux(outputs: Any, has_aux: bool, graph: Graph) -> tuple[OutputLeaf, Any]:
    value, aux = outputs, None
    if has_aux:
        if not (isinstance(outputs, (tuple, list)) and len(outputs) == 2):
            raise OutputError("has_aux=True needs a function that returns a pair (value, aux), "
                              f"this one returned {_describe(outputs, graph)}",
                              remedy="return (value, aux)")
        value, aux = outputs
    if not isinstance(value, OutputLeaf):
        raise OutputError(
            f"the function returned {_describe(value, graph)}, which cannot be differentiated",
            remedy="return one float that depends on the arguments"
            + (", or use has_aux=True for (value, aux)" if isinstance(value, tuple) else ""))
    made = graph.outputs[value.index].type
    if made.shape:
        raise OutputError(
            f"the function returned an array of shape {_shape(made.shape)}, not a scalar; a "
            "gradient needs a scalar",
            remedy="reduce it first, for example with np.sum or np.mean")
    if made.dtype.kind != "f":
        raise OutputError(f"the function returned {made.dtype}, which has no gradient",
                          remedy="return a float")
    return value, aux


def _describe(x: Any, graph: Graph) -> str:
    if isinstance(x, OutputLeaf):
        made = graph.outputs[x.index].type
        return f"an array of shape {_shape(made.shape)}" if made.shape else f"a {made.dtype} scalar"
    if isinstance(x, (tuple, list, dict)):
        return f"a {type(x).__name__} of {len(x)}"
    if x is None:
        return "None"
    return f"the constant {x!r}" if isinstance(x, (int, float)) else f"a {type(x).__name__}"


def _shape(shape: tuple[Any, ...]) -> str:
    from adjit.ir.dims import hint

    return str(tuple(hint(n) if hint(n) is not None else str(n) for n in shape))


def _result(tree: Any, graph: Graph, offset: int) -> Result:
    leaves, structure = optree.tree_flatten(tree, none_is_leaf=True, namespace=pytrees.NAMESPACE)
    return Result(structure, tuple(_result_leaf(x, graph) for x in leaves))


def _result_leaf(x: Any, graph: Graph) -> ResultLeaf:
    if isinstance(x, ResultLeaf):
        return x
    if not isinstance(x, OutputLeaf):
        return ResultLeaf("static", value=x)
    made = graph.outputs[x.index].type
    if made.shape:
        return ResultLeaf("array", x.index)
    return ResultLeaf("python" if x.weak else "numpy", x.index, np.dtype(made.dtype))
