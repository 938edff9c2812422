"""Branches on traced numbers: both arms are captured, what they change is merged."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from traced import compare, trace

from adjit.ir.errors import AdjitError, DataDependentError, UnsupportedError

R = np.random.default_rng(1)
X, Y = R.standard_normal(6), R.standard_normal(9)
SCALARS = [(2.0,), (3.0,), (-1.0,), (0.0,), (0.25,)]


def early(a):
    if a < 0:
        return a * 2
    b = a * a
    if b > 5:
        return b
    return b + 1


def ladder(a):
    if a > 2:
        y = a
    elif a > 1:
        y = a * 2
    elif a > 0:
        y = a**3
    else:
        y = -a
    return y + 1


def expression(a):
    return (a if a > 1 else a * a) + (1.0 if a < 0 else a)


def nested(a):
    if a > 0:
        if a > 2:
            y = np.sin(a)
        else:
            y = np.cos(a)
        y *= 2
    else:
        y = np.float64(a)
    return y


def connectives(a):
    y = 0.0
    if a > 0 and a < 2.5:
        y += 1
    if a < 0 or a > 2.5:
        y += 2
    if not (a == 0 or -2 < a <= 2):
        y += 4
    if 0 < a < 3 < a + 2:
        y += 8
    return y * a


def value_of_connectives(a):
    return (a and a + 1.0) + (a or 3.0), a > 0 and a < 2, a > 0 or a < -2, not a


def int_and_float(a):
    y = 1
    if a > 0:
        y = a
    return y


def int_and_int(a):
    k = 3 if a > 0 else 5
    return k, k * a


def bools(a):
    flag = False
    if a > 1:
        flag = True
    if flag:
        a = a * 3
    return a, flag


def nothing_after(a):
    if a > 0:
        a = a * 2
        unused = 1
    return a


def guarded_division(a):
    return 1 / a if a != 0 else 0.0


def first_of_two(a):
    x, y = (a, a * 2) if a > 1 else (a * 3, a)
    return x - y


def records(a):
    state = {"p": a, "v": 1.0}
    if a > 0:
        state["p"] += 1
    else:
        state["v"] = a
    return state


def conversions(a):
    if a > 0:
        b = np.float64(a)
    else:
        b = np.float64(2) * a
    return b


def booleans_as_numbers(a):
    return (a > 0) * 2.0 + (a > 1)


@pytest.mark.parametrize(
    "function",
    [
        early,
        ladder,
        expression,
        nested,
        connectives,
        int_and_int,
        bools,
        nothing_after,
        guarded_division,
        first_of_two,
        records,
        conversions,
        booleans_as_numbers,
    ],
)
@pytest.mark.parametrize("first", [0, 2])
def test_scalars(function: Callable[..., Any], first: int) -> None:
    compare(function, *SCALARS[first], others=SCALARS)


def test_numbers_of_two_kinds() -> None:
    """Where the arms give an int and a float, the result is a float, as promotion says."""
    traced = trace(int_and_float, 2.0)
    for (a,) in SCALARS:
        assert traced(a) == int_and_float(a)
    traced = trace(value_of_connectives, 2.0)
    for (a,) in SCALARS:
        assert traced(a) == pytest.approx(value_of_connectives(a))


def write_in_one_arm(x):
    y = x * 2
    if x[0] > 0:
        y[0] = 7.0
    return y


def write_to_different_arrays(x):
    y, z = x * 2, x * 3
    if np.sum(x) > 0:
        y[1:] += 1.0
    else:
        z[0] = y[1]
    return y, z


def write_through_a_view(x):
    y = np.zeros((2, len(x)))
    row = y[1]
    if x[0] > 0:
        row[:] = x
    else:
        y.T[0] = 5.0
    return y, row


def new_arrays(x):
    if x[0] > 0:
        y = x * 2
    else:
        y = np.exp(x)
    y[0] = 1.0
    return y


def argument_or_copy(x):
    y = x if x[1] > 0 else x.copy()
    return y * 2


def aliased(x):
    y = x * 2
    z = y
    if x[0] > 0:
        z += 1.0
    return y, z


def arms_with_loops(x):
    s = 0.0
    if x[0] > 0:
        for v in x:
            s += v * v
    else:
        for i in range(1, len(x)):
            s += x[i] * x[i - 1]
    return s


def branch_in_a_loop(x):
    m, changes = x[0], 0
    for i in range(1, len(x)):
        if x[i] > m:
            m = x[i]
            changes += 1
        else:
            m = m * 0.9
    return m * changes


def guards_index(x):
    s = 0.0
    for i in range(len(x)):
        if i > 0 and x[i] > x[i - 1]:
            s += x[i] - x[i - 1]
        s += x[i] if x[i] > 0 else 0.1 * x[i]
        if i < len(x) - 1:
            s *= x[i + 1]
    return s


def by_parity(x):
    s = 0.0
    for i in range(len(x)):
        if i % 2 == 0:
            s += x[i]
        else:
            s -= x[i]
    return s


def counts(x):
    c = 0
    for i in range(len(x)):
        if -1 < x[i] < 0.5:
            c += 1
        if not (x[i] > 0 or i == 0):
            c -= 2
    return c * x[0]


def bisection(x):
    low, high = 0.0, 5.0
    for _ in range(40):
        middle = 0.5 * (low + high)
        if middle**3 > 1.5 + x[0] ** 2:
            high = middle
        else:
            low = middle
    return 0.5 * (low + high)


def bubbles(x):
    a = x.copy()
    for i in range(len(a)):
        for j in range(len(a) - 1 - i):
            if a[j] > a[j + 1]:
                a[j], a[j + 1] = a[j + 1], a[j]
    return a


def relu(v):
    if v > 0:
        return v
    return 0.0


def helper_with_returns(x):
    s = 0.0
    for v in x:
        s += relu(v) * 2
    return s


@pytest.mark.parametrize(
    "function",
    [
        write_in_one_arm,
        write_to_different_arrays,
        write_through_a_view,
        new_arrays,
        argument_or_copy,
        aliased,
        arms_with_loops,
        branch_in_a_loop,
        guards_index,
        by_parity,
        counts,
        bisection,
        bubbles,
        helper_with_returns,
    ],
)
def test_arrays(function: Callable[..., Any]) -> None:
    compare(function, X, others=[(-X,), (Y,), (-Y,), (np.sort(Y),)])


def test_lists_changed_in_both_arms() -> None:
    def f(x):
        out = [x[0]]
        if x[1] > 0:
            out.append(x[1])
            out[0] = x[2]
        else:
            out.append(x[3] * 2)
        return out, len(out)

    compare(f, X, others=[(-X,)])


def test_objects() -> None:
    class State:
        def __init__(self, p: Any) -> None:
            self.p = p
            self.q = p * 0

        def move(self, amount: Any) -> None:
            if amount > 0:
                self.p = self.p + amount
            else:
                self.q[0] = amount

    def f(x):
        state = State(x * 2)
        other = state
        state.move(x[0])
        other.move(-x[0])
        return state.p, other.q

    compare(f, X, others=[(-X,)])


def test_names_of_one_arm() -> None:
    def f(a):
        if a > 0:
            b = a * 2
        return b

    with pytest.raises(DataDependentError, match="gets a value in one branch of an `if` only"):
        trace(f, 1.0)


def test_values_of_different_form() -> None:
    def f(x):
        if x[0] > 0:
            y = x
        else:
            y = None
        return x if y is None else y

    with pytest.raises(DataDependentError, match=r"array of shape \(6,\) in one .* a NoneType in"):
        trace(f, X)


def test_either_of_two_arrays_is_read_only() -> None:
    def reads(x):
        a, b = x * 2, x * 3
        c = a if x[0] > 0 else b
        return c + 1, a, b

    def writes(x):
        a, b = x * 2, x * 3
        c = a if x[0] > 0 else b
        c[0] = 1.0
        return a, b

    def writes_the_other(x):
        a, b = x * 2, x * 3
        c = a if x[0] > 0 else b
        b[0] = 1.0
        return c

    compare(reads, X, others=[(-X,)])
    for function in (writes, writes_the_other):
        with pytest.raises(UnsupportedError, match="may be, another name's array") as caught:
            trace(function, X)
        assert ".copy()" in caught.value.remedy


def test_exceptions_in_an_arm() -> None:
    def f(x):
        if x[0] > 0:
            y = [1, 2][3]
        else:
            y = x
        return y

    with pytest.raises(UnsupportedError, match=r"IndexError .* is raised in a branch") as caught:
        trace(f, X)
    assert isinstance(caught.value, AdjitError)
    assert caught.value.location is not None
    assert caught.value.location.text == "y = [1, 2][3]"
