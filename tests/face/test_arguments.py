"""What can be passed and differentiated, and in which form gradients come back."""

import functools
from collections import OrderedDict
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import pytest

from adjit import grad, jit, value_and_grad
from adjit.errors import ArgumentError, DTypeError, OutputError

X = np.array([0.5, -1.0, 2.0])


def cube(x):
    return np.sum(x**3)


def test_bare_decorator_decorator_with_arguments_and_call():
    @grad
    def a(x):
        return np.sum(x**3)

    @grad()
    def b(x):
        return np.sum(x**3)

    @grad(argnums=1)
    def c(y, x):
        return np.sum(y) + np.sum(x**3)

    for f in (a, b, grad(cube), functools.partial(c, X)):
        np.testing.assert_allclose(f(X), 3 * X**2)
    assert a.__name__ == "a"
    assert repr(a) == "<adjit.grad of a>"


@pytest.mark.parametrize(
    ("argnums", "expected"),
    [
        (0, "y"),
        (1, "x"),
        (-1, "one"),
        ("x", "y"),
        ((0,), ("y",)),
        ((1, 0), ("x", "y")),
        (("y", 2), ("x", "one")),
        (["x"], ("y",)),
    ],
)
def test_argnums(argnums, expected):
    def f(x, y, z):
        return np.sum(x * y) + np.sum(z)

    x, y, z = X, X + 1, np.zeros(2)
    table = {"x": x, "y": y, "one": np.ones(2)}
    got = grad(f, argnums)(x, y, z)
    if isinstance(expected, tuple):
        assert isinstance(got, tuple)
        assert len(got) == len(expected)
        for g, name in zip(got, expected, strict=True):
            np.testing.assert_allclose(g, table[name])
    else:
        np.testing.assert_allclose(got, table[expected])


@pytest.mark.parametrize(
    ("argnums", "message"),
    [
        (2, "argnums=2 is out of range for cube2(x, y)"),
        (-3, "out of range"),
        ("w", "'w', which is no argument of cube2(x, y)"),
        ((0, 0), "twice"),
        (("x", 0), "twice"),
        (1.0, "neither a number nor a name"),
        (True, "neither a number nor a name"),
    ],
)
def test_bad_argnums(argnums, message):
    def cube2(x, y):
        return np.sum(x**3) + y

    with pytest.raises(ArgumentError) as caught:
        grad(cube2, argnums=argnums)(X, 1.0)
    assert message in str(caught.value)


def test_keywords_defaults_and_variadic_arguments():
    def f(x, scale=2.0, *rest, power=2, **named):
        total = scale * np.sum(x**power)
        for r in rest:
            total = total + np.sum(r * x)
        for name in sorted(named):
            total = total + named[name]
        return total

    np.testing.assert_allclose(grad(f)(X), 4 * X)
    np.testing.assert_allclose(grad(f)(x=X), 4 * X)
    np.testing.assert_allclose(grad(f)(X, scale=3.0), 6 * X)
    np.testing.assert_allclose(grad(f)(X, 3.0, X, power=3), 9 * X**2 + X)
    np.testing.assert_allclose(grad(f, argnums=3)(X, 1.0, X, X + 1), X)
    assert grad(f, argnums=("scale", "extra"))(X, extra=4.0) == (np.sum(X**2), 1.0)
    with pytest.raises(TypeError, match=r"unexpected keyword|positional"):
        grad(cube)(X, 1)
    with pytest.raises(TypeError, match="missing"):
        grad(cube)()


def test_a_changed_default_is_seen():
    w = np.array([1.0, 2.0, 3.0])

    def f(x, w=w):
        return np.sum(x * w)

    g = grad(f)
    np.testing.assert_allclose(g(X), w)
    w[0] = 10.0
    np.testing.assert_allclose(g(X), w)
    f.__defaults__ = (X,)
    np.testing.assert_allclose(g(X), X)


