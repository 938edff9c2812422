"""In-place code, nested transforms, threads, pickling: calls as users make them."""

import copy
import pickle
import subprocess
import sys
import threading

import numpy as np
import pytest

from adjit import check_grads, grad, jit, value_and_grad
from adjit.errors import ArgumentError, CheckError, LeakedTraceError, ShapeError, UnsupportedError

X = np.array([0.5, -1.0, 2.0])


@value_and_grad
def module_level(x):
    return np.sum(x**2)


def test_arguments_are_never_written():
    def f(x, y):
        x += 1.0
        y[0] = x[1]
        x[1:] *= y[1:]
        return np.sum(x * y)

    x, y = X.copy(), X + 3
    before = x.copy(), y.copy()
    value, (dx, dy) = value_and_grad(f, (0, 1))(x, y)
    np.testing.assert_array_equal(x, before[0])
    np.testing.assert_array_equal(y, before[1])
    assert value == pytest.approx(f(x.copy(), y.copy()))
    check_grads(lambda x, y: f(x.copy(), y.copy()), (x, y))
    assert dx.shape == dy.shape == (3,)


def test_one_array_passed_twice_and_written_to():
    def f(x, y):
        x *= 2.0
        return np.sum(x * y)

    with pytest.raises(UnsupportedError, match="'x' and 'y' share memory"):
        grad(f, (0, 1))(X, X)
    with pytest.raises(UnsupportedError, match="share memory"):
        grad(f, (0, 1))(X[:2], X[1:])
    np.testing.assert_allclose(grad(lambda x, y: np.sum(x * y), (0, 1))(X, X), [X, X])


@pytest.mark.parametrize("order", [1, 2, 3])
def test_gradients_of_gradients(order):
    f = lambda x: np.sin(x) * x**3  # noqa: E731
    expected = {
        1: lambda x: np.cos(x) * x**3 + 3 * np.sin(x) * x**2,
        2: lambda x: 6 * np.cos(x) * x**2 + (6 * x - x**3) * np.sin(x),
        3: lambda x: (18 * x - x**3) * np.cos(x) + (6 - 9 * x**2) * np.sin(x),
    }[order]
    g = f
    for _ in range(order):
        g = grad(g)
    assert g(1.3) == pytest.approx(expected(1.3), rel=1e-12)


def test_transforms_inside_traced_code():
    def hessian_vector(x, v):
        return np.sum(grad(lambda z: np.sum(z**3 * x[0]))(x) * v)

    def by_hand(x, v):
        return np.sum(3 * x**2 * x[0] * v)

    v = np.array([1.0, 2.0, 3.0])
    assert jit(hessian_vector)(X, v) == pytest.approx(by_hand(X, v))
    np.testing.assert_allclose(grad(hessian_vector)(X, v), grad(by_hand)(X, v))

    @jit
    def inner(x):
        return np.tanh(x) * 2

    np.testing.assert_allclose(grad(lambda x: np.sum(inner(x)))(X), 2 * (1 - np.tanh(X) ** 2))


def test_the_value_and_gradient_of_a_compiled_function():
    f = jit(lambda x: np.sum(x**2))
    assert f(X) == pytest.approx(np.sum(X**2))
    np.testing.assert_allclose(grad(f)(X), 2 * X)
    np.testing.assert_allclose(jit(grad(f))(X), 2 * X)


@pytest.mark.compiled
def test_threads():
    f = value_and_grad(lambda x, k: np.sum(np.tanh(x * k)))
    xs = [np.linspace(0, 1, n + 2) for n in range(8)] + [np.zeros((3, n + 2)) for n in range(4)]
    results: dict[int, tuple] = {}
    errors = []

    def work(k):
        try:
            for _ in range(20):
                results[k] = f(xs[k], float(k))
        except Exception as error:
            errors.append(error)

    threads = [threading.Thread(target=work, args=(k,)) for k in range(len(xs))]
    for t in threads:
        t.start()
    for t in threads:
        t.join()
    assert not errors
    for k, (value, dx) in results.items():
        y = np.tanh(xs[k] * k)
        assert value == pytest.approx(np.sum(y))
        np.testing.assert_allclose(dx, (1 - y**2) * k, rtol=1e-12, atol=1e-14)


