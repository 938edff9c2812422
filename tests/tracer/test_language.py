"""The interpreter runs Python as Python does."""

from __future__ import annotations

import contextlib
from collections import namedtuple
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from traced import compare, trace

X = np.array([1.5, -0.5, 2.0, 0.25])
Point = namedtuple("Point", "x y")


def defaults(x, a, b=2.0, *rest, c=3.0, **named):
    return x * a + b + sum(rest) * c + sum(named.values())


@contextlib.contextmanager
def scope(values):
    values.append(1.0)
    yield values
    values.append(2.0)


def factorial(n):
    return 1 if n <= 1 else n * factorial(n - 1)


def generator(x):
    for k in range(3):
        yield x * k


def if_elif_else(x):
    out = []
    for k in range(-2, 3):
        if k < 0:
            out.append(-x)
        elif k == 0:
            out.append(x * 0)
        else:
            out.append(x + k)
    return out


def loops(x):
    total = x * 0
    for i in range(10):
        if i == 2:
            continue
        if i == 5:
            break
        total = total + x * i
    else:
        total = total * 100
    k = 0
    while k < 3:
        k += 1
        if k == 2:
            continue
        total += k
    else:
        total += 0.5
    for _ in []:
        pass
    else:
        total += 0.25
    return total


def early_return(x, flag=True):
    for k in range(5):
        if k == 3:
            return x * k
    return x


def nested_return_in_try(x):
    log = []

    def run():
        try:
            return x * 2
        finally:
            log.append("done")

    y = run()
    return y, len(log)


def unpacking(x):
    a, (b, *c), d = x[0], [x[1], x[2], x[3]], 4
    [e, f] = (a, b)
    first, *_ = x
    *_, last = x
    (g, h), i = Point(a, b), 1
    return a, b, c, d, e, f, first, last, g, h, i


def star_arguments(x):
    args = (2.0, 1.0, 5.0)
    named = {"c": 2.0, "z": x}
    return defaults(x, *args, **named), defaults(x, 1.0, *[1, 2], y=1)


def closures(x):
    def power(n):
        def raised(y):
            return y**n

        return raised

    square, cube = power(2), power(3)
    return square(x) + cube(x)


def late_binding(x):
    functions = [lambda y: y * k for k in range(3)]
    bound = [lambda y, k=k: y * k for k in range(3)]
    return [f(x) for f in functions], [f(x) for f in bound]


def nonlocal_counter(x):
    count = 0

    def bump(y):
        nonlocal count
        count += 1
        return y * count

    a = bump(x)
    b = bump(x)
    return a, b, count


def comprehensions(x):
    k = 10
    squares = [v * v for v in x if True]
    table = {i: v for i, v in enumerate(x)}
    nested = [[v * w for v in x] for w in range(2)]
    flat = [v + w for v in x for w in (1, 2) if w > 1]
    total = sum(v for v in x)
    kinds = {type(v).__name__ for v in [1, 2.0]}
    return squares, table, nested, flat, total, sorted(kinds), k


def walrus(x):
    if (n := len(x)) > 2:
        y = x * n
    return y, [z := v + 1 for v in x][0], z


def conditional_expressions(x):
    flag = None
    a = x if flag is None else -x
    b = flag or x
    c = 0 or 0.0 or x
    d = 1 and x
    e = not flag
    f = 1 < 2 < 3
    g = 1 < 2 > 3
    return a, b, c, d, e, f, g


def f_strings(x):
    n = 3
    name = f"w{n:02d}_{'a'!r}_{1.5:.2f}"
    params = {"w03_'a'_1.50": x}
    return params[name]


def exceptions(x):
    out = []
    try:
        {}["missing"]
    except KeyError as error:
        out.append(error.args[0])
    try:
        int("a")
    except (ValueError, TypeError):
        y = x * 2
    else:
        y = x * 3
    finally:
        y = y + 1
    try:
        try:
            raise ValueError("a")
        except ValueError as inner:
            raise RuntimeError("b") from inner
    except RuntimeError as outer:
        out.append(str(outer.__cause__))
    try:
        try:
            raise KeyError("k")
        except KeyError:
            raise
    except KeyError:
        out.append("again")
    return y, out


