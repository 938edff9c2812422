"""`check=True`: the gradient of each new specialisation against differences of the function."""

import pickle

import numpy as np
import pytest

from adjit import grad, jit, selfcheck, value_and_grad
from adjit.differences import compare, random_direction, tolerance
from adjit.errors import CheckError

X = np.array([0.5, -1.0, 2.0])


@pytest.fixture(autouse=True)
def unset(monkeypatch):
    monkeypatch.delenv("ADJIT_CHECK", raising=False)


def stepped(x):
    """Steps so small that differences see a slope where the derivative is 0."""
    return np.sum(np.round(x * 1e7) / 1e7)


@grad(check=True)
def module_level(x):
    return np.sum(x**2)


@pytest.mark.parametrize("transform", [grad, value_and_grad])
def test_a_gradient_that_disagrees_is_an_error_with_both_numbers(transform):
    with pytest.raises(CheckError, match=r"seed \d+ it is 0\.0 by adjit, -?[0-9.]+") as caught:
        transform(stepped, check=True)(X)
    assert "not smooth there" in caught.value.remedy
    assert caught.value.location.function == "stepped"
    transform(stepped)(X)
    transform(stepped, check=False)(X)


def test_a_gradient_that_was_wrong_is_checked_again():
    f = grad(stepped, check=True)
    for _ in range(2):
        with pytest.raises(CheckError):
            f(X)
    f = grad(stepped, check=True)
    f.source(X)  # makes the code without a call
    with pytest.raises(CheckError):
        f(X)


def test_the_environment_turns_it_on(monkeypatch):
    f = grad(stepped)
    f(X)
    monkeypatch.setenv("ADJIT_CHECK", "1")
    f(X)  # made before
    with pytest.raises(CheckError):
        grad(stepped)(X)
    grad(stepped, check=False)(X)
    jit(stepped)(X)
    monkeypatch.setenv("ADJIT_CHECK", "0")
    grad(stepped)(X)


def test_right_gradients_pass_and_are_checked_once(monkeypatch):
    checked = []
    check = selfcheck.check
    monkeypatch.setattr(selfcheck, "check", lambda *args: (checked.append(1), check(*args)))

    @value_and_grad(argnums=("p", "s"), has_aux=True, check=True)
    def f(p, s, n, *, k):
        y = p["w"] * s
        y[0] += n
        return np.sum(y**k) * p["b"][0], (y, n)

    p = {"w": X.copy(), "b": [2.0, np.float32(3.0)]}
    before = pickle.dumps(p)
    for _ in range(3):
        (_, (_, n)), (_, ds) = f(p, 3, 2, k=2.0)
    assert checked == [1]
    assert (n, isinstance(ds, float)) == (2, True)
    assert pickle.dumps(p) == before
    f(p, 3, 2, k=np.array(2.0))
    assert checked == [1, 1]
    assert f.source().startswith("import")
    assert len(f.specializations) == 2


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("scale", [1e-6, 1.0, 1e5])
def test_arguments_of_any_size_and_precision(dtype, scale):
    x = (scale * (1 + np.arange(6.0))).astype(dtype).reshape(2, 3)
    for order in "CF":
        grad(lambda x: np.sum(np.log(x) * x.T.reshape(2, 3)), check=True)(
            np.asarray(x, order=order)
        )
    grad(lambda x: np.sum(np.sqrt(x)), check=True)(x[0, 0].reshape(()))
    grad(lambda x: x**3 / scale**3, check=True)(dtype(scale))


def flattened(x):
    y = x.ravel()  # a view or a copy
    y *= 2.0
    return np.sum(x * np.arange(x.size).reshape(x.shape))


@pytest.mark.parametrize("order", ["C", "F"])
def test_arguments_keep_their_memory_layout(order):
    whole = np.asarray(np.linspace(1.0, 2.0, 24).reshape(4, 6), order=order)
    for x in (whole, whole[::2], whole[:, ::-2], whole[::-1].T, np.broadcast_to(whole[:1], (3, 6))):
        grad(flattened, check=True)(x)


def test_no_verdict_where_the_plain_function_has_none():
    assert np.isinf(grad(lambda x: np.sqrt(x), check=True)(0.0))

    made = {}  # without a source it runs natively, on traced values
    exec("def raises(x): return x * x if hasattr(x, 'operand') else 1 / 0", made)
    assert grad(made["raises"], check=True)(2.0) == 4.0
    assert np.isnan(grad(lambda x: x * np.nan, check=True)(2.0))


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_no_verdict_at_a_kink(dtype):
    x = np.array([0.0, 0.3, 0.0, -2.0], dtype)
    for f in (lambda x: np.sum(np.maximum(0, x)), lambda x: np.sum(np.where(x > 0, 3 * x, x**2))):
        grad(f, check=True)(x)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("rate", [0.1, 1.0, 10.0])
@pytest.mark.parametrize("factor", [0.0, 0.9, 1.0, 1.1, -1.0])
def test_curved_functions_have_a_verdict(dtype, rate, factor):
    x = np.array([0.3, 0.5, 1.0], dtype)
    found = compare(
        lambda point: float(np.sum(np.exp(dtype(rate) * point[0]))),
        [x],
        [factor * rate * np.exp(rate * x)],
        random_direction([x], [True], 0),
        tolerance(single=dtype is np.float32),
    )
    assert found.decided
    assert found.agrees is (factor == 1.0)


def test_inner_gradients_are_not_checked():
    inner = grad(stepped, check=True)
    np.testing.assert_array_equal(grad(lambda x: np.sum(inner(x) + x), check=True)(X), np.ones(3))


def test_loops_and_branches_are_checked_as_numpy_runs_them():
    @grad(check=True)
    def f(x, n):
        for i in range(n):
            if x[i % 3] > 0:
                x = x * np.cos(x)
            else:
                x[i % 3] += x[1] ** 2
        return np.sum(x)

    assert f(X, 7).shape == (3,)


def test_pickled_and_used_as_a_method():
    class Model:
        def __init__(self, w):
            self.w = w

        @value_and_grad(check=True)
        def loss(self, x):
            return np.sum(self.w * x**2)

        @grad(check=True)
        def steps(self, x):
            return self.w[0] * stepped(x)

    assert Model(X).loss(X)[1].shape == (3,)
    with pytest.raises(CheckError):
        Model(X).steps(X)
    assert pickle.loads(pickle.dumps(module_level)) is module_level
    np.testing.assert_array_equal(module_level(X), 2 * X)
