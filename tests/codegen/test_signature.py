"""Signatures, unpacking and packing."""

from __future__ import annotations

import dataclasses
from typing import NamedTuple

import numpy as np
import pytest

from adjit.codegen.interface import Interface, Leaf, Parameter, Static, describe, leaves_of
from adjit.codegen.signature import pack, parameter_list, parameter_names, statics, unpack
from adjit.ir.errors import UnsupportedError


class Pair(NamedTuple):
    a: object
    b: object


@dataclasses.dataclass(frozen=True)
class Box:
    w: object
    n: object = 3


def interface(*parameters: Parameter, hidden: tuple[tuple[str, int], ...] = ()) -> Interface:
    return Interface("f", parameters, Leaf(0), hidden)


@pytest.mark.parametrize(
    ("kinds", "hidden", "text"),
    [
        (["positional", "positional"], [], "p0, p1"),
        (["positional_only", "positional"], [], "p0, /, p1"),
        (["positional_only"], ["h"], "p0, /, *, h"),
        (["positional", "keyword_only"], ["h"], "p0, *, p1, h"),
        (
            ["positional", "var_positional", "keyword_only", "var_keyword"],
            ["h"],
            "p0, *p1, p2, h, **p3",
        ),
        (["positional", "var_keyword"], ["h"], "p0, *, h, **p1"),
        ([], ["p0", "p0"], "*, p0, p0_1"),
    ],
)
def test_parameter_list(kinds: list[str], hidden: list[str], text: str) -> None:
    made = interface(
        *(Parameter(f"p{k}", Leaf(k), kind) for k, kind in enumerate(kinds)),
        hidden=tuple((name, 9) for name in hidden),
    )
    assert parameter_list(made) == text
    compile(f"def f({text}): pass", "f", "exec")


def test_names_of_parameters_never_clash() -> None:
    made = interface(Parameter("np", Leaf(0)), Parameter("np_", Leaf(1)), hidden=(("np", 2),))
    assert parameter_names(made) == ("np_", "np__1", "np__2")


def test_defaults_that_can_be_printed() -> None:
    made = interface(
        Parameter("a", Leaf(0), default=Static(np.zeros(3))),
        Parameter("b", Leaf(1), default=Static(2.5)),
        Parameter("c", Leaf(2), default=Static('"')),
        Parameter("d", Leaf(3), "keyword_only", Static(None)),
        Parameter("e", Leaf(4), "keyword_only"),
    )
    assert parameter_list(made) == "a, b=2.5, c='\"', *, d=None, e"
    hidden_default = interface(
        Parameter("a", Leaf(0), default=Static(1)),
        Parameter("b", Leaf(1), default=Static(object())),
    )
    assert parameter_list(hidden_default) == "a, b"


TREES = [
    ((0, (1, 2)), "p", ["x0, (x1, x2) = p"]),
    ([0, (1,)], "p", ["x0, (x1,) = p"]),
    ({"a": 0, 3: (1, 2)}, "p", ['x0 = p["a"]', "x1, x2 = p[3]"]),
    (Pair(0, Box(1)), "p", ["x0 = p.a", "x1 = p.b.w"]),
    ((0, {"k": 1}), "p", ["x0 = p[0]", 'x1 = p[1]["k"]']),
    ((), "p", []),
]


def leafy(tree: object) -> object:
    """The structure with numbers below 10 as leaves."""
    if isinstance(tree, Pair):
        return Pair(*map(leafy, tree))
    if isinstance(tree, Box):
        return Box(leafy(tree.w))
    if isinstance(tree, (tuple, list)):
        return type(tree)(map(leafy, tree))
    if isinstance(tree, dict):
        return {key: leafy(item) for key, item in tree.items()}
    return Leaf(tree)  # type: ignore[arg-type]


@pytest.mark.parametrize(("tree", "name", "lines"), TREES)
def test_unpack(tree: object, name: str, lines: list[str]) -> None:
    made = interface(Parameter(name, describe(leafy(tree))))
    assert unpack(made, lambda k: f"x{k}") == lines
    namespace: dict[str, object] = {name: tree}
    exec("\n".join(lines), namespace)
    for k in leaves_of(made.parameters[0].tree):
        assert namespace[f"x{k}"] == k


def test_what_is_not_used_is_not_unpacked() -> None:
    made = interface(
        Parameter("p", describe((Leaf(0), (Leaf(1), Static(3))))),
        Parameter("q", describe({"a": Leaf(2), "b": Leaf(3)})),
    )
    assert unpack(made, {0: "x", 3: "b"}.get) == ["x, (_, _) = p", 'b = q["b"]']
    assert unpack(made, {}.get) == []


@pytest.mark.parametrize("tree", [case[0] for case in TREES] + [((0,),), 0, [[0], [1]], [(0, 1)]])
def test_pack_gives_the_structure_back(tree: object) -> None:
    text = pack(describe(leafy(tree), "p"), str)
    found = eval(compile(f"({text})", "f", "eval"), {"p": tree, "dataclasses": dataclasses})
    assert found == tree
    assert type(found) is type(tree)


def test_records_of_no_argument_become_dicts() -> None:
    assert pack(describe(Pair(Leaf(0), Leaf(1))), lambda k: f"x{k}") == '{"a": x0, "b": x1}'


def test_objects_without_source_text() -> None:
    tree = describe((Leaf(0), object()))
    assert pack(tree, lambda k: "x") == "x, ..."
    with pytest.raises(UnsupportedError, match="object"):
        pack(tree, lambda k: "x", strict=True)
    with pytest.raises(UnsupportedError, match="key"):
        pack(describe({object(): Leaf(0)}), lambda k: "x")


def test_statics_are_found_with_the_expression_that_reads_them() -> None:
    made = interface(
        Parameter("p", describe((Leaf(0), {"k": Box(Leaf(1))}))), Parameter("g", Static(np.tanh))
    )
    assert [(text, s.value) for text, s in statics(made)] == [('p[1]["k"].n', 3), ("g", np.tanh)]
