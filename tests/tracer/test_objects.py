"""Classes, records, containers and library callables behave in traced code as in Python."""

from __future__ import annotations

import dataclasses
import enum
import functools
import itertools
import math
import operator
from collections import OrderedDict, defaultdict
from collections.abc import Callable
from typing import Any, NamedTuple

import numba
import numpy as np
import pytest
from traced import compare

X = np.array([1.5, -0.5, 2.0, 0.25])


class Pair(NamedTuple):
    a: Any
    b: Any = 2.0


@dataclasses.dataclass
class Config:
    rate: float
    scale: Any = 1.0

    def scaled(self, x):
        return x * self.scale


@dataclasses.dataclass(frozen=True)
class Frozen:
    w: Any
    b: Any

    def __call__(self, x):
        return x * self.w + self.b


class Color(enum.Enum):
    RED = 1
    BLUE = 2


class Vector:
    def __init__(self, *items):
        self.items = list(items)

    def __add__(self, other):
        if not isinstance(other, Vector):
            return NotImplemented
        return Vector(*[a + b for a, b in zip(self.items, other.items)])

    def __mul__(self, k):
        return Vector(*[a * k for a in self.items])

    __rmul__ = __mul__

    def __getitem__(self, k):
        return self.items[k]

    def __setitem__(self, k, value):
        self.items[k] = value

    def __len__(self):
        return len(self.items)

    def __iter__(self):
        return iter(self.items)

    def __neg__(self):
        return self * -1.0

    def __eq__(self, other):
        return len(self) == len(other)

    def __contains__(self, k):
        return k == 3

    def __bool__(self):
        return len(self.items) > 0

    @property
    def total(self):
        return sum(self.items)

    @staticmethod
    def unit(x):
        return Vector(x / x)

    @classmethod
    def twice(cls, x):
        return cls(x, x)


class Base:
    factor = 3.0

    def __init__(self, w):
        self.w = w

    def apply(self, x):
        return self.w * x * self.factor


class Derived(Base):
    factor = 4.0

    def __init__(self, w, b):
        super().__init__(w)
        self.__b = b

    def apply(self, x):
        return super().apply(x) + self.__b

    def __private(self, x):
        return x + 1

    def call_private(self, x):
        return self.__private(x) + self._Derived__b


def decorated(function):
    @functools.wraps(function)
    def wrapper(*args, **kwargs):
        return function(*args, **kwargs) * 2

    return wrapper


@decorated
def helper(x, *, power=2):
    """A helper."""
    return x**power


def defaults(x, a, b=2.0, *rest, c=3.0, **named):
    return x * a + b + sum(rest) * c + sum(named.values())


@numba.njit
def jitted(a, b):
    return a * b + 1


@functools.cache
def cached(n):
    return n * 2 + 1


def classes(x):
    v = Vector(x, 1.0) + Vector(2.0, x)
    v[0] = v[0] * 2
    w = 3.0 * (-v)
    t = Vector.twice(x)
    return (
        v.total,
        w[0],
        len(v),
        [i for i in v],
        Vector.unit(x)[0],
        t.total,
        3 in v,
        4 in v,
        1.0 if v else 2.0,
        v == w,
    )


def inheritance(x):
    d = Derived(2.0, x)
    return d.apply(x), d.call_private(x), isinstance(d, Base), d.factor


def records(x):
    c = Config(0.1)
    c.scale = x
    c = dataclasses.replace(c, rate=2.0)
    p = Pair(x)
    q = p._replace(b=x * 2)
    f = Frozen(w=x, b=1.0)
    return c.scaled(x) * c.rate, p.a + p.b, q, f(x), dataclasses.astuple(Config(1.0))


def enums(x):
    c = Color.RED
    table = {Color.RED: x, Color.BLUE: -x}
    return table[c] if c is Color.RED else None, Color.BLUE.value


def native_callbacks(x):
    total = functools.reduce(lambda a, b: a * b, list(x))
    doubled = list(map(lambda v: v * 2, x))
    kept = list(filter(lambda k: k > 1, range(4)))
    ordered = sorted([3, 1, 2], key=lambda k: -k)
    sums = list(itertools.accumulate(x, operator.add))
    part = functools.partial(defaults, x, b=5.0)
    return total, doubled, kept, ordered, sums, part(2.0), max([1, 3], key=lambda k: -k)


def builtins_on_traced(x):
    return (
        sum(x),
        sum([x, x]),
        sum(x, 1.0),
        min(x[0], x[1]),
        max(0.0, x[0]),
        max(x),
        abs(x),
        abs(x[1]),
        pow(x, 2),
        divmod(x, 2.0),
        round(x[0], 1),
        len(x),
        float(x[0]),
        isinstance(x, np.ndarray),
        isinstance(x[0], float),
        isinstance(x[0], np.floating),
        isinstance(len(x), int),
        type(x) is np.ndarray,
        list(reversed(x)),
        [i for i, _ in enumerate(x)],
        list(zip(x, range(4))),
        bool(len(x)),
        tuple(x)[0],
        hasattr(x, "shape"),
        x.T,
        hasattr(x, "nothing"),
    )


def string_methods(x):
    names = ["w", "b"]
    params = dict(zip(names, [x, 1.0]))
    key = "%s" % "w"
    return params[key] * params["{}".format("b")], "a".upper(), ",".join(names)


def containers(x):
    d = OrderedDict(a=x)
    d.update(b=x * 2)
    d.setdefault("c", []).append(x)
    e = defaultdict(list)
    e["k"].append(x)
    items = [x]
    items += [x * 2]
    items.extend([x * 3])
    items.insert(0, 1.0)
    popped = items.pop()
    stack = items[1:] + [popped] * 2
    keys = set(d) | {"z"}
    return dict(d), dict(e), stack, sorted(keys), (1, 2) + (x,), [0] * 3, d.get("q", x)


def math_functions(x):
    s = x[0]
    return (
        math.sin(s) + math.exp(s) * math.pi,
        math.sqrt(2.0),
        math.hypot(s, 3.0),
        math.floor(2.5),
        math.prod([1, 2, 3]),
        math.inf > 1,
    )


def decorated_helper(x):
    return helper(x, power=3), helper.__name__


def local_class(x):
    scale = 3.0

    class Local:
        bias = 1.0

        def __init__(self, w):
            self.w = w

        def run(self, y):
            return self.w * y * scale + self.bias

    return Local(x).run(x)


def numba_helper(x):
    return jitted(x, 2.0)


def lru_cached(x):
    return x * cached(3) + cached(x[0])


def chained_methods(x):
    return x.reshape(2, 2).T.sum(axis=0).max()


OBJECTS: list[Callable[..., Any]] = [
    classes,
    inheritance,
    records,
    enums,
    native_callbacks,
    builtins_on_traced,
    string_methods,
    containers,
    math_functions,
    decorated_helper,
    local_class,
    numba_helper,
    lru_cached,
    chained_methods,
]


@pytest.mark.parametrize("function", OBJECTS)
def test_object(function: Callable[..., Any]) -> None:
    compare(function, X)


def test_bound_methods_and_callable_objects() -> None:
    compare(Base(2.0).apply, X)
    compare(Frozen(2.0, 1.0), X)
    compare(functools.partial(defaults, a=2.0), X)
    compare(functools.partial(defaults, b=np.ones(4)), X, 2.0)
