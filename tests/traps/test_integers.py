"""Integers: Python's do not overflow, NumPy's wrap; division, powers, shifts as NumPy has them."""

import numpy as np
import pytest

from adjit import grad, jit, value_and_grad
from adjit.errors import DTypeError

I = np.array([1000, -7, 7, 0])
J = np.array([20, 3, -3, 2])
LONG = np.array([-(2**63), 2**62])

NUMBERS = {
    "products beyond 64 bits": (lambda a: a * a, [4 * 10**9, 5, 2 * 10**9, -(2**40)]),
    "powers beyond 64 bits": (lambda a: a**3, [5, 10**7, 6, -(10**7)]),
    "high powers": (lambda a: a**20, [5, 1000, -3]),
    "negative powers": (lambda a: a**-2, [2, 4]),
    "huge factors": (lambda a: a * 10**30, [3, 0, -4]),
    "huge arguments": (lambda a: a + 1, [2**70, 3, -(2**63)]),
    "bits": (lambda a: (a ^ 3, a & 6, a | 1, a << 2, a >> 1), [6, 7, -9]),
    "quotients": (lambda a: (a // 3, a % 3, a // -3, a % -3, divmod(a, 4)), [7, -7, 0]),
    "huge quotients": (lambda a: (a**3 / 7, 1 / (a**4 + 1), a**3 // 6), [10, 10**7]),
    "huge numbers and floats": (lambda a: (a**3 // 6) * 1.5, [10, 10**7]),
}


@pytest.mark.parametrize("name", NUMBERS)
def test_numbers_of_python(name):
    f, arguments = NUMBERS[name]
    compiled = jit(f)
    for a in arguments:
        expected, got = f(a), compiled(a)
        assert type(got) is type(expected)
        assert (
            got == pytest.approx(expected, rel=1e-15)
            if isinstance(got, float)
            else (got == expected)
        ), a


def test_sizes_to_a_power():
    f = lambda x: np.sum(x) / len(x) ** 4  # noqa: E731
    g = value_and_grad(f)
    for n in (10, 100_000, 20, 3):
        value, dx = g(np.ones(n))
        assert value == pytest.approx(f(np.ones(n)), rel=1e-15)
        np.testing.assert_allclose(dx, float(n) ** -4, rtol=1e-14)


def test_huge_constants_among_floats():
    x = np.array([1.0, 2.0])
    np.testing.assert_array_equal(jit(lambda x: x * 2**70)(x), x * 2**70)
    assert grad(lambda a: a * 2**70)(3.0) == 2.0**70
    got = jit(lambda x: x * 2**70)(x.astype(np.float32))
    assert got.dtype == np.float32
    with pytest.raises(OverflowError):
        jit(lambda x: x + 2**70)(I)


# On both backends: NumPy's integers wrap, and do not trap.
def arithmetic(a, b, c):
    return (
        a**20,
        a // b,
        a % b,
        a // 0,
        a % 0,
        a / 0,
        np.fmod(a, b),
        np.abs(c),
        c // -1,
        -c,
        a << 2,
        a << 70,
        a >> 70,
        a.astype(np.int8),
        (a * 1.5) // b,
        (a * 1.5) % b,
        (a * 1.0) % 0.0,
        (a * 1.0) // 0.0,
        a @ b,
        np.cumsum(a.astype(np.int8)),
        np.prod(a.astype(np.int8)),
        a ** np.abs(b),
        np.sign(a),
        a & b,
        ~a,
        np.sqrt(a),
        a.mean(),
    )


@pytest.mark.parametrize("backend", ["numpy", "numba"])
def test_arrays_of_integers(backend, monkeypatch):
    monkeypatch.setenv("ADJIT_BACKEND", backend)
    with np.errstate(all="ignore"):
        expected = arithmetic(I, J, LONG)
    for k, (got, wanted) in enumerate(zip(jit(arithmetic)(I, J, LONG), expected, strict=True)):
        assert np.asarray(got).dtype == np.asarray(wanted).dtype, k
        np.testing.assert_allclose(got, wanted, rtol=1e-15, err_msg=str(k))


@pytest.mark.parametrize(
    "x",
    [
        np.arange(3),
        np.ones(3, bool),
        True,
        np.int64(2),
        np.array(3),
        np.ones(2, complex),
        1j,
        np.ones(2, np.float16),
        np.ones(2, ">f8"),
        np.ones(2, np.longdouble),
        "text",
        None,
        np.array([1.0, 2.0], object),
        np.datetime64("2020-01-01"),
        np.ma.masked_array([1.0], [True]),
        np.ones(2).view(type("Own", (np.ndarray,), {})),
    ],
    ids=lambda x: type(x).__name__,
)
def test_what_cannot_be_differentiated(x):
    with pytest.raises(DTypeError) as caught:
        grad(lambda a: np.sum(a) * 1.0)(x)
    assert "'a'" in str(caught.value)
    assert "Instead:" in str(caught.value)
