"""Identifiers in generated code."""

from __future__ import annotations

import keyword

import pytest
from hypothesis import given
from hypothesis import strategies as hs

from adjit.codegen.naming import RESERVED, Names, identifier


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("z1", "z1"),
        ("λ", "λ"),
        ("dW", "dW"),
        ("lambda", "lambda_"),
        ("None", "None_"),
        ("np", "np_"),
        ("max", "max_"),
        ("sum", "sum"),
        ("params[0]", "params_0_"),
        ("1x", "_1x"),
        ("a b", "a_b"),
        ("", "t"),
        ("__", "t"),
        ("__debug__", "debug___"),
        ("ﬁ", "fi"),
        ("x; import os", "x__import_os"),
        ("x\n#", "x__"),
        ("self.w", "self_w"),
        ("match", "match"),
    ],
)
def test_identifier(text: str, name: str) -> None:
    assert identifier(text) == name


@given(hs.text(max_size=8))
def test_every_text_gives_a_valid_identifier(text: str) -> None:
    name = identifier(text)
    assert name.isidentifier()
    assert not keyword.iskeyword(name)
    assert name not in RESERVED
    assert identifier(name) == name
    namespace: dict[str, int] = {}
    exec(f"{name} = 1", namespace)
    assert namespace[name] == 1


def test_names_are_unique() -> None:
    names = Names(["x"])
    assert [names.fresh("x"), names.fresh("x"), names.fresh("y"), names.fresh("x_1")] == [
        "x_1",
        "x_2",
        "y",
        "x_1_1",
    ]
    assert [names.numbered("t"), names.numbered("t")] == ["t1", "t2"]
    names.fresh("t3")
    assert names.numbered("t") == "t4"
