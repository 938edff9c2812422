"""Views, in-place updates and aliases: the graph gives what NumPy gives."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from traced import compare, trace

from adjit.ir.errors import UnsupportedError

V = np.arange(1.0, 7.0)
M = np.arange(1.0, 13.0).reshape(3, 4)
F = np.asfortranarray(M)
T3 = np.arange(24.0).reshape(2, 3, 4)


def alias_is_the_same_array(x):
    y = x
    y += 1
    return x


def alias_rebound(x):
    y = x
    y = y + 1
    return x, y


def slice_is_a_view(x):
    y = x[1:4]
    y *= 10
    return x


def slice_sees_later_writes(x):
    y = x[1:4]
    x[2] = 100.0
    return y


def view_of_view(x):
    y = x[1:][::2]
    y[0] = -1.0
    x[3] = -2.0
    return x, y


def transpose_is_a_view(m):
    t = m.T
    t[0] = 7.0
    m[2, 1] = -3.0
    return m, t


def row_then_element(m):
    m[1][2] = 5.0
    return m


def rows_of_a_loop(m):
    for row in m:
        row *= 2
        row[0] = row.sum()
    return m


def columns_of_a_loop(m):
    for column in m.T:
        column -= column.mean()
    return m


def ravel_is_a_view(m):
    r = m.ravel()
    r[5] = 0.0
    return m


def reshape_is_a_view(m):
    r = m.reshape(4, 3)
    r[0, 2] = 50.0
    m[0, 0] = -1.0
    return m, r


def reshape_with_unknown(m):
    r = m.reshape(-1)
    r += 1
    return m


def reshape_of_transpose_copies(m):
    r = m.T.reshape(-1)
    r[0] = 99.0
    return m, r


def reshape_of_column_block(m):
    r = m[:, 1:3].reshape(-1)
    r[0] = 99.0
    return m, r


def reshape_of_rows_is_a_view(m):
    r = m[1:].reshape(-1)
    r[0] = 99.0
    return m, r


def flatten_copies(m):
    r = m.flatten()
    r[0] = 99.0
    return m, r


def copy_copies(x):
    y = x.copy()
    y[0] = 9.0
    return x, y


def newaxis_is_a_view(x):
    y = x[None, :]
    y[0, 1] = 4.5
    return x


def expand_and_squeeze(x):
    y = np.squeeze(np.expand_dims(x, 0))
    y[1] = 4.5
    return x


def swapaxes_is_a_view(t):
    s = np.swapaxes(t, 0, 2)
    s[1, 1, 1] = -5.0
    return t


def moveaxis_is_a_view(t):
    s = np.moveaxis(t, 0, -1)
    s[0] += 1
    return t


def advanced_indexing_copies(x):
    y = x[[0, 2]]
    y[0] = -7.0
    return x, y


def mask_copies(x):
    y = x[x > 2.5]
    y *= 2
    return x, y


def scalar_is_immutable(x):
    s = x[0]
    s += 10
    return x, s


def zero_dim_view(x):
    s = x[0, ...]
    s += 10
    return x, s


def sum_is_immutable(x):
    s = x.sum()
    t = s
    t += 1
    return s, t


def overlap_forward(x):
    x[1:] = x[:-1]
    return x


def overlap_backward(x):
    x[:-1] += x[1:]
    return x


def overlap_reversed(x):
    x[:] = x[::-1]
    return x


def swap(x):
    x[0], x[1] = x[1], x[0]
    return x


def swap_rows_through_views(m):
    m[0], m[1] = m[1], m[0]  # as in NumPy, the views alias: row 0 is lost
    return m


def swap_rows_with_index(m):
    m[[0, 1]] = m[[1, 0]]
    return m


def reversed_view(x):
    y = x[::-1]
    y[0] = 42.0
    return x


def inplace_through_two_views(m):
    a, b = m[0], m[:, 0]
    a += 1
    b += 10
    return m, a, b


def helper_writes(x):
    def fill(target, value):
        target[:] = value

    fill(x[2:4], 8.0)
    return x


def augmented_item(x):
    x[1] += 5
    x[2:4] *= 3
    x[[0, 5]] -= 1
    return x


def augmented_repeated_index(x):
    x[[0, 0, 1]] += 1
    return x


def add_at(x):
    np.add.at(x, [0, 0, 1], 1.0)
    return x


def write_then_return_view(m):
    y = np.zeros((2, 4))
    v = y[1]
    y[0] = m[0]
    v[:] = m[1] * 2
    return y, v


def scalar_in_loop(x):
    total = 0.0
    for v in x:
        total += v * v
    return total


def full_slice_assignment(x):
    y = np.zeros(6)
    y[:] = x
    y[...] = y * 2
    x[0] = 100.0
    return y


def empty_then_fill(x):
    out = np.empty(6)
    for k in range(6):
        out[k] = x[k] ** 2
    return out


def chained_assignment(x):
    a = b = x[1:3]
    a += 1
    return x, b


def list_of_arrays(x):
    parts = [x[:3], x[3:]]
    for p in parts:
        p *= 2
    return x, parts


def dict_of_arrays(x):
    d = {"a": x[:3], "b": x[3:]}
    d["a"] += d["b"]
    d["c"] = d["a"] * 2
    return x, d


def zeros_like_write(m):
    z = np.zeros_like(m)
    z[1:, 1:] = m[:-1, :-1]
    z[0] = z[1]
    return z


def ix_write(m):
    m[np.ix_([0, 2], [1, 3])] = 0.0
    return m


def diagonal_reads_later_writes(m):
    d = np.diagonal(m)
    m[0, 0] = 100.0
    return d


def fill_method(x):
    y = x[1:3]
    y.fill(3.0)
    return x


def sort_method(x):
    y = -x
    y.sort()
    return y


ONE = [
    alias_is_the_same_array,
    alias_rebound,
    slice_is_a_view,
    slice_sees_later_writes,
    view_of_view,
    newaxis_is_a_view,
    expand_and_squeeze,
    advanced_indexing_copies,
    mask_copies,
    scalar_is_immutable,
    zero_dim_view,
    sum_is_immutable,
    overlap_forward,
    overlap_backward,
    overlap_reversed,
    swap,
    reversed_view,
    helper_writes,
    augmented_item,
    augmented_repeated_index,
    add_at,
    scalar_in_loop,
    full_slice_assignment,
    empty_then_fill,
    chained_assignment,
    list_of_arrays,
    dict_of_arrays,
    copy_copies,
    fill_method,
    sort_method,
]
TWO = [
    transpose_is_a_view,
    row_then_element,
    rows_of_a_loop,
    columns_of_a_loop,
    ravel_is_a_view,
    reshape_is_a_view,
    reshape_with_unknown,
    reshape_of_transpose_copies,
    reshape_of_column_block,
    reshape_of_rows_is_a_view,
    flatten_copies,
    swap_rows_through_views,
    swap_rows_with_index,
    inplace_through_two_views,
    write_then_return_view,
    zeros_like_write,
    ix_write,
    diagonal_reads_later_writes,
]
THREE = [swapaxes_is_a_view, moveaxis_is_a_view]


@pytest.mark.parametrize("function", ONE)
def test_vectors(function: Callable[..., Any]) -> None:
    compare(function, V)


@pytest.mark.parametrize("function", TWO)
@pytest.mark.parametrize("matrix", [M, F], ids=["C", "F"])
def test_matrices(function: Callable[..., Any], matrix: Any) -> None:
    compare(function, matrix)


@pytest.mark.parametrize("function", THREE)
def test_three_axes(function: Callable[..., Any]) -> None:
    compare(function, T3)


def test_symbolic_sizes_serve_others() -> None:
    compare(slice_is_a_view, V, others=[(np.arange(9.0),)])
    compare(transpose_is_a_view, M, others=[(np.arange(30.0).reshape(5, 6),)])
    compare(reshape_with_unknown, M, others=[(np.arange(30.0).reshape(5, 6),)])
    compare(overlap_forward, V, others=[(np.arange(9.0),)])


def test_fortran_result_is_not_taken_for_c() -> None:
    def f(m):
        y = m.T * 2
        r = y.reshape(-1)
        r[0] = 5.0
        return y, r

    compare(f, M)


def test_unknown_layout_refuses_writes_only() -> None:
    def reads(m):
        return m.reshape(-1) * 2

    def writes(m):
        r = m.reshape(-1)
        r[0] = 1.0
        return m

    strided = np.arange(24.0).reshape(6, 4)[::2]
    compare(reads, strided)
    with pytest.raises(UnsupportedError, match="memory layout"):
        trace(writes, strided)


def test_readonly_views() -> None:
    def broadcast(x):
        y = np.broadcast_to(x, (2, 6))
        y[0, 0] = 1.0
        return y

    def diagonal(m):
        m.diagonal()[0] = 1.0
        return m

    with pytest.raises(ValueError, match="read-only"):
        trace(broadcast, V)
    with pytest.raises(ValueError, match="read-only"):
        trace(diagonal, M)


def test_arguments_are_not_written() -> None:
    x = V.copy()
    traced = trace(alias_is_the_same_array, x)
    traced(x)
    np.testing.assert_array_equal(x, V)


def test_ravel_of_what_is_not_contiguous_copies() -> None:
    def f(x):
        y = x[::-1]
        r, s = y.ravel(), y.reshape(-1)
        r[0] = 7.0
        s[1] = 8.0
        return x, y, r, s

    compare(f, V)

    def g(m):
        r = m.T.ravel()
        r[0] = 5.0
        s = m[:, :1].ravel()
        s += 1
        t = m[1:2].ravel()
        t += 2
        return m, r, s, t

    compare(g, M)
    strided = np.arange(24.0).reshape(6, 4)[::2]

    def h(m):
        r = m.ravel()
        r[0] = 5.0
        m[1] = 2.0
        return m, r

    compare(h, strided)


def test_scalars_share_nothing() -> None:
    def f(x):
        s = x.sum()
        v = s.reshape(1)
        v[0] = 5.0
        return s, v, s.T, x

    compare(f, V)
