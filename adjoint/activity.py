"""Which values lie on a path of derivatives from the inputs in question to the outputs.

Loops are taken to their fixed point: a carried value counts if it does in some iteration.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from collections.abc import Set as AbstractSet

from adjit.adjoint.rules import DENSE, LAZY, ZERO, differentiable_inputs
from adjit.ir import Equation, Graph, Operand, Primitive, Value
from adjit.ir.errors import UnsupportedError
from adjit.ir.primitives import regions as rg

#: One truth for each input, or for each output, of an equation.
Marks = Sequence[bool]


def varied(graph: Graph, wrt: Iterable[Value]) -> set[Value]:
    """Values whose derivative with respect to `wrt` can be other than zero."""
    found = {v for v in wrt if v.type.is_float}
    for eqn in graph.equations:
        marks = varied_outputs(eqn, [x in found for x in eqn.inputs])
        found.update(v for v, mark in zip(eqn.outputs, marks, strict=True) if mark)
    return found


def active(graph: Graph, wrt: Iterable[Value], outputs: Iterable[Operand]) -> set[Value]:
    """Varied values that one of `outputs` depends on through derivatives."""
    candidates = varied(graph, wrt)
    return candidates & _useful(graph, candidates, outputs)


def _useful(
    graph: Graph, candidates: AbstractSet[Value], outputs: Iterable[Operand]
) -> set[Operand]:
    useful = {x for x in outputs if x in candidates}
    for eqn in reversed(graph.equations):
        wanted = [v in useful for v in eqn.outputs]
        if any(wanted):
            marks = useful_inputs(eqn, [x in candidates for x in eqn.inputs], wanted)
            useful.update(
                x for x, mark in zip(eqn.inputs, marks, strict=True) if mark and x in candidates
            )
    return useful


def varied_outputs(eqn: Equation, given: Marks) -> Marks:
    """Which outputs vary if these inputs do."""
    region = _VARIED.get(eqn.primitive)
    if region is not None:
        return region(eqn, given)
    rest = (False,) * (len(eqn.outputs) - 1)
    if eqn.primitive not in LAZY and eqn.primitive not in DENSE and eqn.primitive not in ZERO:
        if any(given):
            raise UnsupportedError(
                f"the derivative of {eqn.primitive.name!r} is not there yet",
                remedy="keep what is differentiated outside of it",
                location=eqn.location,
            )
        return (False, *rest)
    return (any(given[k] for k in differentiable_inputs(eqn)), *rest)


def useful_inputs(eqn: Equation, given: Marks, wanted: Marks) -> Marks:
    """Which inputs the wanted outputs depend on through derivatives, if those `given` vary."""
    region = _USEFUL.get(eqn.primitive)
    if region is not None:
        return region(eqn, given, wanted)
    numbers = differentiable_inputs(eqn) if wanted[0] else ()
    return [k in numbers for k in range(len(eqn.inputs))]


def _marked(values: Sequence[Operand], marks: Marks) -> list[Value]:
    return [x for x, mark in zip(values, marks, strict=True) if mark and isinstance(x, Value)]


def _marks(values: Sequence[Operand], found: Collection[Operand]) -> list[bool]:
    return [x in found for x in values]


# Loops and while loops: the body is the last region.


def varied_carried(eqn: Equation, given: Marks) -> list[bool]:
    """Which inputs of the body vary in some iteration."""
    body, n = eqn.regions[-1], eqn.params["carried"]
    marks = [mark and v.type.is_float for v, mark in zip(body.inputs, given, strict=True)]
    while True:
        found = varied(body, _marked(body.inputs, marks))
        after = [a or b for a, b in zip(marks, _marks(body.outputs, found), strict=False)]
        if after == marks[:n]:
            return marks
        marks[:n] = after


def _loop_varied(eqn: Equation, given: Marks) -> Marks:
    marks = varied_carried(eqn, given)[: eqn.params["carried"]]
    return [*marks, *[False] * (len(eqn.outputs) - len(marks))]


def _loop_useful(eqn: Equation, given: Marks, wanted: Marks) -> Marks:
    body, n = eqn.regions[-1], eqn.params["carried"]
    candidates = varied(body, _marked(body.inputs, varied_carried(eqn, given)))
    marks = list(wanted[:n])
    while True:
        useful = _useful(body, candidates, _marked(body.outputs, marks))
        found = _marks(body.inputs, useful)
        after = [a or b for a, b in zip(marks, found, strict=False)]
        if after == marks:
            return [*marks, *found[n:]]
        marks = after


def _branch_varied(eqn: Equation, given: Marks) -> Marks:
    arms = [_inside(region, given[1:]) for region in eqn.regions]
    return [any(marks) for marks in zip(*arms, strict=True)]


def _branch_useful(eqn: Equation, given: Marks, wanted: Marks) -> Marks:
    arms = [_useful_inside(region, given[1:], wanted) for region in eqn.regions]
    return [False, *(any(marks) for marks in zip(*arms, strict=True))]


def _inside(region: Graph, given: Marks) -> Marks:
    return _marks(region.outputs, varied(region, _marked(region.inputs, given)))


def _useful_inside(region: Graph, given: Marks, wanted: Marks) -> Marks:
    candidates = varied(region, _marked(region.inputs, given))
    return _marks(region.inputs, _useful(region, candidates, _marked(region.outputs, wanted)))


def _checkpoint_varied(eqn: Equation, given: Marks) -> Marks:
    return _inside(eqn.regions[0], given)


def _checkpoint_useful(eqn: Equation, given: Marks, wanted: Marks) -> Marks:
    return _useful_inside(eqn.regions[0], given, wanted)


_VARIED: Mapping[Primitive, Callable[[Equation, Marks], Marks]] = {
    rg.loop: _loop_varied,
    rg.while_: _loop_varied,
    rg.branch: _branch_varied,
    rg.checkpoint: _checkpoint_varied,
}
_USEFUL: Mapping[Primitive, Callable[[Equation, Marks, Marks], Marks]] = {
    rg.loop: _loop_useful,
    rg.while_: _loop_useful,
    rg.branch: _branch_useful,
    rg.checkpoint: _checkpoint_useful,
}