def test_methods_lambdas_closures_partials_and_callable_objects():
    class Model:
        def __init__(self, w):
            self.w = w

        def loss(self, x):
            return np.sum(self.w * x**2)

        @grad
        def slope(self, x):
            return np.sum(self.w * x**2)

        @staticmethod
        @grad
        def still(x):
            return np.sum(x**2)

        def __call__(self, x):
            return self.loss(x)

    model = Model(np.array([1.0, 2.0, 3.0]))
    expected = 2 * model.w * X
    np.testing.assert_allclose(grad(model.loss)(X), expected)
    np.testing.assert_allclose(model.slope(X), expected)
    np.testing.assert_allclose(Model.still(X), 2 * X)
    np.testing.assert_allclose(model.still(X), 2 * X)
    np.testing.assert_allclose(grad(model)(X), expected)
    model.w = np.array([4.0, 5.0, 6.0])
    np.testing.assert_allclose(grad(model.loss)(X), 2 * model.w * X)
    np.testing.assert_allclose(model.slope(X), 2 * model.w * X)
    w = 3.0
    np.testing.assert_allclose(grad(lambda x: w * np.sum(x**2))(X), 6 * X)
    np.testing.assert_allclose(
        grad(functools.partial(lambda a, x: a * np.sum(x**2), 2.0))(X), 4 * X
    )


class Point(NamedTuple):
    a: np.ndarray
    b: float


@dataclass
class Params:
    w: np.ndarray
    b: float
    name: str = "p"


@pytest.mark.parametrize(
    "make",
    [
        lambda w, b: [w, b],
        lambda w, b: (w, b),
        lambda w, b: {"w": w, "b": b},
        lambda w, b: [{"w": w}, (b, [])],
        Point,
        Params,
        lambda w, b: OrderedDict(w=w, b=b),
        lambda w, b: {"w": w, "b": b, "act": None},
    ],
)
def test_gradients_come_back_in_the_argument_s_structure(make):
    def take(p):
        if isinstance(p, (Point,)):
            return p.a, p.b
        if isinstance(p, Params):
            return p.w, p.b
        if isinstance(p, dict):
            return p["w"], p["b"]
        return (p[0]["w"], p[1][0]) if isinstance(p[0], dict) else (p[0], p[1])

    def f(p, x):
        w, b = take(p)
        return np.sum(w * x) * b

    w, b = np.array([1.0, 2.0, 3.0]), 2.0
    params = make(w, b)
    got = grad(f)(params, X)
    assert type(got) is type(params)
    dw, db = take(got)
    np.testing.assert_allclose(dw, b * X)
    assert type(db) is float
    assert db == pytest.approx(np.sum(w * X))
    if isinstance(params, Params):
        assert got.name == "p"
    value, again = value_and_grad(f)(params, X)
    assert value == pytest.approx(np.sum(w * X) * b)
    assert type(again) is type(params)


@pytest.mark.parametrize(
    ("x", "kind"),
    [
        (2.0, float),
        (2, float),
        (np.float64(2), np.float64),
        (np.float32(2), np.float32),
        (np.array(2.0), np.ndarray),
        (np.array(2.0, np.float32), np.ndarray),
        (np.array([2.0]), np.ndarray),
        (np.array([[2.0]], np.float32), np.ndarray),
    ],
)
def test_dtype_and_shape_of_gradients(x, kind):
    value, got = value_and_grad(lambda x: np.sum(x * x * x))(x)
    assert type(got) is kind
    assert np.shape(got) == np.shape(x)
    if not isinstance(x, (int, float)) or isinstance(x, np.generic):
        assert got.dtype == x.dtype
        assert value.dtype == x.dtype
    np.testing.assert_allclose(got, 12.0)
    assert value == 8.0


def test_python_floats_in_python_floats_out():
    value, got = value_and_grad(lambda x: x**3 + 1)(2)
    assert (value, got) == (9.0, 12.0)
    assert type(value) is type(got) is float


