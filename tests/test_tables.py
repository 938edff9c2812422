"""Every primitive stands in the table of each consumer: type rule, derivative, both printed forms.

The regions (loops and branches) have a type rule; nothing makes one yet, and the emitters
refuse them.
"""

from __future__ import annotations

import pytest

from adjit.adjoint import rules
from adjit.codegen.numba_form import scalars, structural
from adjit.codegen.numpy_form import body, plan
from adjit.ir import PRIMITIVES

REGIONS = {name for name, primitive in PRIMITIVES.items() if primitive.kind == "region"}
DERIVATIVES = (
    {p.name for p in (*rules.LAZY, *rules.DENSE)},
    {p.name for p in rules.ZERO},
    REGIONS,
)
NUMPY_FORM = (set(body.ROWS), set(plan.STATEMENTS))
# `stop` only stops derivatives: its value is its operand's.
NUMBA_FORM = (set(structural.ROWS), set(scalars.ROWS), {"stop"}, REGIONS)


@pytest.mark.parametrize(
    "places",
    [
        pytest.param(DERIVATIVES, id="derivative"),
        pytest.param(NUMPY_FORM, id="NumPy form"),
        pytest.param(NUMBA_FORM, id="numba form"),
    ],
)
def test_every_primitive_stands_in_exactly_one_place(places):
    assert set().union(*places) == set(PRIMITIVES)
    assert sum(map(len, places)) == len(PRIMITIVES), "a primitive stands in two of them"


def test_every_primitive_has_a_type_rule():
    assert all(callable(p.type_rule) for p in PRIMITIVES.values())


def test_both_modes_differentiate_the_same_primitives():
    assert not set(rules.LAZY) & set(rules.DENSE)
    assert {*rules.LAZY, *rules.DENSE} == set(rules.FORWARD)
