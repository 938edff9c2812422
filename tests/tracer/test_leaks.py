"""Nothing traced may outlive its trace, and nothing from outside may be changed by it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from traced import compare, trace

from adjit.ir.errors import LeakedTraceError, UnsupportedError

X = np.array([1.0, 2.0, 3.0])
W = np.array([2.0, 3.0, 4.0])
OPTIONS = {"scale": 2.0}
HISTORY: list[Any] = []


class Model:
    def __init__(self) -> None:
        self.W = np.array([1.0, 2.0, 3.0])
        self.last: Any = None


MODEL = Model()


def store_global(x):
    global HISTORY
    HISTORY = x


def store_item(x):
    OPTIONS["last"] = x
    return x


def store_attribute(x):
    MODEL.last = x
    return x


def append(x):
    HISTORY.append(x)
    return x


def extend(x):
    global HISTORY
    HISTORY += [x]
    return x


def class_attribute(x):
    Model.last = x
    return x


def setattr_call(x):
    setattr(MODEL, "last", x)
    return x


@pytest.mark.parametrize(
    "function",
    [store_global, store_item, store_attribute, append, extend, class_attribute, setattr_call],
)
def test_leaks_into_outside_objects(function: Callable[..., Any]) -> None:
    with pytest.raises(LeakedTraceError) as caught:
        trace(function, X)
    assert caught.value.location is not None
    assert caught.value.location.function == function.__name__
    assert "last" not in OPTIONS
    assert HISTORY == []


def test_plain_effects_are_refused() -> None:
    def count(x):
        MODEL.last = 5
        return x

    def log(x):
        HISTORY.append("called")
        return x

    for function in (count, log):
        with pytest.raises(UnsupportedError, match="object from outside"):
            trace(function, X)


def test_outside_arrays_are_not_written() -> None:
    def f(x):
        W[0] = x[0]
        return W

    def g(x):
        v = MODEL.W[1:]
        v += x[1:]
        return v

    for function in (f, g):
        with pytest.raises(UnsupportedError, match="not an argument"):
            trace(function, X)

    def copies(x):
        w = W.copy()
        w[0] = x[0]
        return w

    compare(copies, X)


def test_leaked_values() -> None:
    kept: list[Any] = []

    def f(x):
        keep(x)
        return x

    space: dict[str, Any] = {"kept": kept}
    exec("def keep(x):\n    kept.append(x)", space)
    keep = space["keep"]
    trace(f, X)
    with pytest.raises(LeakedTraceError, match="after its trace has ended"):
        kept[0] + 1
    with pytest.raises(LeakedTraceError):
        kept[0][0]
    with pytest.raises(LeakedTraceError):
        trace(lambda x: x + kept[0], X)


def test_inner_functions_do_not_outlive_the_trace() -> None:
    made = trace(lambda x: lambda y: y + x, X)
    with pytest.raises(LeakedTraceError, match="after its trace"):
        made.captured.outputs(1.0)
