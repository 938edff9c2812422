"""Programs as users write them, and programs made to break the tracer."""

from __future__ import annotations

import functools
import math
import threading
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from traced import compare, trace

from adjit.ir.errors import AdjitError, DataDependentError, TraceError, UnsupportedError

X = np.array([1.5, -0.5, 2.0, 0.25])
Y = np.arange(4.0)
M = np.arange(12.0).reshape(3, 4)


def train_test_split(x):
    n = len(x)
    k = int(0.75 * n)
    half = round(n / 2)
    root = int(np.sqrt(n))
    return x[:k], x[k:], np.zeros(half), x.reshape(root, -1), math.ceil(n / 3), n // 2


def size_predicates(x):
    n = x.size
    out = [
        n % 2 == 0,
        n in (3, 4),
        {3: "a", 4: "b"}[n],
        f"{n}",
        str(n),
        min(n, 3),
        max(n, 9),
        sum(x.shape),
        isinstance(n, int),
        n == 4.0,
        n / 2 > 1.5,
        not n,
        [0] * n,
        n or 5,
        list(range(n)),
        math.sqrt(n),
        float(n),
        n * 1.0,
        -n,
        n**2,
        2**n,
        n & 1,
        divmod(n, 3),
    ]
    return [o if not hasattr(o, "dtype") else o * 1 for o in out]


def running_statistics(x):
    mean = 0.0
    m2 = 0.0
    for k, value in enumerate(x, 1):
        delta = value - mean
        mean += delta / k
        m2 += delta * (value - mean)
    return mean, m2 / (len(x) - 1)


def finite_difference(x):
    dx = np.empty_like(x)
    dx[1:-1] = (x[2:] - x[:-2]) / 2
    dx[0], dx[-1] = x[1] - x[0], x[-1] - x[-2]
    return dx


def heat_steps(x):
    u = x.copy()
    for _ in range(5):
        u[1:-1] += 0.1 * (u[2:] - 2 * u[1:-1] + u[:-2])
    return u


def gram_schmidt(m):
    q = np.zeros_like(m)
    for k in range(m.shape[0]):
        v = m[k] + np.eye(4)[k]
        for j in range(k):
            v = v - (q[j] @ v) * q[j]
        q[k] = v / np.sqrt(v @ v)
    return q


def horner(x):
    result = 0
    for c in [1.0, -2.0, 3]:
        result = result * x + c
    return result


def prefix_sums(x):
    out = [x[0]]
    for v in x[1:]:
        out.append(out[-1] + v)
    return np.array(out)


def nested_lists(x):
    return np.array([[x[0], 1.0], [2, x[1]]]) @ np.array([x[2], x[3]])


def stack_of_rows(m):
    return np.stack([row / np.sum(row + 1) for row in m]), np.concatenate([m, m[:1] * 2])


def accumulate_into_dict(x):
    totals = {}
    for k, v in zip(["a", "b", "a", "c"], x):
        totals[k] = totals.get(k, 0.0) + v
    return totals


def mutate_argument_list(params):
    params = list(params)
    params[0] = params[0] * 2
    params.append(params[0] + 1)
    return params


def matrix_of_functions(x):
    table = [[lambda v: v, lambda v: v**2], [np.sin, math.cos]]
    return table[0][1](x[0]) + table[1][0](x[1]) + table[1][1](x[2])


def while_on_python(x):
    k, total = 0, x * 0
    while True:
        k += 1
        if k > 4:
            break
        total = total + x**k / math.factorial(k)
    return total


def zero_dim_updates(x):
    z = np.zeros(())
    z += x.sum()
    z[()] = z * 2
    z[...] += 1
    w = np.array(3.0)
    w *= x[0]
    return z, w


def scalar_arithmetic(s):
    a = s * 2
    b = a if a is not None else 0
    c = np.float64(2.0) * b + np.float32(1.0)
    d = (b + 1) ** 2 / 3 // 1 % 2
    return a, b, c, d, -s, +s, abs(s), s == s, 1 / s, 2**s, divmod(s, 2)


def bool_arithmetic(x):
    m = x > 0
    return m * x, m.sum(), m & (x < 2), ~m, m.astype(float).mean(), np.where(m, x, 0), m + m


def shadowed_names(x):
    sum = x.sum()
    len = 3
    max = lambda v: v * 2  # noqa: E731
    return max(sum) * len


def unused_dead_code(x):
    y = x * 2
    y = x * 3
    del x
    return y


def mutable_default(x):
    def f(v, acc=[]):
        acc.append(v)
        return len(acc)

    f(x)
    return f(x) * x


def try_in_loop(x):
    total = x * 0
    for k in range(4):
        try:
            if k == 2:
                raise ValueError
            total += k
        except ValueError:
            continue
        finally:
            total += 0.5
    return total


def swap_in_tuple(x):
    a, b = x[:2], x[2:]
    a, b = b, a
    a[0] = 9.0
    return x, a, b


def shared_view_in_list(x):
    views = [x[k : k + 2] for k in range(3)]
    views[0] *= 2
    views[1] += 1
    return x, views


