"""Objects of the user's classes: read, changed and copied, from outside and inside."""

from __future__ import annotations

import abc
import copy
import dataclasses
import functools
from collections import defaultdict
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from traced import compare, trace

from adjit.ir.errors import UnsupportedError

X = np.array([1.5, -0.5, 2.0, 0.25])
M = np.arange(12.0).reshape(3, 4)
SCALE = 2.0
COUNTS: defaultdict[str, int] = defaultdict(int, a=1)


class Shape(abc.ABC):
    def __init__(self, size):
        self.size = size * SCALE

    @abc.abstractmethod
    def area(self): ...


class Square(Shape):
    def area(self):
        return self.size**2


@dataclasses.dataclass
class Layer:
    w: Any
    b: Any = None
    calls: list[Any] = dataclasses.field(default_factory=list)

    def __post_init__(self):
        if self.b is None:
            self.b = np.zeros(self.w.shape[0]) + SCALE

    def __call__(self, x):
        return self.w @ x + self.b


@dataclasses.dataclass(frozen=True)
class Settings:
    rate: float = 0.5
    kind: str = "a"


class Lazy:
    def __init__(self, x):
        self.x = x

    def __getattr__(self, name):
        if name == "double":
            return self.x * 2
        raise AttributeError(name)


class Slotted:
    __slots__ = ("a", "b")

    def __init__(self, a):
        self.a = a
        self.b = a * 2


class Params(dict):
    def __getattr__(self, name):
        return self[name]


class Cached:
    def __init__(self, x):
        self.x = x

    @functools.cached_property
    def square(self):
        return self.x**2


SETTINGS = Settings()
OTHER = Settings()
PARAMS = Params(w=np.ones(4), k=3.0)
BUFFER = Layer(np.ones((2, 2)))


def abstract_classes(x):
    return Square(x).area()


def dataclass_post_init(m):
    layer = Layer(m)
    layer.calls.append(m)
    layer.b[0] = 5.0
    return layer(m[0]), len(layer.calls)


def dynamic_attributes(x):
    return Lazy(x).double + Slotted(x).b


def cached_properties(x):
    c = Cached(x)
    return c.square + c.square


def dict_subclass(x):
    p = Params(a=x, b=2.0)
    return p.a * p["b"] * PARAMS.k + PARAMS.w


def dataclass_equality(x):
    return x if SETTINGS == OTHER else -x


OBJECTS = [
    abstract_classes,
    dynamic_attributes,
    cached_properties,
    dict_subclass,
    dataclass_equality,
]


@pytest.mark.parametrize("function", OBJECTS)
def test_object(function: Callable[..., Any]) -> None:
    compare(function, X)


def test_object_with_post_init() -> None:
    compare(dataclass_post_init, M)


def test_changes_of_outside_objects() -> None:
    traced = trace(dataclass_equality, X)
    assert traced.holds(X)
    object.__setattr__(OTHER, "rate", 0.75)
    try:
        assert not traced.holds(X)
    finally:
        object.__setattr__(OTHER, "rate", 0.5)
    traced = trace(dict_subclass, X)
    PARAMS["k"] = 5.0
    try:
        assert not traced.holds(X)
    finally:
        PARAMS["k"] = 3.0


def test_copies_of_outside_objects() -> None:
    def shallow(x):
        s = copy.copy(SETTINGS)
        return x * s.rate * dataclasses.replace(SETTINGS, rate=2.0).rate

    traced = compare(shallow, X)
    object.__setattr__(SETTINGS, "rate", 0.75)
    try:
        assert not traced.holds(X)
    finally:
        object.__setattr__(SETTINGS, "rate", 0.5)

    def deep(x):
        return x * copy.deepcopy(BUFFER).w[0, 0]

    with pytest.raises(UnsupportedError, match="deepcopy"):
        trace(deep, X)
    compare(lambda x: copy.deepcopy([x, x * 2]), X)


def test_defaultdict_from_outside() -> None:
    with pytest.raises(UnsupportedError, match="defaultdict"):
        trace(lambda x: x * COUNTS["missing"], X)
    compare(lambda x: x * COUNTS["a"], X)
