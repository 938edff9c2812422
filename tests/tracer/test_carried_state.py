"""What loops carry from turn to turn: aliases, views, containers, objects, closures, flags."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from types import SimpleNamespace
from typing import Any, NamedTuple

import numpy as np
import pytest
from traced import compare, trace

from adjit.ir.errors import DataDependentError

R = np.random.default_rng(3)
X, Y = R.standard_normal(6), R.standard_normal(9)


def two_names(x):
    y = np.zeros(len(x))
    z = y
    for i in range(len(x)):
        z[i] = x[i] * 2
        if i > 2:
            y[i] += 1
    return y, z


def swapped(x):
    u, v = x.copy(), x.copy()
    for _ in range(5):
        v[1:-1] = u[1:-1] + 0.1 * (u[2:] - 2 * u[1:-1] + u[:-2])
        u, v = v, u
    return u.sum(), v


def swapped_three(x):
    a, b, c = x.copy(), x * 2, x * 3
    for i in range(7):
        a[0] += b[1] * i
        a, b, c = b, c, a
    return a, b, c


def rebound(x):
    u = x
    for _ in range(6):
        u = u * 0.5 + x
    return u


def rebound_after_a_write(x):
    x = x.copy()
    u = x
    for k in range(6):
        u[0] = 3.0 * k
        u = u * 0.5
    return u, x


def best_so_far(x):
    best, e = x.copy(), 1e9
    y = x.copy()
    for _ in range(8):
        y = y * 0.9 + 0.01
        c = np.sum((y - 0.3) ** 2)
        if c < e:
            e = c
            best = y.copy()
    best[0] = 7.0
    return best, e


def previous_number(x):
    y = x.copy()
    prev = y[0]
    for i in range(1, len(y)):
        old = y[i]
        y[i] = y[i] + prev
        prev = old
    return y, prev


def previous_row(x):
    n = len(x)
    A = np.zeros((n, 3))
    A[0] = x[0]
    for i in range(1, n):
        A[i] = A[i - 1] * 0.5 + x[i]
    return A


def row_view_in_a_turn(x):
    y = np.zeros((len(x), 3))
    for i in range(len(x)):
        row = y[i]
        row[0] = x[i]
        row[1:] += x[i] ** 2
    return y


def transposed(x):
    y = np.zeros((3, len(x)))
    t = y.T
    for i in range(len(x)):
        t[i] = x[i]
        y[1, i] += t[i, 0]
    return y, t


def rows_of_an_array(x):
    y = np.outer(x, x)
    for row in y:
        row[0] = 1.0
        row *= 2.0
    return y


def masked(x):
    y = x.copy()
    for _ in range(5):
        y[y > 0.5] *= 0.5
        y[y < 0] += 0.1
    return y


def out_arguments(x):
    c = np.zeros_like(x)
    for k in range(5):
        np.add(c, x * k, out=c)
        np.multiply(c, 0.9, out=c)
    b = np.empty_like(x)
    np.copyto(b, c)
    return b


def axpy(a, x, out):
    for i in range(len(x)):
        out[i] += a * x[i]
    return out


def helper_that_writes(x):
    y = np.zeros(len(x))
    z = y
    for k in range(1, 5):
        z = axpy(k * 0.5, x, y)
    return y, z


def argument_written(x):
    for i in range(len(x)):
        x[i] *= 2
    return x.sum()


def none_at_first(x):
    best = None
    for v in x:
        if best is None or v > best:
            best = v
    return best


def previous_or_none(x):
    prev, s = None, 0.0
    for v in x:
        if prev is not None:
            s += v * prev
        prev = v
    return s, prev


def flag_at_first(x):
    first, s = True, 0.0
    for v in x:
        if first:
            s = v * 10.0
            first = False
        else:
            s = s * 0.5 + v
    return s


def modes(x):
    mode, s = "up", 0.0
    for v in x:
        if mode == "up":
            s += v
            mode = "down"
        else:
            s -= v
            mode = "up"
    return s


def tuple_state(x):
    state = (0.0, 1.0)
    for v in x:
        a, b = state
        state = (b, a + v)
    return state


def dict_state(x):
    state = {"a": 0.0, "b": {"c": x * 0}}
    for v in x:
        state["a"] = state["a"] + v
        state["b"]["c"][0] += state["a"]
    return state


class Moving:
    def __init__(self) -> None:
        self.p = 1.0
        self.trail = np.zeros(3)

    def step(self, force: Any) -> Moving:
        self.p += force
        self.trail[1:] = self.trail[:-1] * 0.5
        self.trail[0] = self.p
        return self


def objects(x):
    body = Moving()
    other = body
    for v in x:
        body.step(v)
        other.p *= 0.9
    return body.p, other.trail


def new_objects(x):
    state = SimpleNamespace(p=0.0, v=1.0)
    for v in x:
        state = SimpleNamespace(p=state.p + state.v, v=state.v * 0.5 + v)
    return state.p, state.v


@dataclass
class Pair:
    a: Any
    b: Any


class Two(NamedTuple):
    a: Any
    b: Any


def dataclasses_and_namedtuples(x):
    pair, two = Pair(x[0], x * 2), Two(0.0, x * 3)
    for v in x:
        pair = Pair(pair.a + v, pair.b * 0.5)
        pair.b[1] = v
        two = Two(two.a + v, two.b + pair.b)
    return pair.a, pair.b, two


def nonlocal_names(x):
    total = 0.0

    def add(v):
        nonlocal total
        total += v * 2

    for v in x:
        add(v)
    return total


def closures_of_a_turn(x):
    s = 0.0
    for i, v in enumerate(x):

        def scaled(u, k=i, v=v):
            return u * k + v

        s += scaled(2.0) + (lambda u: u * v)(3.0)
    return s


def late_binding(x):
    k = 0

    def scaled(v):
        return v * k

    s = 0.0
    for v in x:
        k += 1
        s += scaled(v)
    return s


def mutable_default(x):
    def remember(v, memory=[]):
        memory.append(v)
        return memory[0] + len(memory)

    return remember(x[0]) + remember(x[1])


def appended(x):
    out = [0.0]
    for i in range(len(x)):
        out.append(out[-1] * 0.5 + x[i])
    return np.array(out), len(out), out[-1], out[2]


def appended_in_while(x):
    out = [abs(x[0]) + 0.1]
    while out[-1] < 10:
        out.append(out[-1] * 2)
    return np.array(out), any(v > 8 for v in out), all(x > 0)


def appended_rows(x):
    out = []
    for v in x:
        out.append(x * v)  # noqa: PERF401
    return np.stack(out), out[0]


def list_of_arrays(x):
    parts = [x.copy(), x * 2, x * 3]
    for v in x:
        for k in range(3):
            parts[k][0] += v
            parts[k] = parts[k] * 0.5
    return parts


def list_swapped(x):
    pair = [x.copy(), x * 2]
    for v in x:
        pair[0][1] += v
        pair[0], pair[1] = pair[1], pair[0]
    return pair


def list_of_numbers(x):
    c = [0.0, 1.0, 2.0]
    for v in x:
        c[0], c[1], c[2] = c[1], c[2], c[0] + v
    return c


def queue(x):
    last = deque([0.0, 0.0], maxlen=2)
    s = 0.0
    for v in [x[0], x[1], x[2]]:
        s += last[0] * v
        last.append(v)
    return s


def set_of_seen(x):
    seen = set()
    s = 0.0
    for k in [1, 2, 1, 3]:
        if k not in seen:
            s += x[k]
        seen.add(k)
    return s


def dict_grows(x):
    found = {}
    for k in range(3):
        found[k] = x[k] * 2
    return found


def attribute_of_an_array_in_a_list(x):
    nodes = [SimpleNamespace(value=v, total=0.0) for v in (x[0], x[1], x[2])]
    for v in x:
        for node in nodes:
            node.total = node.total + node.value * v
    return [node.total for node in nodes]


def index_and_list(x):
    """An integer that indexes an array and Python's list."""
    weights = [0.5, 1.5, 2.5]
    s = 0.0
    for k in range(3):
        s += weights[k] * x[k]
    return s


