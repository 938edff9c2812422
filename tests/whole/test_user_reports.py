"""What users ran into, each with the smallest program that shows it."""

import subprocess
import sys

import numpy as np
import pytest
from numpy.lib.stride_tricks import sliding_window_view
from scipy.optimize import minimize
from whole.users.catalogue import CASES
from whole.users.fitting import logistic
from whole.users.styles import rosenbrock

from adjit import check_grads, errors, grad, jit, value_and_grad


@pytest.fixture(autouse=True)
def interpreted(monkeypatch):
    monkeypatch.setenv("ADJIT_BACKEND", "numpy")


def same(f, *args):
    made = jit(f)
    np.testing.assert_array_equal(made(*args), f(*args))
    return made


def test_an_index_before_a_last_full_axis():
    x = np.arange(72.0).reshape(2, 2, 2, 3, 3)
    same(lambda x: x[:, :, :, 1, :], x)
    same(lambda x: x[:, :, :, [0, 2], :], x)
    same(lambda x: x[:, :, :, :, 1], x)


@pytest.mark.parametrize(
    "f",
    [
        lambda x, y: np.c_[x, x**2, y],
        lambda x, y: np.c_[x.astype(np.float32)],
        lambda x, y: np.r_[0, x, 1:3, 5.0, 0:1:3j],
        lambda x, y: np.r_[y, y],
        lambda x, y: np.r_[x.astype(np.float32), 1.5],
        lambda x, y: np.r_[x > 1, True],
        lambda x, y: np.mgrid[0 : y.shape[0], 1 : y.shape[1]],
        lambda x, y: np.mgrid[: len(x)],
        lambda x, y: np.mgrid[0 : y.shape[0], 0:1:5j],
        lambda x, y: np.ogrid[0:3, : y.shape[1]][1],
    ],
)
def test_brackets(f):
    x, y = np.arange(3.0), np.arange(12.0).reshape(3, 4)
    made = jit(f)
    got, expected = made(x, y), f(x, y)
    assert got.dtype == expected.dtype
    np.testing.assert_array_equal(got, expected)
    x, y = np.arange(5.0), np.arange(30.0).reshape(5, 6)
    np.testing.assert_array_equal(made(x, y), f(x, y))
    assert len(made.specializations) == 1


def test_a_number_meets_single_precision():
    def smooth(x, eps=1e-3):
        return np.sum(np.sqrt(x**2 + eps**2))

    x = np.array([0.5, -2.0], np.float32)
    made = grad(smooth)(x)
    assert made.dtype == np.float32
    np.testing.assert_allclose(made, [1.0, -1.0], rtol=1e-5)


def test_numbers_calculate_as_numpy_does():
    assert value_and_grad(lambda x, k: x**k)(0.0, 0.0) == (1.0, 0.0)
    assert value_and_grad(lambda x: 1 / x)(0.0) == (np.inf, -np.inf)
    assert np.isnan(value_and_grad(lambda x: x**2.5)(-1.0)[0])


def test_a_line_that_is_added_at_a_table_of_places():
    """`np.add.at(x, table, line)` of NumPy 2.4 reads beyond the end of the line."""

    def sums(x):
        return np.convolve(x, [1.0, 2.0, 4.0], "valid").sum()

    np.testing.assert_array_equal(grad(sums)(np.ones(5)), [4.0, 6.0, 7.0, 3.0, 1.0])


# One compiled function for all sizes.


def halves(x):
    h = len(x) // 2
    return np.sum(x[:h] * x[h:])


