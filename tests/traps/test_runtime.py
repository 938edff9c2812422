"""Compiled code at run time: indices, strides, empty arrays, float32 sums, threads, pickles."""

import pickle
import threading

import numpy as np
import pytest

from adjit import check_grads, grad, value_and_grad

X = np.array([1.0, 2.0, 3.0])
BACKENDS = pytest.mark.parametrize("name", ["numpy", "numba"])


def read(x, i):
    return np.sum(x[i] ** 2)


def write(x, i):
    y = x.copy()
    y[i] = 2.0 * x[:2]
    return np.sum(y**2)


def add_at(x, i):
    y = np.zeros(3)
    np.add.at(y, i, x[:2])
    return np.sum(y**2)


def take(x, i):
    return np.sum(np.take(x, i) ** 2)


PROGRAMS = {f.__name__: grad(f) for f in (read, write, add_at, take)}
AGAIN = {f.__name__: grad(f) for f in (read, write, add_at, take)}


@BACKENDS
@pytest.mark.parametrize("function", PROGRAMS)
def test_indices(function, name, monkeypatch):
    monkeypatch.setenv("ADJIT_BACKEND", name)
    g = (PROGRAMS if name == "numpy" else AGAIN)[function]
    expected = {"read": [0, 8, 0], "write": [2, 16, 6], "add_at": [6, 6, 0], "take": [0, 8, 0]}
    for twice in (np.array([1, 1]), np.array([-2, 1]), np.array([-2, -2])):
        # of two writes to one place the last one counts
        np.testing.assert_allclose(g(X, twice), expected[function])
    for bad in (np.array([0, 3]), np.array([-4, 0]), np.array([0, 2**40])):
        with pytest.raises(IndexError):
            g(X, bad)


@BACKENDS
def test_single_indices(name, monkeypatch):
    monkeypatch.setenv("ADJIT_BACKEND", name)
    g = grad(lambda x, i: x[i] ** 2)
    np.testing.assert_allclose(g(X, np.int64(-1)), [0, 0, 6])
    for bad in (np.int64(3), np.int64(-4)):
        with pytest.raises(IndexError):
            g(X, bad)
    with pytest.raises(IndexError, match="index 3 is out of bounds for axis 0 with size 3"):
        g(X, 3)
    with pytest.raises(IndexError, match="index 0 is out of bounds for axis 0 with size 0"):
        grad(lambda x: x[0])(np.zeros(0))


def layouts():
    base = np.arange(24.0).reshape(4, 6) / 10
    yield from (
        base[::-1, ::-1],
        np.asfortranarray(base),
        base.T,
        base[::2, 1::2],
        base[:0],
        base[:1],
        base[:, :1],
        np.broadcast_to(np.arange(6.0), (4, 6)),
        np.lib.stride_tricks.as_strided(np.arange(8.0), (4, 5), (8, 8)),
    )
    yield np.frombuffer(b"\0" * 193, np.uint8)[1:].view(np.float64).reshape(4, 6)


@BACKENDS
def test_memory_layouts(name, monkeypatch):
    monkeypatch.setenv("ADJIT_BACKEND", name)
    g = grad(lambda x: np.sum(np.sin(x) * x.cumsum(0)))
    for x in layouts():
        got = g(x)
        assert got.shape == x.shape
        assert got.flags.writeable
        columns = x.cumsum(0)
        np.testing.assert_allclose(
            got, np.cos(x) * columns + np.sin(x)[::-1].cumsum(0)[::-1], rtol=1e-12, atol=1e-14
        )


EMPTY = {
    np.sum: 0.0,
    np.prod: 1.0,
    np.mean: np.nan,
    np.std: np.nan,
    np.linalg.norm: 0.0,
    np.max: ValueError,
    np.min: ValueError,
    np.ptp: ValueError,
    np.argmax: ValueError,
    np.median: ValueError,
}


@pytest.mark.filterwarnings("ignore:Mean of empty slice")
@pytest.mark.parametrize("function", EMPTY)
def test_empty_arrays(function):
    f = lambda x: function(x) * np.float64(1.0) + np.sum(x)  # noqa: E731
    expected = EMPTY[function]
    if expected is ValueError:
        with pytest.raises(ValueError):
            grad(f)(np.zeros(0))
        return
    value, dx = value_and_grad(f)(np.zeros(0))
    np.testing.assert_equal(value, expected)
    assert dx.shape == (0,)


@BACKENDS
def test_zero_dimensions(name, monkeypatch):
    monkeypatch.setenv("ADJIT_BACKEND", name)
    g = value_and_grad(lambda x: x * x)
    for x, kind in (
        (np.array(3.0), np.ndarray),
        (np.float64(3), np.float64),
        (3.0, float),
        (np.float32(3), np.float32),
        (3, float),
    ):
        value, dx = g(x)
        assert (type(dx), value, dx) == (kind, 9, 6)


@pytest.mark.compiled
def test_float32_sums():
    """A naive sum of 1e7 times 0.1 is off by 8.8 %."""
    x = np.full(10**7, 0.1, np.float32)
    value, dx = value_and_grad(lambda x: np.sum(x) + np.mean(x) + np.sum(x * x))(x)
    exact = float(x[0])
    assert value == pytest.approx(exact * 1e7 + exact + exact**2 * 1e7, rel=1e-6)
    assert dx.dtype == np.float32
    np.testing.assert_allclose(dx[:: 10**6], 1 + 1e-7 + 2 * exact, rtol=1e-6)
    total = grad(lambda b, x: np.sum(b * x))(np.float32(2.0), x)
    assert total == pytest.approx(exact * 1e7, rel=1e-6)


@pytest.mark.compiled
def test_threads_compile_and_call_at_once():
    functions = [value_and_grad(lambda x, k=k: np.sum(np.sin(k * x))) for k in range(3)]
    shared = value_and_grad(lambda x: np.sum(np.cos(x)))
    errors = []

    def work(k):
        try:
            for n in (3, 4, 1, 0):
                x = np.linspace(0, 1, n)
                for f, d in ((functions[k % 3], (k % 3) * np.cos(k % 3 * x)), (shared, -np.sin(x))):
                    np.testing.assert_allclose(f(x)[1], d, atol=1e-15)
        except Exception as error:
            errors.append(error)

    threads = [threading.Thread(target=work, args=(k,)) for k in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not errors


def square(x):
    return np.sum(x**2)


def test_pickles():
    again = pickle.loads(pickle.dumps(value_and_grad(square)))
    value, dx = again(X)
    assert value == 14.0
    np.testing.assert_allclose(dx, 2 * X)


def test_check_grads_to_second_order():
    check_grads(lambda x: np.sum(np.log(x)[1:]) + np.max(x) + np.arctan2(x[0], x[1]), (X,), order=2)
