"""`break`, `continue`, `else` and early `return` that depend on traced numbers."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from traced import compare, trace

from adjit.ir.errors import DataDependentError, UnsupportedError

R = np.random.default_rng(2)
X, Y = R.standard_normal(6), R.standard_normal(9)


def breaks(x, limit):
    s = 0.0
    for i in range(len(x)):
        s += abs(x[i])
        if s > limit:
            break
    return s * i


def continues(x, limit):
    s = 0.0
    for v in x:
        if v < 0:
            continue
        s += v
        if v > limit:
            continue
        s *= 0.5
    return s


def returns(x, limit):
    s = 0.0
    for v in x:
        if v < 0:
            continue
        s += v
        if s > limit:
            return s * 2
    return s


def returns_an_array(x, limit):
    y = x.copy()
    for i in range(len(x)):
        y[i] *= 2
        if x[i] > limit:
            return y
    return x


def returns_from_a_nest(x, limit):
    for i in range(len(x)):
        for j in range(len(x)):
            if x[i] * x[j] > limit:
                return x[i] + x[j]
    return 0.0 * x[0]


def breaks_in_a_nest(x, limit):
    t = 0.0
    for i in range(len(x)):
        for j in range(i, len(x)):
            if x[j] > limit:
                break
            t += x[j] * x[i]
        else:
            t *= 0.9
    return t


def else_of_while(x, limit):
    i = 0
    while i < len(x):
        if x[i] > limit:
            break
        i += 1
    else:
        return x[0]
    return x[1]


def while_true(x, limit):
    s, k = 1.0 + 0 * x[0], 0
    while True:
        s = s * 0.7
        k += 1
        if s < 0.05:
            break
        if k >= limit * 6:
            return -s
    return s * k


def statements_after(x, limit):
    s = 0.0
    for v in x:
        if v > limit:
            s += 1.0
            break
        t = v * 2
        if t < -limit:
            s += 10.0
            continue
        s += t
    s *= 2
    for v in x:
        s += v
    return s


def writes_before_leaving(x, limit):
    y = np.zeros(len(x) + 1)
    for i in range(len(x)):
        y[i] = x[i]
        if x[i] > limit:
            y[-1] = i
            break
        y[i + 1] = -x[i]
    return y


def search(x, value):
    """Returns from inside of a `while` with two bounds."""
    low, high = 0, len(x)
    while low < high:
        middle = (low + high) // 2
        if x[middle] < value:
            low = middle + 1
        else:
            high = middle
    return low


def in_a_helper(x, limit):
    ordered = np.sort(x)
    k = search(ordered, limit)
    return ordered[min(k, 2)] * k


def with_and_finally(x, limit):
    s = 0.0
    for v in x:
        try:
            if v > limit:
                break
            s += v
        finally:
            s += 0.25
    for v in x:
        with np.errstate(all="ignore"):
            if v < -limit:
                continue
            s += v
    return s


def nested_ifs(x, limit):
    for v in x:
        if v > limit:
            if v > 2 * limit:
                return v
            elif v > 1.5 * limit:
                break
            x = x * 0.5
        else:
            continue
        x = x + 1
    return x[0]


def two_returns(x, limit):
    if x[0] > limit:
        for v in x:
            if v < 0:
                return v
        return x[1]
    for v in x:
        if v > 0:
            return 2 * v
    return x[2]


@pytest.mark.parametrize(
    "function",
    [
        breaks,
        continues,
        returns,
        returns_an_array,
        returns_from_a_nest,
        breaks_in_a_nest,
        else_of_while,
        while_true,
        statements_after,
        writes_before_leaving,
        in_a_helper,
        with_and_finally,
        nested_ifs,
        two_returns,
    ],
)
@pytest.mark.parametrize("limit", [0.4, 5.0])
def test_exits(function: Callable[..., Any], limit: float) -> None:
    others = [(X, 0.0), (Y, 0.4), (-Y, 0.9), (Y, 100.0), (X, 0.05)]
    compare(function, X, limit, others=others)


def test_newton_that_stops() -> None:
    def root(a):
        z, steps = a, 0
        for _ in range(100):
            new = z - (z * z - a) / (2 * z)
            if abs(new - z) < 1e-12:
                break
            z = new
            steps += 1
        return z, steps

    compare(root, 2.0, others=[(3.0,), (1.0,), (1e6,)])


def test_known_exits_are_taken_while_tracing() -> None:
    def f(x):
        for i in range(len(x)):
            x = x * 2
            break
        for i in range(100):
            if i == 3:
                break
            x = x + i
        while True:
            x = x - 1
            return x, i

    compare(f, X)


def test_value_or_nothing() -> None:
    def f(x):
        if x[0] > 0:
            return x
        return None

    def g(x):
        for v in x:
            if v > 1:
                return v

    for function in (f, g):
        with pytest.raises(DataDependentError) as caught:
            trace(function, X)
        assert caught.value.location is not None
        assert caught.value.remedy


def test_returns_of_different_kinds() -> None:
    def f(x):
        if x[0] > 0:
            return x, 1.0
        return [x, 1.0]

    with pytest.raises(DataDependentError, match="the result is not known here"):
        trace(f, X)


def test_value_of_a_turn_that_breaks() -> None:
    def f(x):
        for v in x:
            if v > 1:
                y = v
                break
        else:
            y = -x[0]
        return y

    with pytest.raises(DataDependentError, match="y is not known here: it gets a value in one br"):
        trace(f, X)


def test_returned_arrays_and_their_aliases() -> None:
    def first(y, limit):
        for i in range(len(y)):
            y[i] *= 2
            if y[i] > limit:
                return y
        return y

    def fresh(x, limit):
        y = x * 2
        for i in range(len(y)):
            y[i] += 1
            if y[i] > limit:
                return y
        return x * 3

    def reads(x):
        y = x.copy()
        z = first(y, 0.5)
        return y, z

    def writes(x):
        y = x.copy()
        z = first(y, 0.5)
        z[0] = 7.0
        return y

    def writes_what_is_its_own(x):
        z = fresh(x, 0.5)
        z[0] = 7.0
        return z

    compare(reads, X, others=[(Y,), (-Y,)])
    compare(writes_what_is_its_own, X, others=[(Y,), (-Y,)])
    with pytest.raises(UnsupportedError, match="may be, another name's array"):
        trace(writes, X)


def test_finally_writes_to_what_is_returned() -> None:
    def f(x):
        y = x.copy()
        try:
            if x[0] > 0:
                return y
            y += 1
        finally:
            y[0] = 100.0
        return y

    with pytest.raises(UnsupportedError, match="may be, another name's array"):
        trace(f, X)