def test_pickling_and_copying():
    assert pickle.loads(pickle.dumps(module_level)) is module_level
    assert copy.deepcopy(module_level) is module_level
    again = pickle.loads(pickle.dumps(grad(np_sum_of_squares)))
    np.testing.assert_allclose(again(X), 2 * X)


def np_sum_of_squares(x):
    return np.sum(x**2)


def test_a_leaked_value_is_an_error():
    kept = []

    def f(x):
        kept.append(x)
        return np.sum(x)

    with pytest.raises(LeakedTraceError):
        grad(f)(X)

    box = {}

    def g(x):
        box["x"] = x * 2
        return np.sum(x)

    with pytest.raises(LeakedTraceError):
        grad(g)(X)


def test_a_shape_mismatch_names_the_user_s_line_and_shapes():
    def f(weights, inputs):
        return np.sum(inputs @ weights)

    with pytest.raises(ShapeError) as caught:
        grad(f)(np.ones(3), np.ones((5, 4)))
    text = str(caught.value)
    assert "test_calls.py" in text
    assert "inputs @ weights" in text
    assert "(5, 4)" in text
    assert "(3,)" in text


def test_check_grads_finds_a_wrong_gradient():
    check_grads(lambda x, y: np.sum(np.sin(x) * y), (X, 2.0), order=2)
    check_grads(lambda p: np.sum(p["w"] ** 2) * p["b"], ({"w": X, "b": 3.0},), order=2)
    with pytest.raises(CheckError, match="disagrees"):
        # rounding has gradient zero, its differences over a large step do not
        check_grads(lambda x: np.sum(np.round(x * 1e7) / 1e7), (X,))


def test_large_results_are_recycled_only_when_dropped():
    g = grad(lambda x: np.sum(x * x))
    x = np.ones(100_000)
    first = g(x)
    second = g(2 * x)
    np.testing.assert_array_equal(first, 2 * x)
    view = second[:10]
    del second
    third = g(3 * x)
    np.testing.assert_array_equal(view, 4.0)
    np.testing.assert_array_equal(third, 6 * x)


def test_importing_adjit_is_cheap():
    code = (
        "import sys, adjit; print([m for m in ('sympy', 'scipy', 'numba', 'rich', 'mpmath') "
        "if m in sys.modules])"
    )
    out = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert out.stdout.strip() == "[]"


@pytest.mark.compiled
def test_a_first_gradient_does_not_import_sympy():
    code = (
        "import sys, numpy as np, adjit\n"
        "print(adjit.grad(lambda x: np.sum(np.tanh(x) ** 2 / (1 + np.exp(x))))(np.ones(3)))\n"
        "assert 'sympy' not in sys.modules\n"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


def test_an_impure_function_is_reported():
    counter = {"n": 0}

    def f(x):
        return np.sum(x) * counter["n"]

    g = grad(f)
    np.testing.assert_allclose(g(X), 0.0)
    counter["n"] += 1
    np.testing.assert_allclose(g(X), 1.0)


def test_source_without_arguments_is_the_last_calls():
    g = grad(lambda x: np.sum(x**2) if x.ndim == 1 else np.sum(np.tanh(x)))
    with pytest.raises(ArgumentError, match="not been called"):
        g.source()
    g(X)
    g(np.ones((2, 2)))
    assert "tanh" in g.source()
    g(X)
    assert "tanh" not in g.source()
    assert "tanh" in g.source(np.ones((2, 2)))


@pytest.mark.compiled
def test_unaligned_packed_and_read_only_arguments(monkeypatch):
    monkeypatch.setenv("ADJIT_BACKEND", "numba")
    unaligned = np.zeros(8 * 100 + 1, np.uint8)[1:].view(np.float64)
    unaligned[:] = np.linspace(0, 1, 100)
    packed = np.zeros(100, [("tag", "i1"), ("x", "f8")])
    packed["x"] = unaligned
    read_only = np.linspace(0, 1, 100)
    read_only.flags.writeable = False
    assert not unaligned.flags.aligned
    g = grad(lambda x: np.sum(np.exp(x) * x))
    for x in (unaligned, packed["x"], read_only):
        np.testing.assert_allclose(g(x), np.exp(x) * (1 + x), rtol=1e-13)
