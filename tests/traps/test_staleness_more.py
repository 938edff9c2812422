"""Whatever a function reads from outside may change between calls: read afresh, or refused."""

import collections
import contextvars
import dataclasses
import enum
import functools
import itertools
import math
import operator
import os
import types

import numpy as np
import pytest

from adjit import grad
from adjit.errors import UnsupportedError

X = np.ones(3)
S = np.sum
BOX = types.SimpleNamespace()


class Mode(enum.Enum):
    FAST = 1.0
    SLOW = 2.0


@dataclasses.dataclass
class Point:
    a: float = 1.0
    b: list = dataclasses.field(default_factory=lambda: [1.0])


class Own:
    """Every special method gives what BOX.v is at that moment."""

    def __getattr__(self, name):
        return BOX.v

    def __getitem__(self, key):
        return BOX.v

    def __len__(self):
        return int(BOX.v)

    def __iter__(self):
        return iter([BOX.v])

    def __contains__(self, key):
        return BOX.v > 2

    def __float__(self):
        return BOX.v

    def __index__(self):
        return int(BOX.v)

    def __bool__(self):
        return BOX.v > 2

    def __eq__(self, other):
        return BOX.v > 2

    def __hash__(self):
        return 1

    def __mul__(self, other):
        return BOX.v * other

    def __rmul__(self, other):
        return BOX.v * other

    def __call__(self):
        return BOX.v

    def __format__(self, spec):
        return str(BOX.v)

    @classmethod
    def of_class(cls):
        return BOX.v

    @property
    def value(self):
        return BOX.v * 2


OWN = Own()
# What is kept in BOX.v first, then; and what a function makes of it.
CASES = {
    "number": (1.0, 3.0, lambda x: S(x) * BOX.v),
    "type": (1.0, 1, lambda x: S(x) * (2.0 if isinstance(BOX.v, int) else 3.0)),
    "none": (None, 2.0, lambda x: S(x) * (1.0 if BOX.v is None else 2.0)),
    "text": ("2", "33", lambda x: S(x) * float(BOX.v) * len(BOX.v)),
    "enum": (Mode.FAST, Mode.SLOW, lambda x: S(x) * (2.0 if BOX.v is Mode.FAST else 3.0)),
    "enum value": (Mode.FAST, Mode.SLOW, lambda x: S(x) * BOX.v.value),
    "array": (np.ones(3), np.arange(3.0), lambda x: S(x * BOX.v)),
    "array of another shape": (np.ones((2, 2)), np.ones((3, 3)), lambda x: S(x) * S(BOX.v)),
    "array of another dtype": (np.ones(3), np.arange(3), lambda x: S(x * BOX.v)),
    "array to list": (np.ones(3), np.arange(3.0), lambda x: S(x) * BOX.v.tolist()[1]),
    "deque": (collections.deque([1.0]), collections.deque([3.0]), lambda x: S(x) * BOX.v[0]),
    "user dict": (
        collections.UserDict(a=1.0),
        collections.UserDict(a=2.0),
        lambda x: S(x) * BOX.v["a"],
    ),
    "partial": (
        functools.partial(pow, 2.0),
        functools.partial(pow, 3.0),
        lambda x: S(x) * BOX.v(2.0),
    ),
    "float()": (1.0, 3.0, lambda x: S(x) * float(OWN)),
    "len()": (1.0, 3.0, lambda x: S(x) * len(OWN)),
    "iteration": (1.0, 3.0, lambda x: S(x) * list(OWN)[0]),
    "in": (1.0, 3.0, lambda x: S(x) * (2.0 if 1 in OWN else 1.0)),
    "truth": (1.0, 3.0, lambda x: S(x) * (2.0 if OWN else 1.0)),
    "equality": (1.0, 3.0, lambda x: S(x) * (2.0 if OWN == 3 else 1.0)),
    "operators": (1.0, 3.0, lambda x: S(x) * (OWN * 2.0) + S(x) * (2.0 * OWN)),
    "item": (1.0, 3.0, lambda x: S(x) * OWN["key"]),
    "attribute": (1.0, 3.0, lambda x: S(x) * OWN.anything),
    "property": (1.0, 3.0, lambda x: S(x) * OWN.value),
    "class method": (1.0, 3.0, lambda x: S(x) * Own.of_class()),
    "call": (1.0, 3.0, lambda x: S(x) * OWN()),
    "an index": (1.0, 3.0, lambda x: S(x) * [1.0, 2.0, 3.0, 4.0][OWN]),
    "a format": (1.0, 3.0, lambda x: S(x) * float(f"{OWN}")),
    "range()": (1.0, 3.0, lambda x: S(x) * sum(1.0 for _ in range(OWN))),
}


@pytest.mark.parametrize("name", CASES)
def test_replaced(name):
    first, then, f = CASES[name]
    g = grad(f)
    for value in (first, then, first):
        BOX.v = value
        np.testing.assert_allclose(
            g(X),
            f(np.eye(3)[0]) - f(np.zeros(3))
            if name not in ("array", "array of another dtype")
            else BOX.v,
        )


