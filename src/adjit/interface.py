"""The user's signature as the emitters see it: trees over the graph's inputs and outputs."""

from __future__ import annotations

import inspect
from typing import TYPE_CHECKING, Any

from adjit import pytrees
from adjit.codegen.arrays import MOST, READABLE
from adjit.codegen.interface import Interface, Items, Leaf, Parameter, Static, Tree, describe
from adjit.results import ResultLeaf
from adjit.tracer import fetch

if TYPE_CHECKING:
    from adjit.specialize import Specialization

_KINDS = {
    inspect.Parameter.POSITIONAL_ONLY: "positional_only",
    inspect.Parameter.POSITIONAL_OR_KEYWORD: "positional",
    inspect.Parameter.VAR_POSITIONAL: "var_positional",
    inspect.Parameter.KEYWORD_ONLY: "keyword_only",
    inspect.Parameter.VAR_KEYWORD: "var_keyword",
}


def interface_of(spec: Specialization, *, saved: bool = False) -> Interface:
    """Describe a specialisation's function: parameters, results, hidden inputs.

    The arrays that stand in the function's own text are part of it; where it is `saved`, so are
    the present ones of globals, closures and attributes, unless they are huge.
    """
    a = spec.arguments
    position = {leaf: n for n, leaf in enumerate(spec.inputs)}
    parameters = []
    signature = spec.task.parameters.signature
    for parameter, structure, span in zip(
        signature.parameters.values(), a.structures, a.spans, strict=True
    ):
        leaves = [Leaf(position[k]) if k in position else Static(a.leaves[k]) for k in span]
        default = None if parameter.default is parameter.empty else Static(parameter.default)
        parameters.append(
            Parameter(
                parameter.name,
                describe(pytrees.unflatten(structure, leaves)),
                _KINDS[parameter.kind],
                default,
            )
        )
    hidden = tuple((h.leaf.name, len(spec.inputs) + n) for n, h in enumerate(spec.capture.hidden))
    arrays = {
        len(spec.inputs) + n: fetch(h)
        for n, h in enumerate(spec.capture.hidden)
        if saved or h.path.kind == "object"
    }
    small = {k: x for k, x in arrays.items() if x.size <= (MOST if saved else READABLE)}
    return Interface(
        spec.task.generated_name, tuple(parameters), _results(spec), hidden, spec.gradients, small
    )


def _results(spec: Specialization) -> Tree:
    """The returned tree; gradients know the argument whose class they copy."""

    def leaf(x: ResultLeaf) -> Tree:
        if x.form == "static":
            return Static(x.value)
        if x.form == "argument":
            return Static(spec.arguments.leaves[x.index])
        return Leaf(x.index)

    tree = pytrees.unflatten(spec.results.structure, list(map(leaf, spec.results.leaves)))
    return _described(spec, tree)


def _described(spec: Specialization, tree: Any) -> Tree:
    task = spec.task
    if task.selected is None:
        return describe(tree)
    pair = task.returns_value or task.has_aux
    first, gradients = (
        (tree[0], tree[1])
        if task.returns_value
        else ((tree[1], tree[0]) if task.has_aux else (None, tree))
    )
    names = [_expression(spec, s.parameter, s.key) for s in task.selected]
    if task.single:
        described: Tree = describe(gradients, names[0])
    else:
        described = _tuple(tuple(map(describe, gradients, names)))
    if not pair:
        return described
    rest = describe(first)
    return _tuple((rest, described) if task.returns_value else (described, rest))


def _tuple(children: tuple[Tree, ...]) -> Tree:
    return Items("tuple", children)


def _expression(spec: Specialization, parameter: int, key: int | str | None) -> str:
    name = spec.task.parameters.names[parameter]
    return name if key is None else f"{name}[{key!r}]"