def int_becomes_float(x):
    s = 0
    for v in x:
        s = s * 2 + v
    return s


def kinds(x):
    a, b, c = 0, 0.0, True
    for i, v in enumerate(x):
        a += i
        b = b + i
        c = not c
    return a, b, c, v


def inner_loop_state(x):
    s, last = 0.0, 0.0
    for i in range(len(x)):
        acc = x[i]
        for j in range(i + 1):
            acc = acc * 0.5 + x[j]
            last = acc
        s += acc
    return s, last


def walrus_in_a_condition(x):
    s = 0.0
    for v in x:
        if (w := v * v) > 0.3:
            s += w
    return s, w


def deleted_names(x):
    s = 0.0
    for v in x:
        t = v * 2
        s += t
        del t
    return s


def growing(x):
    y = np.array([1.0])
    for _ in range(3):
        y = np.append(y, y.sum() * 0.5)
    return y.sum() * x[0]


@pytest.mark.parametrize(
    "function",
    [
        two_names,
        swapped,
        swapped_three,
        rebound,
        rebound_after_a_write,
        best_so_far,
        previous_number,
        previous_row,
        row_view_in_a_turn,
        transposed,
        rows_of_an_array,
        masked,
        out_arguments,
        helper_that_writes,
        argument_written,
        none_at_first,
        previous_or_none,
        flag_at_first,
        tuple_state,
        dict_state,
        objects,
        new_objects,
        dataclasses_and_namedtuples,
        nonlocal_names,
        closures_of_a_turn,
        late_binding,
        mutable_default,
        appended,
        appended_in_while,
        appended_rows,
        list_of_arrays,
        list_swapped,
        list_of_numbers,
        queue,
        set_of_seen,
        dict_grows,
        attribute_of_an_array_in_a_list,
        index_and_list,
        int_becomes_float,
        kinds,
        inner_loop_state,
        walrus_in_a_condition,
        deleted_names,
        growing,
    ],
)
def test_state(function: Callable[..., Any]) -> None:
    compare(function, X, others=[(Y,), (-Y,)])


