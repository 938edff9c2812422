"""Every derivative rule against differences, and the proof that none was left out.

Each case of `graph_cases` runs in reverse and forward mode, to second order, with known and with
symbolic sizes, in both precisions; and the rule that it is for must have run.
"""

from __future__ import annotations

from typing import Any

import pytest
from graph_cases import CASES, symbolic_too
from graph_checks import check

from adjit.adjoint import rules
from adjit.ir import PRIMITIVES, Primitive
from adjit.ir.primitives import structural as st

ALL = [
    pytest.param(name, label, build, arrays, id=f"{name}: {label}")
    for name, cases in CASES.items()
    for label, build, arrays in cases
]


@pytest.mark.parametrize(("name", "label", "build", "arrays"), ALL)
def test_rule(
    name: str, label: str, build: Any, arrays: tuple[Any, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    ran = record(monkeypatch, PRIMITIVES[name])
    narrow = name == "convert"  # through float32 the function has steps
    check(
        build,
        *arrays,
        symbolic=(False, True) if symbolic_too(name, label) else (False,),
        float32=not narrow,
        tol=1e-3 if narrow else 1e-7,
        step=0.05 if narrow else 1e-3,
    )
    assert ran["reverse"], f"the reverse rule of {name} did not run"
    assert ran["forward"], f"the forward rule of {name} did not run"


def record(monkeypatch: pytest.MonkeyPatch, primitive: Primitive) -> dict[str, int]:
    """Count the runs of a primitive's rules from here on."""
    ran = {"reverse": 0, "forward": 0}

    def counting(rule: Any, key: str) -> Any:
        def run(*arguments: Any) -> Any:
            ran[key] += 1
            return rule(*arguments)

        return run

    tables = {"LAZY": "reverse", "DENSE": "reverse", "FORWARD": "forward"}
    for table, key in ((getattr(rules, name), key) for name, key in tables.items()):
        if primitive in table:
            monkeypatch.setitem(table, primitive, counting(table[primitive], key))
    return ran


def test_every_rule_has_cases() -> None:
    have = {PRIMITIVES[name] for name in CASES}
    assert have == set(rules.FORWARD)


def test_every_form_of_a_reduction_has_cases() -> None:
    for name, forms in (
        ("reduce", set(st.REDUCTIONS) - {"any", "all"}),
        ("cumulative", set(st.CUMULATIVE)),
    ):
        labels = {label.split()[0] for label, _, _ in CASES[name]}
        assert forms <= labels, name