# A list, and one way of reading it; it grows between calls.
READS = {
    "max": max,
    "sum": sum,
    "sorted": lambda v: sorted(v)[-1],
    "list": lambda v: list(v)[-1],
    "slice": lambda v: v[:2][-1],
    "negative index": lambda v: v[-1],
    "len": len,
    "in": lambda v: 2.0 if 9.0 in v else 1.0,
    "comparison": lambda v: 2.0 if v == [1.0] else 1.0,
    "comprehension": lambda v: [q for q in v if q > 0][-1],
    "array": lambda v: np.array(v).sum(),
    "mean": lambda v: np.mean(v),
    "unpacking": lambda v: max(*v, 0.0),
    "copy": lambda v: v.copy()[-1],
    "index": lambda v: v.index(v[-1]) + 1.0,
    "count": lambda v: v.count(9.0) + 1.0,
    "enumerate": lambda v: 1 + sum(i for i, _ in enumerate(v)),
    "zip": lambda v: sum(a * b for a, b in zip(v, v)),
    "map": lambda v: sum(map(float, v)),
    "reduce": lambda v: functools.reduce(operator.add, v),
    "chain": lambda v: sum(itertools.chain(v, v)),
    "fsum": math.fsum,
    "any": lambda v: 2.0 if any(q > 5 for q in v) else 1.0,
    "text": lambda v: len(str(v)),
    "deque": lambda v: sum(collections.deque(v)),
    "outside deque": lambda v: sum(QUEUE) + len(QUEUE),
    "dict": lambda v: sum(TABLE.values()),
    "keys": lambda v: len("".join(TABLE)),
    "merged": lambda v: sum((TABLE | {"z": 1.0}).values()),
    "keywords": lambda v: sum(dict(**TABLE).values()),
    "get": lambda v: TABLE.get("9.0", 0.5),
    "user dict": lambda v: USER.get("9.0", 0.5),
    "key in user dict": lambda v: 1 + ("9.0" in USER),
}
QUEUE: collections.deque = collections.deque()
TABLE: dict = {}
USER: collections.UserDict = collections.UserDict()
ITEMS: list = []


@pytest.mark.parametrize("name", READS)
def test_grown(name):
    read = READS[name]

    def fill(values):
        for container in (QUEUE, TABLE, USER, ITEMS):
            container.clear()
        for v in values:
            QUEUE.append(v)
            ITEMS.append(v)
            TABLE[str(v)] = USER[str(v)] = v

    g = grad(lambda x: np.sum(x) * read(ITEMS))
    for values in ([1.0], [1.0, 9.0], [1.0, 9.0, 2.0], [4.0]):
        fill(values)
        np.testing.assert_allclose(g(X), read(ITEMS))


VARIABLE = contextvars.ContextVar("variable", default=1.0)


@pytest.mark.parametrize(
    "read",
    [
        lambda: float(os.getenv("ADJIT_TEST", "1")),
        lambda: VARIABLE.get(),
        lambda: np.random.rand(),
        lambda: float(len(os.listdir("."))),
    ],
)
def test_state_of_the_process_is_refused(read):
    with pytest.raises(UnsupportedError, match="pass what you get"):
        grad(lambda x: np.sum(x) * read())(X)


def test_the_environment_is_read_afresh(monkeypatch):
    g = grad(lambda x: np.sum(x) * float(os.environ.get("ADJIT_TEST", "1")))
    for value in ("2", "3"):
        monkeypatch.setenv("ADJIT_TEST", value)
        np.testing.assert_allclose(g(X), float(value))
    monkeypatch.delenv("ADJIT_TEST")
    np.testing.assert_allclose(g(X), 1.0)


@dataclasses.dataclass(frozen=True)
class Config:
    v: float
    mode: str = dataclasses.field(default="a", compare=False)


class Equal:
    def __init__(self, v):
        self.v = v

    def __eq__(self, other):
        return True

    def __hash__(self):
        return 1


def test_static_arguments_that_are_equal_and_not_the_same():
    f = lambda x, c: np.sum(x) * c.v * (5.0 if isinstance(c.v, int) else 1.0) * len(c.mode)  # noqa: E731
    g = grad(f, static_argnums=1)
    for c in (Config(2.0), Config(2), Config(2.0, "bb"), Config(2.0), Config(True)):
        np.testing.assert_array_equal(g(X, c), f(np.eye(3)[0], c))
    assert len(g.specializations) == 4
    assert np.signbit(
        grad(lambda x, c: np.copysign(x, c.v).sum(), static_argnums=1)(X, Config(-0.0))
    ).all()
    h = grad(lambda x, c: np.sum(x) * c.v, static_argnums=1)
    assert [h(X, Equal(v))[0] for v in (2.0, 3.0)] == [2.0, 3.0]


def test_static_arguments_changed_in_place():
    g = grad(lambda x, c: np.sum(x) * c[1][0], static_argnums=1)
    c = (2.0, [3.0])
    assert g(X, c)[0] == 3.0
    c[1][0] = 5.0
    assert g(X, c)[0] == 5.0