def test_modes_are_unrolled() -> None:
    compare(modes, X, others=[(-X,)])


def test_views_kept_for_the_next_turn() -> None:
    """A view of the last turn sees what is written in this one: turn by turn."""

    def f(x):
        y = np.outer(x, x)
        prev = y[0]
        s = 0.0
        for i in range(1, len(x)):
            y[i - 1] *= 2.0
            s += prev[0]
            prev = y[i]
        return s

    compare(f, X, others=[(-X,)])


def test_arrays_that_become_one() -> None:
    def reads(x):
        u, v = x.copy(), x * 2
        for _ in range(6):
            u = v
            v = v * 0.5
        return u, v

    compare(reads, X)

    def writes(x):
        u, v = x.copy(), x * 2
        for _ in range(6):
            u = v
            v[0] += 1.0
        u[1] = 5.0
        return u, v

    compare(writes, X, others=[(-X,)])


def test_shapes_that_change() -> None:
    def f(x):
        while np.sum(x) < 30:
            x = np.append(x, 1.0)
        return x

    with pytest.raises(DataDependentError, match="this loop cannot be compiled: x changes from"):
        trace(f, X)


def test_objects_made_once_per_turn() -> None:
    def f(x):
        nodes = []
        for v in x:
            nodes.append(Moving().step(v))  # noqa: PERF401
        return nodes[0].p

    compare(f, X)


def test_integers_do_not_wrap() -> None:
    def doubled(x):
        s, p = x[0], 1
        for _ in range(80):
            p = p * 2
            s += x[0] / p
        return s

    def fibonacci(x):
        a, b = 0, 1
        for _ in range(100):
            a, b = b, a + b
        return x / b

    def shifted(x):
        s = 0.0
        for k in range(80):
            s += x[0] / (1 << k)
        return s

    def factorial(x):
        s, f = 0.0 * x[0], 1
        for k in range(1, 30):
            f *= k
            s = f * x[0]
        return s

    for function in (doubled, fibonacci, shifted):
        with pytest.warns(RuntimeWarning, match="is unrolled"):
            compare(function, X)
    compare(factorial, X)


def test_integers_that_stay_small() -> None:
    def f(x):
        s, count, total, sign, seed = 0.0, 0, 0, 1, 7
        a, b = 1, 2
        for i in range(len(x)):
            for _ in range(3):
                count += 1
            total += count * i
            sign = -sign
            a, b = b, a
            seed = (1103515245 * seed + 12345) % 2**31
            s += sign * x[i] * total * a + (-1) ** i + seed % 10 + 2**i + (1 << i)
        return s, count, total, sign, seed

    traced = compare(f, X, others=[(Y,)])
    assert "loop" in [e.primitive.name for e in traced.captured.graph.equations]
