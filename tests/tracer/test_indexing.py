"""Index expressions, read and written, against NumPy."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from graph_eval import evaluate
from traced import compare, trace

from adjit.ir.dims import Symbol
from adjit.ir.errors import AdjitError, DTypeError, IndexingError, ShapeError
from adjit.tracer import Leaf, capture

V = np.arange(1.0, 8.0)
M = np.arange(20.0).reshape(4, 5)
T3 = np.arange(60.0).reshape(3, 4, 5)
I1 = np.array([2, 0, 2])
B1 = np.array([True, False, True, True, False, False, True])


def key_of(text: str) -> Any:
    class Getter:
        def __getitem__(self, key: Any) -> Any:
            return key

    return eval(f"g[{text}]", {"g": Getter(), "np": np})


VECTOR_KEYS = [
    "0",
    "-1",
    "3:",
    ":3",
    "-3:",
    ":-2",
    "1:6:2",
    "::-1",
    "5:1:-2",
    "-1:-4:-1",
    "10:",
    ":100",
    "4:2",
    "::3",
    "None",
    "None, ::2",
    "...",
    "()",
    "[0, 2, 2]",
    "[]",
    "[-1, 0]",
    "[[0, 1], [2, 3]]",
    "np.array([1, 5])",
    "np.int64(2)",
    "None, 1, None",
    "..., None",
    "[True, False, True, False, True, False, True]",
    "1:1",
]
MATRIX_KEYS = [
    "1",
    "-1",
    "1, 2",
    "1, -2",
    ":, 1",
    "1:3, ::2",
    "::-1, ::-1",
    "None, 1:2, None, 0",
    "..., 0",
    "0, ...",
    "[0, 2]",
    "[0, 2], [1, 3]",
    ":, [0, 0, 4]",
    "[0, 3], 1:3",
    "[[0], [3]], [1, 2]",
    "np.ix_([0, 3], [4, 1])",
    "1:, [1, 2]",
    "[0, 1], None, [2, 3]",
    "2, [0, 1]",
    "[2, 1], 0",
    "..., [1, 2]",
    "-3:-1, -4:",
    "np.array([[True, False, True, False, True]] * 4)",
    "[True, False, True, False]",
    ":, [True, False, True, False, True]",
    "[True, False, True, False], 1:3",
]
CUBE_KEYS = [
    "0",
    "..., 1",
    "1, :, 2",
    ":, 1, 1:3",
    "[0, 2], :, [1, 3]",
    ":, [0, 1], [1, 3]",
    "[0, 1], [1, 2], [3, 4]",
    "0, [1, 2]",
    "0, :, [1, 2]",
    "[1], None, :, 2",
    "::2, ::-1, 1:4:2",
    "1, ..., None",
    "[0, 2], 1:3, 0",
    ":, [[0, 1], [2, 3]], None, [1, 0]",
]
CASES = [(V, k) for k in VECTOR_KEYS] + [(M, k) for k in MATRIX_KEYS] + [(T3, k) for k in CUBE_KEYS]


@pytest.mark.parametrize(("array", "text"), CASES, ids=[f"{a.ndim}d[{k}]" for a, k in CASES])
def test_read(array: Any, text: str) -> None:
    key = key_of(text)
    compare(lambda x: x[key], array)


@pytest.mark.parametrize(("array", "text"), CASES, ids=[f"{a.ndim}d[{k}]" for a, k in CASES])
def test_write(array: Any, text: str) -> None:
    key = key_of(text)

    def constant(x):
        x[key] = -5.0
        return x

    def shifted(x):
        x[key] += 0.5
        return x

    compare(constant, array)
    compare(shifted, array)


@pytest.mark.parametrize("text", VECTOR_KEYS)
def test_bounds_are_guarded(text: str) -> None:
    key = key_of(text)
    traced = trace(lambda x: x[key], V)
    for n in (2, 3, 5, 8, 9, 30, 101, 120):
        x = np.arange(float(n))
        if traced.holds(x):
            try:
                expected = x[key]
            except IndexError:
                with pytest.raises(IndexError):
                    traced(x)
                continue
            np.testing.assert_array_equal(traced(x), expected)


def traced_indices(x, i):
    y = x * 2
    y[i] += 10
    return x[i], y, x[i][0], x[-1]


def test_traced_index_arrays() -> None:
    compare(traced_indices, V, I1, others=[(np.arange(4.0), np.array([1, -1]))])
    compare(traced_indices, M, I1)
    compare(lambda m, i, j: m[i, j], M, I1, I1)
    compare(lambda m, i: m[:, i], M, I1)
    compare(lambda m, i: m[i][:, i], M, I1)
    compare(lambda m, i: m[i[:, None], i], M, I1)


def test_traced_integer_scalars() -> None:
    def f(m, k):
        j = k[0]
        row = m[j]
        row[0] = 100.0
        m[j, j] = -1.0
        return m, row, m[:, j], m[j, 1:3]

    compare(f, M, np.array([1, 2]), others=[(M, np.array([-1, 2]))])
    compare(lambda v, k: v[k.argmax()] + v[np.argmin(k)], V, I1)


def test_traced_zero_dim_array_copies() -> None:
    def f(m, k):
        row = m[k]
        row[0] = 7.0
        return m, row

    compare(f, M, np.array(2))


def test_integer_arguments_are_sizes() -> None:
    def f(x, n):
        return x[n:], x[:n], x[n], x[-n:], x[n - 1 : n + 1]

    compare(f, V, 3, others=[(V, 2), (np.arange(10.0), 5)])


def test_masks() -> None:
    def f(x):
        y = x.copy()
        y[y > 4] = 0.0
        y[x < 2] = x[x < 2] * 3
        y[(x > 2) & (x < 4)] += 1
        return y, x[x > 3], x[x > 3].sum(), np.sum(x[x > 100])

    compare(f, V, others=[(np.arange(3.0),)])

    def rows(m):
        keep = m[:, 0] > 4
        m[keep] = -1.0
        m[~keep] *= 2
        m[keep, 1] = 5.0
        m[m.sum(axis=1) > 3] = np.arange(5.0)
        return m, m[keep], m[:, m[0] > 1]

    compare(rows, M)
    compare(lambda x, mask: x[mask], V, B1, others=[(V, ~B1)])


def test_parts_of_masked_arrays() -> None:
    def f(x):
        y = x[x > 2]
        y[0] = 100.0
        return y[0] + y[-1], y[:2], y[1:], y[::-1], y[:-1], y.sum() / len(y), y[:100], y[::2]

    compare(f, V, others=[(np.arange(5.0),), (np.arange(20.0),)])
    traced = trace(lambda x: x[x > 2][3], V)
    with pytest.raises(IndexError):
        traced(np.arange(4.0))


def test_names_of_symbols_do_not_collide() -> None:
    leaves = [
        Leaf("count", np.dtype(np.int64), (), "", "int", Symbol("count", 7)),
        Leaf("x", V.dtype, (7,), "C", "array"),
    ]
    found = capture(
        lambda n, x: (x[x > n], np.zeros(n)), leaves, lambda xs: (tuple(xs), {}), name="f"
    )
    masked, zeros = evaluate(found.graph, 7, V)
    assert (masked.shape, zeros.shape) == ((0,), (7,))


def test_mask_of_another_size() -> None:
    with pytest.raises(IndexingError, match="boolean index did not match"):
        trace(lambda x, mask: x[mask], V, B1[:3])


def test_counts_of_two_masks_are_not_known_to_agree() -> None:
    with pytest.raises(ShapeError, match="depend on the numbers"):
        trace(lambda x: x[x > 1] + x[x < 5], V)


def test_shapes_from_symbols() -> None:
    def f(x, m):
        n = x.shape[0]
        rows, columns = m.shape
        z = np.zeros((n, columns))
        z[:rows] = m
        z[rows:, -1] = 1.0
        half = n // 2
        return z, x[:half], x[half:], m.reshape(columns, rows), m.reshape(-1, 1)

    compare(f, V, M, others=[(np.arange(6.0), np.arange(6.0).reshape(3, 2))])


def test_out_of_range() -> None:
    with pytest.raises(IndexingError, match="index 7 is out of bounds for axis 0 with size 7"):
        trace(lambda x: x[7], V)
    with pytest.raises(IndexingError, match="index -8 is out of bounds"):
        trace(lambda x: x[-8], V)
    with pytest.raises(IndexingError, match="out of bounds"):
        trace(lambda x: x[[0, 9]], V)
    with pytest.raises(IndexingError, match="too many indices"):
        trace(lambda x: x[0, 0], V)
    with pytest.raises(IndexingError, match="ellipsis"):
        trace(lambda m: m[..., ...], M)
    traced = trace(lambda x: x[3], V)
    assert not traced.holds(np.arange(3.0))


def test_bad_keys() -> None:
    for key in (1.0, "a", np.array([0.5])):
        with pytest.raises(IndexingError):
            trace(lambda x, k=key: x[k], V)
    with pytest.raises(IndexingError):
        trace(lambda x: x[x], V)
    with pytest.raises(IndexError, match="invalid index to scalar"):
        trace(lambda x: x[0][0], V)
    with pytest.raises(TypeError, match="not subscriptable"):
        trace(lambda s: s[0], 1.0)


def test_bad_writes() -> None:
    def wrong_shape(x):
        x[1:3] = np.zeros(3)
        return x

    def into_scalar(x):
        s = x[0]
        s[()] = 1.0
        return x

    def float_into_int(x):
        z = np.zeros(3, dtype=int)
        z[0] = x[0]
        return z

    with pytest.raises(ShapeError, match=r"could not broadcast input array from shape \(3,\)"):
        trace(wrong_shape, V)
    with pytest.raises(TypeError, match="does not support item assignment"):
        trace(into_scalar, V)
    with pytest.raises(DTypeError, match="derivative would be lost"):
        trace(float_into_int, V)


def test_conversion_on_write() -> None:
    def f(x):
        z = np.zeros(4, dtype=int)
        z[0] = 2.7
        z[1:3] = np.array([True, False])
        s = np.zeros(7, dtype=np.float32)
        s[:] = x
        return z, s

    compare(f, V)


def test_leading_ones_are_dropped() -> None:
    def f(x):
        y = np.zeros(7)
        y[:] = x[None, :]
        y[2:4] = np.ones((1, 1, 2))
        return y

    compare(f, V)


def test_errors_are_adjit_errors() -> None:
    with pytest.raises(AdjitError) as caught:
        trace(lambda x: x[9], V)
    assert caught.value.location is not None
    assert caught.value.location.text == "x[9]"
