"""Programs in which names share memory: value and gradient are those of NumPy's own run."""

import textwrap

import numpy as np
import pytest
from trap_tools import differences, program

from adjit import grad, value_and_grad
from adjit.errors import UnsupportedError

X = np.array([1.0, 2.0, 3.0])

PROGRAMS = [
    textwrap.dedent(text).strip()
    for text in (
        """
    def f(x):
        y = x
        y += 1
        return np.sum(x * y)
    """,
        """
    def f(x):
        y = x
        y = y + 1
        return np.sum(x * y)
    """,
        """
    def f(x):
        y = x[:]
        y *= 2
        return np.sum(x * x)
    """,
        """
    def f(x):
        y = x.copy()
        z = y.T
        z[0] = 5.0
        return np.sum(y * x)
    """,
        """
    def f(x):
        y = np.exp(x)
        z = y * y
        y[0] = 0.0
        return np.sum(z) + np.sum(y)
    """,
        """
    def f(x):
        y = np.exp(x)
        y *= y
        return np.sum(y)
    """,
        """
    def f(x):
        y = x.copy()
        y[::-1] += x
        return np.sum(y ** 2)
    """,
        """
    def f(x):
        y = x.copy()
        y[1:] += y[:-1]
        return np.sum(y ** 2)
    """,
        """
    def f(x):
        y = x.copy()
        y[:-1] = y[1:]
        return np.sum(y ** 2)
    """,
        """
    def f(x):
        y = x.copy()
        y[:] = y[::-1]
        return np.sum(y * np.arange(3.0))
    """,
        """
    def f(x):
        y = x.copy()
        for i in range(3):
            r = y[i:i + 1]
            r *= i
        return np.sum(y ** 2)
    """,
        """
    def f(x):
        m = np.zeros((2, 3))
        for r in m:
            r += x
        return np.sum(m ** 2)
    """,
        """
    def f(x):
        m = np.zeros((3, 2)).T
        m[0] = x
        m[1, ::-1] = x * 2
        return np.sum(m ** 2 * np.arange(6.0).reshape(2, 3))
    """,
        """
    def h(v, out):
        out[:] = v * 2

    def f(x):
        o = np.empty(3)
        h(x, o)
        h(o, o)
        return np.sum(o ** 2)
    """,
        """
    def f(x):
        y = x.reshape(3, 1)
        y += 1
        return np.sum(x ** 2)
    """,
        """
    def f(x):
        y = x.ravel()
        y[0] = 7.0
        return np.sum(x ** 2)
    """,
        """
    def f(x):
        y = x.flatten()
        y[0] = 7.0
        return np.sum(x ** 2)
    """,
        """
    def f(x):
        a = np.asarray(x)
        a[0] = 7.0
        return np.sum(x ** 2)
    """,
        """
    def f(x):
        a = np.array(x)
        a[0] = 7.0
        return np.sum(x ** 2)
    """,
        """
    def f(x):
        y = x.copy()
        y[[0, 0, 1]] += 1.0
        return np.sum(y ** 2)
    """,
        """
    def f(x):
        y = x.copy()
        y[[0, 0, 1]] = x * np.array([1.0, 2.0, 3.0])
        return np.sum(y ** 2)
    """,
        """
    def f(x):
        y = x.copy()
        np.add.at(y, [0, 0, 1], x)
        return np.sum(y ** 2)
    """,
        """
    def f(x):
        return np.sum(x[[0, 0, 1]] ** 2)
    """,
        """
    def f(x):
        return np.sum(x[[-1, 2, -3]] * np.arange(1.0, 4.0))
    """,
        """
    def f(x):
        y = np.zeros(5)
        y[[-1, 4, 0]] = x
        return np.sum(y ** 2)
    """,
        """
    def f(x):
        a, b = (x[:2], x[1:])
        a += b
        return np.sum(x ** 2)
    """,
        """
    def f(x):
        y = np.zeros(3)
        y[...] = x
        y[...] *= y
        return y.sum()
    """,
        """
    def f(x):
        y = x.copy()
        y.fill(2.0)
        return np.sum(y * x)
    """,
        """
    def f(x):
        y = x.copy()
        y.sort()
        return np.sum(y * np.arange(3.0))
    """,
        """
    def f(x):
        y = np.full_like(x, x[0] * 2)
        return np.sum(y * x)
    """,
        """
    def f(x):
        y = np.full(3, x[1])
        return np.sum(y * x)
    """,
        """
    def f(x):
        y = np.zeros_like(x)
        y[0] = x[1]
        return np.sum(y * x)
    """,
        """
    def f(x):
        return np.sum(np.array([x[0], x[1] * 2, 3.0]) ** 2)
    """,
        """
    def f(x):
        y = np.empty_like(x)
        np.multiply(x, x, out=y)
        return y.sum()
    """,
        """
    def f(x):
        y = x.copy()
        np.exp(y, out=y)
        return y.sum()
    """,
        """
    def f(x):
        y = x.copy()
        y[y > 1.5] = 0.0
        return np.sum(y * x)
    """,
        """
    def f(x):
        y = x.copy()
        y[y > 1.5] *= 3.0
        return np.sum(y * x)
    """,
        """
    def f(x):
        y = x.copy()
        v = y[y > 1.5]
        v *= 3.0
        return np.sum(y * x)
    """,
        """
    def f(x):
        y = x.copy()
        np.putmask(y, y > 1.5, 0.0)
        return np.sum(y * x)
    """,
        """
    def f(x):
        y = x.copy()
        np.copyto(y, x * 2, where=x > 1.5)
        return np.sum(y * x)
    """,
        """
    def f(x):
        y = x.copy()
        np.put(y, [0, 1], [5.0, 6.0])
        return np.sum(y * x)
    """,
        """
    def f(x):
        y = x.copy()
        np.fill_diagonal(y[None, :], 9.0)
        return np.sum(y * x)
    """,
        """
    def f(x):
        y = np.broadcast_to(x, (2, 3))
        return np.sum(y ** 2)
    """,
        """
    def f(x):
        y = np.tile(x, 2)
        y[0] = 1.0
        return np.sum(y ** 2)
    """,
        """
    def f(x):
        m = np.stack([x, x * 2])
        c = m[:, 0]
        c += 10
        m.T[1] = 4.0
        return np.sum(m ** 2)
    """,
        """
    def f(x):
        m = np.outer(x, x)
        d = np.diagonal(m)
        return np.sum(d ** 2)
    """,
        """
    def f(x):
        m = np.outer(x, x)
        m[np.diag_indices(3)] = 0.0
        return np.sum(m)
    """,
        """
    def f(x):
        m = np.outer(x, x)
        m[np.tril_indices(3)] *= 2.0
        return np.sum(m)
    """,
        """
    def f(x):
        y = x.copy()
        y[1], y[0] = (y[0], y[1])
        return np.sum(y * np.arange(3.0))
    """,
        """
    def f(x):
        y = x.copy()
        t = y[0]
        y[0] = 5.0
        return t * np.sum(y)
    """,
        """
    def f(x):
        y = x.copy()
        t = y[0:1]
        y[0] = 5.0
        return t[0] * np.sum(y)
    """,
        """
    def f(x):
        y = np.moveaxis(x.reshape(1, 3), 0, 1)
        y[0, 0] = 2.0
        return np.sum(x ** 2)
    """,
        """
    def f(x):
        y = x.squeeze()
        y -= y.mean()
        return np.sum(x ** 3)
    """,
        """
    def f(x):
        l = [x, x]
        l[0] += 1
        return np.sum(l[1] ** 2)
    """,
        """
    def f(x):
        d = {'a': x}
        d['a'] += 1
        d['a'] = d['a'] * 2
        return np.sum(x * d['a'])
    """,
        """
    def f(x):
        y = x.real
        y[0] = 2.0
        return np.sum(x ** 2)
    """,
        """
    def f(x):
        a, b, c = x
        a += 1
        return a * np.sum(x)
    """,
        """
    def f(x):
        for v in x:
            v += 1
        return np.sum(x ** 2)
    """,
        """
    def f(x):
        y = np.split(x, 3)
        y[0] += 1
        return np.sum(x ** 2)
    """,
        """
    def f(x):
        y = x[None]
        y[:, ::-1] -= 2
        return np.sum(x ** 2)
    """,
        """
    def f(x):
        y = x.swapaxes(0, 0)
        y[0] = 0
        return np.sum(x ** 2)
    """,
        """
    def f(x):
        y = x[np.newaxis].T
        y[0, 0] = 0
        return np.sum(x ** 2)
    """,
        """
    def f(x):
        y = x[[0, 1, 2]]
        y[0] = 0
        return np.sum(x ** 2)
    """,
        """
    def f(x):
        y = np.ascontiguousarray(x)
        y[0] = 0
        return np.sum(x ** 2)
    """,
        """
    def f(x):
        y = np.ascontiguousarray(x[::-1])
        y[0] = 0
        return np.sum(x ** 2)
    """,
        """
    def f(x):
        y = np.atleast_2d(x)
        y[0] = 0
        return np.sum(x ** 2)
    """,
        """
    def f(x):
        y = np.flip(x)
        y[0] = 0
        return np.sum(x ** 2)
    """,
        """
    def f(x):
        y = np.resize(x, 6)
        y[0] = 0
        return np.sum(x ** 2) + y.sum()
    """,
    )
]


