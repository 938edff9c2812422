"""What a function reads from outside: hidden inputs and guards, and what may not be changed."""

from __future__ import annotations

import functools
import sys
import types
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from traced import Traced, compare, trace

from adjit.ir.errors import DTypeError

X = np.array([1.0, 2.0, 3.0])
W = np.array([2.0, 3.0, 4.0])
RATE = 0.5
LAYERS = [(np.ones(3), 1.0), (np.ones(3) * 2, 0.5)]
OPTIONS = {"scale": 2.0, "mode": "fast", "weights": np.ones(3), "nested": {"k": [1, 2]}}
FLAGS: list[int] = []
NUMBERS = {1, 2}


class Model:
    width = 2.0

    def __init__(self) -> None:
        self.W = np.array([1.0, 2.0, 3.0])
        self.rate = 0.1
        self.layers = [np.ones(3), np.ones(3) * 2]
        self.config = types.SimpleNamespace(decay=0.5)

    @property
    def half(self):
        return self.rate / 2

    def loss(self, x):
        return np.sum(self.W * x) * self.rate + self.config.decay * self.width + self.half

    def deep(self, x):
        for w in self.layers:
            x = x * w
        return x

    def __call__(self, x):
        return x * self.rate


MODEL = Model()


def helper(x, k=2.0):
    return x * k


def default_array(x, w=np.array([1.0, 1.0, 2.0])):
    return x * w


def reads_array(x):
    return x * W


def reads_number(x):
    return x * RATE


def reads_list(x):
    for w, b in LAYERS:
        x = x * w + b
    return x


def reads_items(x):
    return x * OPTIONS["scale"] * OPTIONS["weights"] + OPTIONS["nested"]["k"][-1]


def reads_with_get(x):
    return x * OPTIONS.get("scale", 1.0) + OPTIONS.get("missing", 3.0)


def reads_membership(x):
    return x if "mode" in OPTIONS and "other" not in OPTIONS else -x


def reads_emptiness(x):
    return x * 2 if FLAGS else x


def reads_set(x):
    return x * sum(k for k in NUMBERS)


def reads_model(x):
    return MODEL.loss(x)


def calls_helper(x):
    return helper(x)


def reads_in_call(x):
    return np.stack([w for w, _ in LAYERS]) @ x + np.sum([b for _, b in LAYERS])


def reads_dict_values(x):
    return sum(v for k, v in OPTIONS.items() if k == "scale") * x


def uses_builtin(x):
    return abs(x)


def fresh(function: Callable[..., Any]) -> Traced:
    traced = compare(function, X)
    assert traced.holds(X)
    return traced


@pytest.mark.parametrize(
    "function",
    [
        reads_array,
        reads_number,
        reads_list,
        reads_items,
        reads_with_get,
        reads_membership,
        reads_emptiness,
        reads_set,
        reads_model,
        calls_helper,
        reads_in_call,
        reads_dict_values,
        uses_builtin,
        default_array,
        MODEL.loss,
        MODEL.deep,
        MODEL,
        functools.partial(helper, k=np.ones(3)),
    ],
)
def test_reads(function: Callable[..., Any]) -> None:
    fresh(function)


def test_arrays_are_fetched_at_each_call(monkeypatch: pytest.MonkeyPatch) -> None:
    traced = fresh(reads_array)
    before = W.copy()
    try:
        W[:] = 10.0
        np.testing.assert_array_equal(traced(X), X * 10)
    finally:
        W[:] = before
    monkeypatch.setitem(globals(), "W", np.array([1.0, 1.0, 5.0]))
    assert traced.holds(X)
    np.testing.assert_array_equal(traced(X), X * W)


@pytest.mark.parametrize("value", [0.25, np.float64(0.5), 1, "a"])
def test_changed_number(monkeypatch: pytest.MonkeyPatch, value: Any) -> None:
    traced = fresh(reads_number)
    monkeypatch.setitem(globals(), "RATE", value)
    assert not traced.holds(X)


@pytest.mark.parametrize(
    ("old", "new"), [(1, True), (1, 1.0), (0.0, -0.0), (True, 1), (1.0, np.float64(1.0))]
)
def test_equal_numbers_of_other_kinds(monkeypatch: pytest.MonkeyPatch, old: Any, new: Any) -> None:
    monkeypatch.setitem(globals(), "RATE", old)
    traced = trace(reads_number, X)
    assert traced.holds(X)
    monkeypatch.setitem(globals(), "RATE", new)
    assert not traced.holds(X)
    monkeypatch.setitem(globals(), "RATE", old)
    assert traced.holds(X)


