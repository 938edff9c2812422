"""dtypes and kinds of results: NumPy 2's promotion with weak Python scalars."""

from __future__ import annotations

import operator
from typing import Any

import numpy as np
import pytest
from traced import assert_same, compare, trace

from adjit.ir.errors import DTypeError

VALUES: list[Any] = [
    2.5,
    True,
    np.float64(1.5),
    np.float32(1.5),
    np.int64(3),
    np.int32(3),
    np.bool_(True),
    np.array([1.5, 2.5]),
    np.array([1.5, 2.5], np.float32),
    np.array([1, 2]),
    np.array([1, 2], np.int32),
    np.array([True, False]),
    np.array(2.0),
    np.array([1, 2], np.uint8),
]
ARITHMETIC = [
    operator.add,
    operator.sub,
    operator.mul,
    operator.truediv,
    operator.floordiv,
    operator.mod,
    operator.pow,
]
COMPARE = [operator.lt, operator.le, operator.gt, operator.ge, operator.eq, operator.ne]
IDS = [f"{type(v).__name__}-{getattr(v, 'dtype', '')}-{np.ndim(v)}d" for v in VALUES]


def expectation(op: Any, a: Any, b: Any) -> Any:
    try:
        with np.errstate(all="ignore"):
            return op(a, b)
    except (TypeError, ValueError, OverflowError) as error:
        return error


@pytest.mark.parametrize("b", VALUES, ids=IDS)
@pytest.mark.parametrize("a", VALUES, ids=IDS)
def test_binary(a: Any, b: Any) -> None:
    for op in (*ARITHMETIC, *COMPARE):
        expected = expectation(op, a, b)
        if isinstance(expected, Exception):
            with pytest.raises((TypeError, ValueError, NotImplementedError)):
                trace(lambda x, y, op=op: op(x, y), a, b)(a, b)
        elif getattr(expected, "dtype", None) == np.float16:
            with pytest.raises(DTypeError):
                trace(lambda x, y, op=op: op(x, y), a, b)
        elif op is operator.pow and type(a) is type(b) is bool:
            continue
        else:
            traced = trace(lambda x, y, op=op: op(x, y), a, b)
            assert_same(traced(a, b), expected)


@pytest.mark.parametrize("number", [2, 2.0, True, -1, 0.5])
@pytest.mark.parametrize("a", VALUES, ids=IDS)
def test_python_numbers_in_the_code(a: Any, number: Any) -> None:
    for op in (operator.add, operator.mul, operator.truediv, operator.lt):
        for function in (lambda x, op=op: op(x, number), lambda x, op=op: op(number, x)):
            expected = expectation(lambda x, y, f=function: f(x), a, None)
            if isinstance(expected, OverflowError):
                with pytest.raises((OverflowError, DTypeError), match="out of bounds"):
                    trace(function, a)
                continue
            if op is operator.lt and number == -1 and getattr(a, "dtype", None) == np.uint8:
                continue  # NumPy compares with integers that do not fit; here it is refused
            assert_same(trace(function, a)(a), expected)


def test_float32_stays() -> None:
    x = np.array([1.0, 2.0], np.float32)
    compare(lambda x: x * 2.0 + 1 - True, x)
    compare(lambda x: np.sqrt(x) / 3, x)
    compare(lambda x: x * np.float64(2.0), x)
    compare(lambda x: x * x.shape[0], x)
    compare(lambda x: x / len(x), x)
    compare(lambda x, s: x * s, x, 2.5)
    compare(lambda x: x.mean() * 2, x)
    compare(lambda x: x.sum() + np.ones(3), x)


def test_sizes_as_numbers() -> None:
    x = np.arange(5.0)
    compare(lambda x: len(x) / 2, x, others=[(np.arange(7.0),)])
    compare(lambda x: x.sum() / x.size, x, others=[(np.arange(7.0),)])
    compare(lambda x: len(x) ** 0.5 + 1.5 * len(x), x, others=[(np.arange(7.0),)])
    compare(
        lambda x, n: (x * n, n * 2, n / 2, n // 2, n % 3, n**2, -n, abs(n)), x, 4, others=[(x, 7)]
    )
    compare(lambda x: np.float64(2.0) * len(x), x)


def test_float_of_a_scalar() -> None:
    compare(lambda x: float(x[0]) * 2, np.array([1.5, 2.0], np.float32))
    compare(lambda s: float(s) + 1, 2.5)
    compare(lambda x: np.float32(x[0]) * 2, np.array([1.5]))
    compare(lambda x: np.float64(x), np.array([1.5], np.float32))


@pytest.mark.parametrize("dtype", [np.complex128, np.float16, np.longdouble, object])
def test_unsupported_dtypes(dtype: Any) -> None:
    outside = np.ones(3, dtype)
    with pytest.raises(DTypeError):
        trace(lambda x: x * outside, np.ones(3))


def test_inplace_casting() -> None:
    def add_float(i):
        i += 0.5
        return i

    def divide(i):
        i /= 2
        return i

    def single(x):
        x += np.ones(3)
        x *= 2.5
        x **= 2
        return x

    for function in (add_float, divide):
        with pytest.raises(TypeError, match="same_kind"):
            trace(function, np.arange(3))
    compare(single, np.ones(3, np.float32))

    def grow(x):
        x += np.ones((2, 3))
        return x

    with pytest.raises(ValueError, match="non-broadcastable output"):
        trace(grow, np.ones(3))