@pytest.mark.parametrize(
    ("x", "error", "words"),
    [
        (np.arange(3), DTypeError, "int64"),
        (np.array([True]), DTypeError, "bool"),
        (np.array([1j]), DTypeError, "complex"),
        (1j, DTypeError, "complex"),
        (np.array([None, 1.0]), DTypeError, "objects"),
        (np.zeros(2, np.float16), DTypeError, "float16"),
        (np.zeros(2, ">f8"), DTypeError, "byte order"),
        (np.zeros(1).view(np.recarray), DTypeError, "recarray"),
        (np.ma.array([1.0]), DTypeError, "Masked"),
        ("text", DTypeError, "str"),
        (None, DTypeError, "NoneType"),
        ({"a": "b"}, DTypeError, "nothing that can be differentiated"),
        ([], DTypeError, "nothing that can be differentiated"),
    ],
)
def test_what_has_no_gradient_is_refused(x, error, words):
    with pytest.raises(error) as caught:
        grad(lambda x: np.sum(x))(x)
    assert words in str(caught.value)
    assert "Instead:" in str(caught.value)


@pytest.mark.parametrize(
    ("f", "words"),
    [
        (lambda x: x, "shape (3,)"),
        (lambda x: None, "None"),
        (lambda x: (np.sum(x), 1), "tuple"),
        (lambda x: np.argmax(x), "int64"),
        (lambda x: np.sum(x) > 0, "bool"),
        (lambda x: "no", "str"),
        (lambda x: [x], "list"),
    ],
)
def test_outputs_that_are_no_float_scalar(f, words):
    with pytest.raises(OutputError) as caught:
        grad(f)(X)
    assert words in str(caught.value)


def test_has_aux():
    def f(x):
        y = x**2
        return np.sum(y), {"y": y, "n": 3, "first": y[0]}

    g, aux = grad(f, has_aux=True)(X)
    np.testing.assert_allclose(g, 2 * X)
    np.testing.assert_allclose(aux["y"], X**2)
    assert aux["n"] == 3
    assert aux["first"] == 0.25
    (value, aux), g = value_and_grad(f, has_aux=True)(X)
    assert value == pytest.approx(np.sum(X**2))
    np.testing.assert_allclose(g, 2 * X)
    with pytest.raises(OutputError, match="pair"):
        grad(cube, has_aux=True)(X)


def test_static_arguments():
    def f(x, mode, k=2):
        return np.sum(x**k) if mode == "power" else np.sum(x)

    g = grad(f, static_argnums=2, static_argnames="mode")
    np.testing.assert_allclose(g(X, "power"), 2 * X)
    np.testing.assert_allclose(g(X, "power", 3), 3 * X**2)
    np.testing.assert_allclose(g(X, "sum", 3), np.ones(3))
    np.testing.assert_allclose(g(X, mode="power"), 2 * X)
    assert len(g.specializations) == 3
    with pytest.raises(ArgumentError, match="static and differentiated"):
        grad(f, static_argnums=0)


def test_statics_that_are_equal_but_different():
    def f(x, k):
        return np.sum(x) * (2.0 if k is True else 3.0 if type(k) is int else 4.0)

    g = grad(f, static_argnums=1)
    assert [float(g(X, k)[0]) for k in (1, True, 1.0, 1, True)] == [3.0, 2.0, 4.0, 3.0, 2.0]

    def h(x, zero):
        return np.sum(x) * np.copysign(1.0, zero)

    g = grad(h, static_argnums=1)
    assert [float(g(X, z)[0]) for z in (0.0, -0.0, 0.0)] == [1.0, -1.0, 1.0]


def test_integer_arguments_are_sizes_and_numbers():
    @jit
    def f(x, n):
        return np.sum(x[:n]) * n + np.sum(np.arange(n))

    for n in (2, 3, 1, 0):
        assert f(X, n) == pytest.approx(np.sum(X[:n]) * n + np.sum(np.arange(n)))


def test_a_gradient_that_is_an_argument_is_a_copy():
    y = X + 1
    got = grad(lambda x, y: np.sum(x * y))(X, y)
    assert not np.shares_memory(got, y)
    a, b = grad(lambda x, y: np.sum(x + y), argnums=(0, 1))(X, y)
    assert not np.shares_memory(a, b)


def test_a_function_that_ignores_its_argument_has_gradient_zero():
    np.testing.assert_array_equal(grad(lambda x, y: np.sum(y))(X, X), np.zeros(3))
    np.testing.assert_array_equal(grad(lambda x: 1.0)(X), np.zeros(3))


def test_not_callable():
    with pytest.raises(ArgumentError, match="not callable"):
        grad(3)