def test_nan_equals_itself(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(globals(), "RATE", float("nan"))
    traced = trace(reads_number, X)
    monkeypatch.setitem(globals(), "RATE", float("nan"))
    assert traced.holds(X)


def changes() -> list[tuple[str, Callable[..., Any], Callable[[], Any], Callable[[], Any]]]:
    original = helper.__code__
    loss = Model.loss
    return [
        ("list grows", reads_list, lambda: LAYERS.append((np.ones(3), 1.0)), LAYERS.pop),
        (
            "item of tuple in list",
            reads_list,
            lambda: LAYERS.insert(0, LAYERS[1]),
            lambda: LAYERS.pop(0),
        ),
        (
            "dict item",
            reads_items,
            lambda: OPTIONS.update(scale=3.0),
            lambda: OPTIONS.update(scale=2.0),
        ),
        (
            "nested list",
            reads_items,
            lambda: OPTIONS["nested"]["k"].append(7),
            lambda: OPTIONS["nested"]["k"].pop(),
        ),
        (
            "missing key appears",
            reads_with_get,
            lambda: OPTIONS.update(missing=1.0),
            lambda: OPTIONS.pop("missing"),
        ),
        (
            "key appears",
            reads_membership,
            lambda: OPTIONS.update(other=1),
            lambda: OPTIONS.pop("other"),
        ),
        ("list no longer empty", reads_emptiness, lambda: FLAGS.append(1), FLAGS.pop),
        ("set", reads_set, lambda: NUMBERS.add(5), lambda: NUMBERS.remove(5)),
        (
            "attribute",
            reads_model,
            lambda: setattr(MODEL, "rate", 0.7),
            lambda: setattr(MODEL, "rate", 0.1),
        ),
        (
            "class attribute",
            reads_model,
            lambda: setattr(Model, "width", 5.0),
            lambda: setattr(Model, "width", 2.0),
        ),
        (
            "attribute hides class attribute",
            reads_model,
            lambda: setattr(MODEL, "width", 9.0),
            lambda: delattr(MODEL, "width"),
        ),
        (
            "attribute of namespace",
            reads_model,
            lambda: setattr(MODEL.config, "decay", 1.0),
            lambda: setattr(MODEL.config, "decay", 0.5),
        ),
        (
            "method replaced",
            reads_model,
            lambda: setattr(Model, "loss", lambda self, x: x),
            lambda: setattr(Model, "loss", loss),
        ),
        (
            "attribute list",
            MODEL.deep,
            lambda: MODEL.layers.append(np.ones(3)),
            lambda: MODEL.layers.pop(),
        ),
        (
            "default",
            calls_helper,
            lambda: setattr(helper, "__defaults__", (5.0,)),
            lambda: setattr(helper, "__defaults__", (2.0,)),
        ),
        (
            "code of callee",
            calls_helper,
            lambda: setattr(helper, "__code__", (lambda x, k=2.0: x + k).__code__),
            lambda: setattr(helper, "__code__", original),
        ),
        (
            "builtin hidden",
            uses_builtin,
            lambda: globals().update(abs=lambda x: x),
            lambda: globals().pop("abs"),
        ),
        (
            "array becomes a number",
            reads_array,
            lambda: globals().update(W=2.0),
            lambda: globals().update(W=np.ones(3)),
        ),
    ]


@pytest.mark.parametrize("case", changes(), ids=lambda c: c[0])
def test_changes_are_noticed(case: Any) -> None:
    _, function, change, restore = case
    traced = fresh(function)
    change()
    try:
        try:
            held = traced.holds(X)
        except Exception:
            held = False
        assert not held
    finally:
        restore()
    assert trace(function, X).holds(X)


def test_closure_cells() -> None:
    rate = 2.0
    w = np.ones(3)

    def f(x):
        return x * rate * w

    traced = fresh(f)
    w[:] = 3.0
    np.testing.assert_array_equal(traced(X), X * 6)
    w = np.arange(3.0)
    np.testing.assert_array_equal(traced(X), X * 2 * w)
    rate = 3.0
    assert not traced.holds(X)


def test_same_array_twice_is_one_input(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(MODEL, "W", W)
    traced = fresh(lambda x: x * W + MODEL.W)
    assert len(traced.captured.hidden) == 1
    monkeypatch.setattr(MODEL, "W", W.copy())
    assert not traced.holds(X)


def test_hidden_sizes_are_symbolic(monkeypatch: pytest.MonkeyPatch) -> None:
    traced = trace(lambda x: np.sum(W) * x, X)
    monkeypatch.setitem(globals(), "W", np.arange(10.0))
    assert traced.holds(X)
    np.testing.assert_array_equal(traced(X), 45 * X)


def test_static_objects_in_arguments() -> None:
    model = Model()

    def f(model, x):
        return model.loss(x)

    traced = trace(f, model, X)
    assert traced.holds(model, X)
    model.rate = 0.9
    assert not traced.holds(model, X)


def user_module(name: str, **attributes: Any) -> types.ModuleType:
    module = types.ModuleType(name)
    vars(module).update(attributes)
    return module


def test_modules_of_the_user(monkeypatch: pytest.MonkeyPatch) -> None:
    settings = user_module("settings_of_mine", LR=0.5, W=np.ones(3))
    monkeypatch.setitem(sys.modules, "settings_of_mine", settings)

    def f(x):
        import settings_of_mine

        return x * settings_of_mine.LR * settings_of_mine.W

    traced = fresh(f)
    settings.W[:] = 2.0
    np.testing.assert_array_equal(traced(X), X)
    settings.LR = 0.1
    assert not traced.holds(X)


def test_library_modules_are_trusted() -> None:
    traced = fresh(lambda x: np.sin(x) * np.pi)
    assert not any(g.owner is np for g in traced.captured.guards)


def test_subclasses_of_arrays() -> None:
    matrix = np.ma.masked_array([1.0, 2.0, 3.0], mask=[0, 1, 0])
    with pytest.raises(DTypeError, match="MaskedArray"):
        trace(lambda x: x * matrix, X)


def test_functions_without_source_are_guarded() -> None:
    space: dict[str, Any] = {"k": 2.0, "w": np.ones(3)}
    exec("def f(x):\n    return x * k * w", space)
    traced = fresh(space["f"])
    space["w"][:] = 4.0
    np.testing.assert_array_equal(traced(X), X * 8)
    space["k"] = 3.0
    assert not traced.holds(X)
    space["k"] = 2.0
    assert traced.holds(X)
    space["w"] = np.zeros(3)
    assert not traced.holds(X)
