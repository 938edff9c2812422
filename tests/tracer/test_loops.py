"""Loops are regions: NumPy's results, for other sizes on the same capture too."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from traced import Traced, compare, trace

from adjit.ir.errors import DataDependentError

R = np.random.default_rng(0)
X, Y = R.standard_normal(6), R.standard_normal(9)
A, B = R.standard_normal((5, 5)) + 5 * np.eye(5), R.standard_normal((7, 7)) + 6 * np.eye(7)


def primitives(traced: Traced) -> list[str]:
    return [e.primitive.name for e in traced.captured.graph.equations]


def recurrence(x, w):
    s = 0.0
    for i in range(len(x)):
        s = np.tanh(w * s + x[i])
    return s


def over_an_array(x, w):
    s = 0
    for v in x:
        s = s + w * v * v
    return s


def every_second(x, w):
    s = 0.0
    for i in range(0, len(x), 2):
        s += x[i]
    for i in range(len(x) - 1, 0, -2):
        s *= x[i] + w
    return s


def enumerated(x, w):
    for i, v in enumerate(x):
        y = v * i
    return y + i * w


def enumerated_from(x, w):
    s = 0.0
    for i, v in enumerate(x, 3):
        s += v * i
    return s, i


def zipped(x, w):
    s = 0.0
    for a, b in zip(x[1:], x[:-1], strict=True):
        s += a * b * w
    return s


def zipped_with_a_range(x, w):
    s = 0.0
    for i, a, b in zip(range(2, 100), x, x[2:], strict=False):
        s += a * b * i
    return s, i


def reversed_ones(x, w):
    s = 0.0
    for v in reversed(x):
        s = s * w + v
    for i in reversed(range(1, len(x))):
        s = s * w + x[i] * x[i - 1]
    for i, v in reversed(list(enumerate(range(3)))):
        s = s * w + i - v
    return s


def backwards(x, w):
    y = x.copy()
    for i in range(len(x) - 2, -1, -1):
        y[i] += w * y[i + 1]
    for i in reversed(range(len(x) - 1)):
        y[i] *= y[i + 1]
    return y


def windows(x, w):
    n = len(x)
    y = np.zeros(n)
    for i in range(n):
        low = max(0, i - 1)
        high = min(n, i + 2)
        y[i] = w * np.sum(x[low:high])
    return y


def negative_places(x, w):
    s = 0.0
    for i in range(1, len(x)):
        s += x[-i] * x[-i - 1]
    return s


def index_in_the_value(x, w):
    s = 0.0
    for i in range(len(x)):
        s += x[i] * i**2 / (i + 1) + (i % 3) * w
    return s


def last_index(x, w):
    for i in range(2, len(x), 3):
        w = w * 0.5
    return w, i


def no_turn(x, w):
    s = w
    for i in range(3, 2):
        s += x[i]
    for i in range(2, 5, -1):
        s += x[i]
    for v in x[:0]:
        s += v
    return s


def perhaps_no_turn(x, w):
    s = w
    for i in range(5, len(x)):
        s += x[i]
    for i in range(len(x) - 20):
        s += x[i]
    return s


def rows(x, w):
    total = 0.0
    for row in np.outer(x, x):
        row = row / np.sum(row * row)
        total += row[0] * w
    return total


def else_of_a_loop(x, w):
    s = 0.0
    for v in x:
        s += v
    else:
        s *= w
    return s


def until_small(x, w):
    z, error = x[0], 1.0
    while error > 1e-10:
        new = z - (np.cos(z) - z) / (-np.sin(z) - 1)
        error = abs(new - z)
        z = new
    return z


def counted_while(x, w):
    i, s = 0, w
    while i < len(x):
        s += x[i]
        i += 1
    return s, i


def while_with_both(x, w):
    i, s = 0, abs(w)
    while i < len(x) and s < 3.0:
        s += abs(x[i])
        i += 1
    return s, i


def walrus(x, w):
    y = x[0]
    while (step := 0.5 * y) ** 2 > 1e-3:
        y = y - step
    return y, step


def while_of_known_turns(x, w):
    k, y = 0, x[0]
    while k < 50:
        y = np.cos(y)
        k += 1
    return y, k


def halved(x, w):
    """The number of turns depends on the size in no simple way."""
    n, s = len(x), w
    k = np.argmax(x) + 9
    while k > 1:
        s += x[k % n]
        k //= 2
    return s


def traced_bound(x, w):
    s = 0.0 * x[0]
    for i in range(np.argmax(x)):
        s += x[i] * i
    return s


def traced_start(x, w):
    s = 0.0 * x[0]
    for i in range(np.argmin(x), len(x)):
        s += x[i] * i
    return s


def comprehensions(x, w):
    squares = [v * v for v in x]
    return sum(squares) + sum(x[i] * i for i in range(len(x))), np.array([v * w for v in x])


def comprehension_in_a_loop(x, w):
    s = 0.0
    for i in range(len(x)):
        s += sum([v * w for v in x[: i + 1]])
        s += sum(x[k] * x[i] for k in range(i))
    return s


def static_functions(x, w):
    s = 0.0
    for function in [lambda v: v * 2, lambda v: v + 1]:
        for v in x:
            s = function(s) * 0.5 + v
    return s


def cleanup(x, w):
    s = 0.0
    for v in x:
        try:
            s += v
        finally:
            s *= w
    for v in x:
        with np.errstate(all="ignore"):
            s += np.sqrt(v * v)
    return s


LOOPS = [
    recurrence,
    over_an_array,
    every_second,
    enumerated,
    enumerated_from,
    zipped,
    zipped_with_a_range,
    reversed_ones,
    backwards,
    windows,
    negative_places,
    index_in_the_value,
    last_index,
    no_turn,
    rows,
    else_of_a_loop,
    until_small,
    counted_while,
    while_with_both,
    walrus,
    while_of_known_turns,
    halved,
    comprehensions,
    comprehension_in_a_loop,
    static_functions,
    cleanup,
]


@pytest.mark.parametrize("function", LOOPS)
def test_loops(function: Callable[..., Any]) -> None:
    compare(function, X, 0.3, others=[(Y, 0.4)])


@pytest.mark.parametrize("function", [traced_bound, traced_start])
def test_bounds_from_numbers(function: Callable[..., Any]) -> None:
    compare(function, np.roll(X, 1), 0.3, others=[(Y, 0.4), (np.arange(7.0), 1.0)])


def test_loops_that_may_not_run() -> None:
    compare(perhaps_no_turn, Y, 0.3, others=[(np.arange(8.0), 0.4)])
    compare(perhaps_no_turn, X[:4], 0.3, others=[(X[:2], 0.4)])
    compare(perhaps_no_turn, np.arange(25.0), 0.3, others=[(np.arange(40.0), 0.4)])


def test_size_arguments() -> None:
    def sweeps(x, count):
        u = x.copy()
        n = u.shape[0]
        for _ in range(count):
            for i in range(1, n - 1):
                u[i] = 0.5 * (u[i - 1] + u[i + 1])
        return np.sum(u * u)

    traced = compare(sweeps, X, 7, others=[(Y, 9), (X, 70)])
    assert primitives(traced).count("loop") == 1


def test_steps_and_starts_as_arguments() -> None:
    def f(x, start, stop):
        s = 0.0
        for i in range(start, stop, 2):
            s += x[i] * i
        for i in range(stop, start, -3):
            s += x[i]
        return s

    compare(f, Y, 2, 8, others=[(Y, 3, 8), (Y, 2, 7)])


def forward_substitution(m, b):
    n = len(b)
    y = np.zeros(n)
    for i in range(n):
        s = b[i]
        for j in range(i):
            s -= m[i, j] * y[j]
        y[i] = s / m[i, i]
    return y


def substitution_by_rows(m, b):
    n = len(b)
    y = np.zeros(n)
    for i in range(n):
        y[i] = (b[i] - m[i, :i] @ y[:i]) / m[i, i]
    return y


def elimination(m, b):
    m = m.copy()
    n = m.shape[0]
    for k in range(n):
        for i in range(k + 1, n):
            m[i, k] /= m[k, k]
            for j in range(k + 1, n):
                m[i, j] -= m[i, k] * m[k, j]
    return m


def cholesky(m, b):
    m = m @ m.T
    n = m.shape[0]
    L = np.zeros_like(m)
    for i in range(n):
        for j in range(i + 1):
            s = 0.0
            for k in range(j):
                s += L[i, k] * L[j, k]
            if i == j:
                L[i, j] = np.sqrt(m[i, i] - s)
            else:
                L[i, j] = (m[i, j] - s) / L[j, j]
    return L


def mirrored(m, b):
    n = len(m)
    S = np.zeros((n, n))
    for i in range(n):
        for j in range(i + 1):
            S[i, j] = S[j, i] = m[i, j] * 2
    return S


def warping(m, b):
    n, k = len(b), len(m)
    D = np.full((n + 1, k + 1), 1e9)
    D[0, 0] = 0
    for i in range(1, n + 1):
        for j in range(1, k + 1):
            cost = (b[i - 1] - m[0, j - 1]) ** 2
            D[i, j] = cost + min(D[i - 1, j], D[i, j - 1], D[i - 1, j - 1])
    return D[n, k]


def heat(m, b):
    u = m.copy()
    for _ in range(5):
        u[1:-1, 1:-1] = u[1:-1, 1:-1] + 0.1 * (
            u[2:, 1:-1] + u[:-2, 1:-1] + u[1:-1, 2:] + u[1:-1, :-2] - 4.0 * u[1:-1, 1:-1]
        )
    return np.sum(u**2)


@pytest.mark.parametrize(
    "function",
    [
        forward_substitution,
        substitution_by_rows,
        elimination,
        cholesky,
        mirrored,
        warping,
        heat,
    ],
)
def test_nests(function: Callable[..., Any]) -> None:
    compare(function, A, X[:5], others=[(B, Y[:7])])


def test_loops_stay_loops() -> None:
    traced = trace(recurrence, X, 0.3)
    assert primitives(traced) == ["loop"]
    assert primitives(trace(recurrence, np.ones(4000), 0.3)) == ["loop"]


def test_guards_of_indices() -> None:
    def f(x):
        s = 0.0
        for i in range(5):
            s += x[i + 1]
        return s

    traced = compare(f, X, others=[(Y,)])
    assert not traced.holds(np.ones(5))
    with pytest.raises(IndexError):
        trace(f, np.ones(4))(np.ones(4))


def test_wrong_index_is_found_when_it_runs() -> None:
    def f(x):
        s = 0.0
        for i in range(len(x)):
            s += x[i + 1]
        return s

    with pytest.raises(IndexError):
        f(X)
    with pytest.raises(IndexError):
        trace(f, X)(X)


def test_loop_variable_without_turns() -> None:
    def f(x, n):
        for i in range(n):
            x = x + i
        return x * i

    compare(f, X, 5, others=[(X, 9)])
    with pytest.raises(UnboundLocalError):
        trace(f, X, 0)
    assert not trace(f, X, 5).holds(X, 0)


def test_value_of_a_loop_that_may_not_run() -> None:
    def f(x):
        for i in range(np.argmax(x)):
            y = x[i]
        return y

    with pytest.raises(DataDependentError, match="y is not known here: it gets a value in a loop"):
        trace(f, X)