def transposed_update(m):
    m.T[1:3] *= 2
    m.T[0, 1] = 7.0
    m[::2][:, ::-1][0, 0] = -4.0
    np.swapaxes(m, 0, 1)[2] += 1
    return m


def reshape_chain(m):
    v = m.reshape(2, 6).T.reshape(3, 4)
    w = m.reshape(2, 2, 3)[:, 1]
    w[:] = 0.0
    return m, v, w


def flat_copy(m):
    m.ravel()[::3] = 1.0
    m.flatten()[0] = 100.0
    return m


def boolean_row_update(m):
    for row in m:
        row[row > 5] = 0
        row[row == 0] += 0.5
    return m


def broadcast_assign(m):
    m[:, 1:3] = m[:, :1]
    m[1] = 2
    m[:, 0] = m[0] if False else m[:, 3]
    return m


def star_index(m):
    index = (1, slice(None, 2))
    return m[index], m[*index], m[(0, 1)], m[0][1], m[:, (0, 1)]


def integer_arrays(x):
    i = np.arange(len(x))
    j = (i * 2) % 3
    return x[j], i / 2, i // 2, x[i[1:]], np.zeros(4, dtype=int) + i, x[::-1][i]


def conditional_function(x, flag=True, mode="b"):
    f = {"a": np.sin, "b": np.cos}[mode]
    return f(x) if flag else x


def chained_comparison_static(x):
    n = len(x)
    return x if 0 < n <= 10 < 20 else -x


def names_like_builtins(x, id=2.0, type=3.0):
    return x * id * type


def lambda_default(x):
    fs = [(lambda v, k=k: v[k]) for k in range(len(x))]
    return sum(f(x) for f in fs)


def generator_pipeline(x):
    doubled = (v * 2 for v in x)
    positive = (v for v in doubled if v is not None)
    return sum(positive)


def reduce_ufuncs(m):
    return (
        np.add.reduce(m),
        np.multiply.reduce(m[:, 1:], axis=1),
        np.maximum.reduce(m),
        np.add.accumulate(m, axis=1),
        np.add.outer(m[0], m[1]),
    )


def methods_as_functions(m):
    return np.ndarray.sum(m), list(map(np.sum, m)), functools.reduce(np.add, m)


VECTOR = [
    train_test_split,
    size_predicates,
    running_statistics,
    finite_difference,
    heat_steps,
    horner,
    prefix_sums,
    nested_lists,
    accumulate_into_dict,
    mutate_argument_list,
    matrix_of_functions,
    while_on_python,
    zero_dim_updates,
    bool_arithmetic,
    shadowed_names,
    unused_dead_code,
    mutable_default,
    try_in_loop,
    swap_in_tuple,
    shared_view_in_list,
    integer_arrays,
    conditional_function,
    chained_comparison_static,
    names_like_builtins,
    lambda_default,
    generator_pipeline,
]
MATRIX = [
    gram_schmidt,
    stack_of_rows,
    transposed_update,
    reshape_chain,
    flat_copy,
    boolean_row_update,
    broadcast_assign,
    star_index,
    reduce_ufuncs,
    methods_as_functions,
]


@pytest.mark.parametrize("function", VECTOR)
def test_vector(function: Callable[..., Any]) -> None:
    compare(function, X)


@pytest.mark.parametrize("function", MATRIX)
def test_matrix(function: Callable[..., Any]) -> None:
    compare(function, M)


@pytest.mark.parametrize("value", [1.5, np.float64(1.5), np.float32(1.5)])
def test_scalar(value: Any) -> None:
    compare(scalar_arithmetic, value)


def test_specialised_to_a_size() -> None:
    traced = trace(train_test_split, X)
    assert traced.holds(X)
    assert not traced.holds(np.ones(9))


def test_vectorize_is_refused() -> None:
    with pytest.raises(UnsupportedError, match=r"np\.vectorize"):
        trace(lambda x: np.vectorize(lambda v: v * 2)(x), X)


def test_endless_recursion() -> None:
    def forever(x):
        return forever(x + 1)

    found: list[BaseException] = []

    def run() -> None:
        try:
            trace(forever, X)
        except (RecursionError, AdjitError) as error:
            found.append(error)

    run()
    thread = threading.Thread(target=run)
    thread.start()
    thread.join()
    assert len(found) == 2
    assert all(isinstance(e, (RecursionError, TraceError)) for e in found)


def test_two_threads_at_once() -> None:
    results: list[Any] = []

    def run(k: int) -> None:
        for _ in range(5):
            traced = trace(lambda x: heat_steps(x) * k, X)
            results.append(np.array_equal(traced(X), heat_steps(X) * k))

    threads = [threading.Thread(target=run, args=(k,)) for k in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert results == [True] * 20


def test_same_array_in_two_arguments() -> None:
    def f(x, y):
        z = x * y
        return z.sum()

    compare(f, X, X)


def test_traced_decision_is_refused_in_a_callee_of_a_library() -> None:
    def f(x):
        return sorted([x[0], x[1]], key=lambda v: v)

    with pytest.raises(DataDependentError):
        trace(f, X)