def with_statement(x):
    values = []
    with scope(values) as inner, np.errstate(all="ignore"):
        inner.append(5.0)
        y = x * sum(inner)
    with contextlib.suppress(KeyError):
        {}["a"]
    return y, values


def matching(x):
    out = []
    for item in [0, "b", [1, 2], {"k": 5, "z": 1}, Point(1, 2), (1, 2, 3, 4), None, 2.5]:
        match item:
            case 0 | 1:
                out.append(x)
            case str(s):
                out.append(s)
            case Point(x=a, y=b):
                out.append(("point", a, b))
            case [a, b]:
                out.append(a + b)
            case {"k": v, **rest}:
                out.append((v, len(rest)))
            case [first, *middle, last]:
                out.append(middle)
            case None:
                out.append("none")
            case float(v) if v > 2:
                out.append(v)
    return out


def deletion(x):
    y = x * 2
    d = {"a": y, "b": x}
    del d["a"]
    items = [1, 2, 3]
    del items[0]
    del y
    try:
        y  # noqa: F821
    except UnboundLocalError:
        return d, items
    return None


def imports_inside(x):
    import math as m
    from functools import reduce

    return m.exp(x[0]), reduce(lambda a, b: a + b, list(x))


def recursion(x):
    return x * factorial(5)


def generators(x):
    return sum(generator(x)), [v for v in generator(x)], next(iter(generator(x)))


def recursive_traced(x):
    def power(n):
        return x if n == 0 else power(n - 1) * x

    return power(60)


def annotated(x):
    y: np.ndarray = x * 2
    z: float
    z = 3.0
    return y * z


def keyword_only(x):
    def f(a, /, b, *, c=1.0, d):
        return a + b * c + d

    return f(x, 2.0, d=x), f(x, b=1.0, c=2.0, d=0.0)


def shape_arithmetic(x):
    (n,) = x.shape
    return np.zeros(n + 1), x[: n // 2], n * 2, (n, 1), x.reshape(n, 1).shape == (n, 1)


FUNCTIONS: list[Callable[..., Any]] = [
    if_elif_else,
    loops,
    early_return,
    nested_return_in_try,
    unpacking,
    star_arguments,
    closures,
    late_binding,
    nonlocal_counter,
    comprehensions,
    walrus,
    conditional_expressions,
    f_strings,
    exceptions,
    with_statement,
    matching,
    deletion,
    imports_inside,
    recursion,
    generators,
    recursive_traced,
    annotated,
    keyword_only,
    shape_arithmetic,
]


@pytest.mark.parametrize("function", FUNCTIONS)
def test_function(function: Callable[..., Any]) -> None:
    compare(function, X)


def test_two_lambdas_on_a_line() -> None:
    f, g = (lambda x: x * 2), (lambda x: x * 3 if x.ndim == 1 else x)
    compare(f, X)
    compare(g, X)
    for k, h in enumerate([lambda x: (x + 1) if x.ndim else x, lambda x: (x + 2) if x.ndim else x]):
        np.testing.assert_array_equal(trace(h, X)(X), X + 1 + k)


def test_functions_without_source() -> None:
    space: dict[str, Any] = {"np": np}
    exec("def f(x):\n    y = x.copy()\n    y[1:] *= 2\n    return np.sum(np.sin(y) * x)", space)
    compare(space["f"], X)


def test_errors_of_calls_are_pythons() -> None:
    def too_many(x):
        return defaults.__wrapped__(x)

    def f(a, b):
        return a

    for bad in (lambda x: f(x), lambda x: f(x, 1, 2), lambda x: f(x, c=1), lambda x: f(x, 1, a=2)):
        with pytest.raises(TypeError, match=r"f\(\)"):
            trace(bad, X)
    with pytest.raises(AttributeError):
        trace(too_many, X)
    with pytest.raises(NameError, match="undefined_name"):
        trace(lambda x: undefined_name, X)  # noqa: F821
