"""Forward mode through regions: a loop carries the tangents of what it carries."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

from adjit.adjoint.activity import varied_carried, varied_outputs
from adjit.adjoint.tangents import RegionRule, Tangents, pushed
from adjit.ir import Equation, Graph, Operand, Primitive, Value
from adjit.ir.primitives import regions as rg


def _loop(state: Tangents, eqn: Equation) -> None:
    n = eqn.params["carried"]
    *conditions, body = eqn.regions
    marks = varied_carried(eqn, [x in state.found for x in eqn.inputs])
    given = _given(body, marks)
    equations, results = pushed(body, given, marks[:n], state.rules)
    carried = [given[v] for v in body.inputs[:n] if v in given]
    captured = [given[v] for v in body.inputs[n:] if v in given]
    made = [_tangent(v) for v, mark in zip(eqn.outputs, marks[:n], strict=False) if mark]
    operands = [state.filled(x) for x, mark in zip(eqn.inputs, marks, strict=True) if mark]
    moved = replace(
        body,
        inputs=(*body.inputs[:n], *carried, *body.inputs[n:], *captured),
        equations=tuple(equations),
        outputs=(*body.outputs, *results),
    )
    first, rest = operands[: len(carried)], operands[len(carried) :]
    state.context.builder.equations.append(
        replace(
            eqn,
            inputs=(*eqn.inputs[:n], *first, *eqn.inputs[n:], *rest),
            outputs=(*eqn.outputs[:n], *made, *eqn.outputs[n:]),
            params={**eqn.params, "carried": n + len(carried)},
            regions=(*(_beside(c, n, carried, captured) for c in conditions), moved),
        )
    )
    _enter(state, eqn.outputs[:n], marks[:n], made)


def _beside(condition: Graph, n: int, carried: Sequence[Value], captured: Sequence[Value]) -> Graph:
    """The condition of a while, which looks at no tangent."""
    more, rest = ([Value(v.type, v.name) for v in values] for values in (carried, captured))
    inputs = (*condition.inputs[:n], *more, *condition.inputs[n:], *rest)
    return replace(condition, inputs=inputs)


def _arms(first: int) -> Callable[[Tangents, Equation], None]:
    """The rule of a region equation without carried values, its captured ones from `first` on."""

    def rule(state: Tangents, eqn: Equation) -> None:
        marks = [x in state.found for x in eqn.inputs]
        wanted = varied_outputs(eqn, marks)
        arms = []
        for region in eqn.regions:
            given = _given(region, marks[first:])
            equations, results = pushed(region, given, wanted, state.rules)
            arms.append(
                replace(
                    region,
                    inputs=(*region.inputs, *given.values()),
                    equations=tuple(equations),
                    outputs=(*region.outputs, *results),
                )
            )
        made = [_tangent(v) for v, mark in zip(eqn.outputs, wanted, strict=True) if mark]
        operands = [
            state.filled(x)
            for x, mark in zip(eqn.inputs[first:], marks[first:], strict=True)
            if mark
        ]
        state.context.builder.equations.append(
            replace(
                eqn,
                inputs=(*eqn.inputs, *operands),
                outputs=(*eqn.outputs, *made),
                regions=tuple(arms),
            )
        )
        _enter(state, eqn.outputs, wanted, made)

    return rule


def _given(region: Graph, marks: Sequence[bool]) -> dict[Value, Value]:
    return {v: _tangent(v) for v, mark in zip(region.inputs, marks, strict=True) if mark}


def _tangent(value: Value) -> Value:
    return Value(value.type, f"d{value.name}" if value.name else "")


def _enter(
    state: Tangents, outputs: Sequence[Value], marks: Sequence[bool], made: Sequence[Value]
) -> None:
    varying = [v for v, mark in zip(outputs, marks, strict=True) if mark]
    found: dict[Value, Operand] = dict(zip(varying, made, strict=True))
    state.found.update(found)


REGIONS: Mapping[Primitive, RegionRule] = {
    rg.loop: _loop,
    rg.while_: _loop,
    rg.branch: _arms(1),
    rg.checkpoint: _arms(0),
}