def pooled(x):
    n, h, w = x.shape
    return np.sum(x.reshape(n, h // 2, 2, w // 2, 2).max(axis=(2, 4)) ** 2)


def thirds(x):
    first, second, third = np.split(np.tile(x, 3) + np.repeat(2.0 * x, 3), 3)
    return np.dot(first, second) + third.sum()


def twice(x):
    return np.sum(x.reshape(-1, 2).sum(1).reshape(-1, 2).prod(1))


@pytest.mark.parametrize(
    ("f", "shapes"),
    [
        (halves, [(6,), (8,), (14,)]),
        (pooled, [(3, 6, 8), (2, 8, 4), (5, 4, 10)]),
        (thirds, [(4,), (7,)]),
        (twice, [(8,), (20,)]),
        (lambda x: np.sum(x[::2] * x[1::2]), [(6,), (10,)]),
        (lambda x: np.sum(x[::2] - x[1::2] ** 2) * (len(x) // 2), [(6,), (10,)]),
        (lambda x: np.sum(x[range(len(x)), range(1, len(x) + 1)]), [(3, 4), (5, 6)]),
        (lambda x: np.quantile(x, 0.3) * np.percentile(x, 90), [(5,), (12,)]),
        (lambda x: x[: x.size // 3].sum() * x[-(x.size // 3) :].sum(), [(7,), (11,), (12,)]),
    ],
    ids=lambda p: getattr(p, "__name__", ""),
)
def test_every_size_runs_the_same_code(f, shapes):
    made = value_and_grad(f)
    for shape in shapes:
        x = np.random.default_rng(0).normal(size=shape)
        value, gradient = made(x)
        assert value == pytest.approx(f(x))
        direction = np.random.default_rng(1).normal(size=shape)
        slope = (f(x + 1e-6 * direction) - f(x - 1e-6 * direction)) / 2e-6
        assert np.sum(gradient * direction) == pytest.approx(slope, rel=1e-6, abs=1e-7)
    assert len(made.specializations) == 1


def test_a_size_without_the_divisor_is_served_anew():
    made = jit(lambda x: x[::2].sum() * (len(x) % 2) + x[: len(x) // 2].sum())
    for n in (6, 7, 2, 3, 8, 9):
        assert made(np.arange(float(n))) == (n % 2) * np.arange(n)[::2].sum() + sum(range(n // 2))
    reshaped = jit(lambda x: x.reshape(-1, 2))
    reshaped(np.ones(6))
    with pytest.raises(errors.ShapeError, match="cannot be reshaped"):
        reshaped(np.ones(7))


def test_a_size_of_one_is_no_size_of_two():
    """`y` has one element less than `x`: it may have one although `x` has two or more."""
    f = jit(lambda x, y: np.sum(x[1:] * y) * np.squeeze(y))
    assert f(np.arange(4.0), np.ones(3)).shape == (3,)
    assert np.shape(f(np.arange(2.0), np.ones(1))) == ()


# What stands around the call.


def test_scipy_minimises():
    found = minimize(value_and_grad(rosenbrock), np.zeros(4), jac=True, method="L-BFGS-B")
    np.testing.assert_allclose(found.x, 1.0, rtol=1e-4)


def test_hessian_vector_product():
    w, X, y = CASES["logistic"].arguments(6)
    v = np.linspace(-1, 1, 4)
    product = grad(lambda w: np.vdot(grad(logistic)(w, X, y), v))(w)
    p = 1 / (1 + np.exp(-X @ w))
    expected = X.T @ (p * (1 - p) * (X @ v)) / len(y) + 0.02 * v
    np.testing.assert_allclose(product, expected, rtol=1e-10)


@pytest.mark.parametrize(
    "name",
    [
        "student_t_fit",
        "attention_einsum",
        "kepler_orbit",
        "heat_steps",
        "haar_in_place",
        "soft_k_means",
        "batch_norm",
    ],
)
def test_second_order(name):
    case = CASES[name]
    check_grads(case.function, case.arguments(5), order=2, argnums=case.argnums)


TABLE = np.linspace(-1.0, 1.0, 200).reshape(20, 10)


def with_arrays(x):
    return np.sum(np.tanh(TABLE @ x - [0.1, -0.2] * 10) ** 2)


def test_a_saved_module_brings_its_arrays_along(tmp_path):
    x = np.linspace(0, 1, 10)
    f = value_and_grad(with_arrays)
    value, gradient = f(x)
    f.save(tmp_path / "kept.py")
    code = (
        "import sys; sys.modules['adjit'] = None\n"
        "import numpy as np, kept\n"
        "value, g = kept.with_arrays_value_and_grad(np.linspace(0, 1, 10))\n"
        "zero = 0 * kept.TABLE\n"
        "other, _ = kept.with_arrays_value_and_grad(np.linspace(0, 1, 10), TABLE=zero)\n"
        "print(repr(float(value)), repr(float(g @ g)), repr(float(other)))"
    )
    out = subprocess.run(
        [sys.executable, "-c", code], cwd=tmp_path, check=True, capture_output=True, text=True
    ).stdout
    numbers = [float(word) for word in out.split()]
    zero = np.sum(np.tanh(np.array([0.1, -0.2] * 10)) ** 2)
    np.testing.assert_allclose(numbers, [value, gradient @ gradient, zero], rtol=1e-13)


def test_a_constant_stands_in_the_text():
    text = grad(lambda x: np.sum((x - [0.5, 1.5]) ** 2)).source(np.ones(2))
    assert "constant = np.array([0.5, 1.5])" in text
    namespace = {}
    exec(text, namespace)
    np.testing.assert_allclose(namespace["function_grad"](np.ones(2)), [1.0, -1.0])


def test_stacked_steps_read_as_written():
    """The cotangents of what was stacked are parts of that of the stack, without masks."""
    text = grad(CASES["lstm_unrolled"].function).source(*CASES["lstm_unrolled"].arguments(3))
    assert "np.bool_" not in text
    text = grad(CASES["kepler_orbit"].function).source(*CASES["kepler_orbit"].arguments(3))
    assert "dsky[:, 1]" in text
    assert "np.where" not in text


# Messages.


def raised(f, *args):
    with pytest.raises(errors.AdjitError) as caught:
        grad(f)(*args)
    return str(caught.value)


def test_messages_name_what_the_user_wrote():
    def complex_phase(x):
        return np.abs(np.sum(1j * x))

    def asserted(x):
        assert np.all(x > 0), "positive"
        return np.sum(x)

    def drawn(x):
        return np.sum(x * np.random.default_rng(0).normal(size=3))

    x = np.ones(3)
    assert "the complex number 1j is not supported" in raised(complex_phase, x)
    assert jit(asserted)(x) == 3.0
    with pytest.raises(AssertionError, match="positive"):
        jit(asserted)(-x)
    assert "np.random.Generator.normal" in raised(drawn, x) or "default_rng" in raised(drawn, x)
    assert "<U1, which is not supported" in raised(np.sum, np.array(["a"]))


def test_an_exception_of_the_users_has_a_short_traceback(monkeypatch):
    monkeypatch.delenv("ADJIT_DEBUG", raising=False)

    def misspelt(x):
        return np.summ(x)

    with pytest.raises(AttributeError, match="no attribute 'summ'") as caught:
        grad(misspelt)(np.ones(3))
    assert "np.summ(x)" in "".join(caught.value.__notes__)
    assert not [entry for entry in caught.traceback if "interpreter" in str(entry.path)]


def test_windows_are_not_written_through():
    def f(x):
        y = x * 1.0
        view = sliding_window_view(y, 2)
        y[0] = 0.0
        return view.sum()

    assert "sliding_window_view made a view" in raised(f, np.ones(4))
