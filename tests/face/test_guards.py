"""The compiled conditions of guards say what the reference `check` says, for every kind."""

import types
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pytest

from adjit.checks import Writer
from adjit.guards import guard_condition, hidden_expression
from adjit.tracer.guards import CHECK, FETCH, Guard, Hidden, Leaf, Path, check, fetch

ARRAY, OTHER = np.ones(3), np.ones(3)


class Model:
    """Something with attributes and a method."""

    rate = 0.5

    def step(self):
        return self.rate


class Child(Model):
    def step(self):
        return 2.0


def two_defaults(a=1.0, *, b="b"):
    return a, b


def other_defaults(a=2.0, *, b="c"):
    return a, b


def no_defaults(a):
    return a


def closure(value):
    return (lambda: value).__closure__[0]


@dataclass
class Case:
    """A guard that holds for the first owner; the others give it a chance to fail."""

    kind: str
    owners: list[Any]
    key: Any
    expected: Any
    fails: list[bool] = field(default_factory=list)


NAN, FLOAT64 = float("nan"), np.float64(0.5)
CASES = [
    Case("object", [ARRAY, OTHER], None, ARRAY, [False, True]),
    Case(
        "global",
        [{"k": 0.0}, {"k": -0.0}, {"k": 0}, {"k": False}, {}],
        "k",
        0.0,
        [False, True, True, True, True],
    ),
    Case("global", [{"k": NAN}, {"k": float("nan")}, {"k": 1.0}], "k", NAN, [False, False, True]),
    Case("global", [{"k": True}, {"k": 1}, {"k": None}], "k", True, [False, True, True]),
    Case("global", [{"k": None}, {"k": 0}], "k", None, [False, True]),
    Case(
        "global",
        [{"k": FLOAT64}, {"k": np.float64(0.5)}, {"k": 0.5}, {"k": np.float32(0.5)}],
        "k",
        FLOAT64,
        [False, False, True, True],
    ),
    Case(
        "global",
        [{"k": "relu"}, {"k": b"relu".decode()}, {"k": "tanh"}, {"k": b"relu"}],
        "k",
        "relu",
        [False, False, True, True],
    ),
    Case("global", [{"k": np.sin}, {"k": np.cos}], "k", np.sin, [False, True]),
    Case("cell", [closure(2), closure(3), types.CellType()], None, 2, [False, True, True]),
    Case(
        "attr",
        [Model(), Child(), types.SimpleNamespace(rate=2), object()],
        "rate",
        0.5,
        [False, False, True, True],
    ),
    Case("item", [[1, 2], [1, 3], [1], {1: 2}, 5], 1, 2, [False, True, True, False, True]),
    Case("item", [{(0, 1): "x"}, {(0, 1): "y"}, {}], (0, 1), "x", [False, True, True]),
    Case("default", [two_defaults, other_defaults, no_defaults], 0, 1.0, [False, True, True]),
    Case("kwdefault", [two_defaults, other_defaults, no_defaults], "b", "b", [False, True, True]),
    Case("absent", [{}, {"max": 1}], "max", None, [False, True]),
    Case("missing", [{"a": 1}, {"b": 1}, {"b"}, 5], "b", None, [False, True, True, False]),
    Case("noattr", [object(), Model()], "rate", None, [False, True]),
    Case("method", [Model(), Child(), object()], "step", Model.step, [False, True, True]),
    Case(
        "code",
        [no_defaults, two_defaults, object()],
        None,
        no_defaults.__code__,
        [False, True, True],
    ),
    Case("len", [[1, 2], [1], (3, 4), 5], None, 2, [False, True, False, True]),
    Case(
        "keys",
        [{"a": 1, "b": 2}, {"b": 2, "a": 1}, {"a": 1}, {"a": 1, "b": 2, "c": 3}],
        None,
        ("a", "b"),
        [False, True, True, True],
    ),
    Case("keys", [{1, 2}, {2, 1}, {1}, set()], None, frozenset({1, 2}), [False, False, True, True]),
    Case(
        "same",
        [
            Path("global", {"w": ARRAY}, "w"),
            Path("global", {"w": OTHER}, "w"),
            Path("global", {}, "w"),
        ],
        None,
        Path("object", ARRAY),
        [False, True, True],
    ),
]


def test_every_kind_has_a_case():
    assert {case.kind for case in CASES} == {*FETCH, *CHECK}


@pytest.mark.parametrize("case", CASES, ids=lambda c: f"{c.kind} {c.expected!r:.20}")
def test_the_compiled_condition_agrees(case):
    for owner, fails in zip(case.owners, case.fails, strict=True):
        guard = Guard(case.kind, owner, case.key, case.expected)
        assert holds(lambda guard=guard: check(guard)) is not fails, owner
        assert holds(lambda guard=guard: compiled(guard)) is not fails, owner


def compiled(guard):
    """As the call path evaluates a guard."""
    w = Writer()
    return eval(guard_condition(guard, w.bind), w.objects)


def holds(condition):
    try:
        return bool(condition())
    except (LookupError, AttributeError, ValueError, TypeError):  # those of the call path
        return False


@pytest.mark.parametrize(
    "path",
    [
        Path("object", ARRAY),
        Path("global", {"w": ARRAY}, "w"),
        Path("cell", closure(ARRAY)),
        Path("attr", types.SimpleNamespace(w=ARRAY), "w"),
        Path("item", [0, ARRAY], 1),
        Path("default", lambda w=ARRAY: w, 0),
        Path("kwdefault", lambda *, w=ARRAY: w, "w"),
    ],
    ids=lambda path: path.kind,
)
def test_a_hidden_input_is_fetched_the_same_way(path):
    hidden = Hidden(path, Leaf("w", ARRAY.dtype, (3,), "C", "array"))
    w = Writer()
    assert eval(hidden_expression(hidden, w.bind), w.objects) is fetch(hidden) is ARRAY