def check(text):
    f = program(text)
    x = X.copy()
    value, dx = value_and_grad(f)(x)
    np.testing.assert_array_equal(x, X, err_msg="the argument was changed")
    np.testing.assert_allclose(value, f(X.copy()), rtol=1e-14)
    np.testing.assert_allclose(dx, differences(f, X), rtol=1e-6, atol=1e-6)


@pytest.mark.parametrize("text", PROGRAMS)
def test_shared_memory(text):
    check(text)


@pytest.mark.compiled
@pytest.mark.parametrize("text", PROGRAMS[::6])
def test_shared_memory_compiled(text):
    check(text)


@pytest.mark.parametrize(
    ("text", "error"),
    [
        ("y = np.broadcast_to(x, (2, 3))\n    y[0, 0] = 1.0", ValueError),
        ("y = np.outer(x, x).diagonal()\n    y[0] = 1.0", ValueError),
        ("y = x.copy()\n    y.shape = (3, 1)", UnsupportedError),
        ("y = x.copy()\n    y.resize(5)", UnsupportedError),
        ("y = x.copy()\n    y.flat[0] = 3.0", UnsupportedError),
        ("y = x.view()", UnsupportedError),
    ],
)
def test_what_raises(text, error):
    with pytest.raises(error):
        grad(program(f"def f(x):\n    {text}\n    return np.sum(y * x[0])"))(X)


def test_an_integer_copy_has_no_gradient():
    np.testing.assert_array_equal(grad(lambda x: np.sum(x.astype(int) * x))(X + 0.5), [1, 2, 3])


def test_function_that_writes_into_its_argument_and_a_row_of_it():
    def scale(row, factor):
        row *= factor
        row[0] = factor

    def f(m):
        total = m.copy()
        for k, row in enumerate(total):
            scale(row, k + 1.5)
        for column in total.T:
            column += column[::-1]
        return np.sum(total**2)

    m = np.arange(6.0).reshape(2, 3)
    np.testing.assert_allclose(grad(f)(m), differences(f, m), rtol=1e-6, atol=1e-6)
