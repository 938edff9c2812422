"""Which inputs of a region equation have cotangents."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from adjit.adjoint.activity import useful_inputs
from adjit.adjoint.sweeping import Sweep
from adjit.ir import Equation, Value


@dataclass(frozen=True, slots=True)
class Parts:
    """Numbers of the carried inputs and of the other ones that have cotangents, and the values
    that stand for these cotangents in the adjoint of the region."""

    carried: list[int]
    captured: list[int]
    cotangents: list[Value]
    sums: list[Value]


def parts_of(sweep: Sweep, eqn: Equation, inputs: Sequence[Value], carried: int) -> Parts:
    """For an equation whose outputs have cotangents, and the inputs of its region, so many of
    them carried."""
    wanted = [v in sweep.pending for v in eqn.outputs]
    given = [sweep.context.wants(x) for x in eqn.inputs]
    marks = useful_inputs(eqn, given, wanted)
    numbers = [k for k, mark in enumerate(marks) if mark]
    first = [k for k in numbers if k < carried]
    rest = [k for k in numbers if k >= carried]
    return Parts(first, rest, [_named(inputs[k]) for k in first], [_named(inputs[k]) for k in rest])


def _named(value: Value) -> Value:
    return Value(value.type, f"d{value.name}" if value.name else "")
