"""Functions that call themselves: traced call by call, with an end, or an error that counts."""

import numpy as np
import pytest
from traced import compare, trace

from adjit import grad
from adjit.ir.errors import TraceError
from adjit.tracer import trace as trace_module

X = np.array([0.5, 1.5, 2.0])


def power(x, n):
    if n == 0:
        return np.ones_like(x)
    half = power(x * x, n // 2)
    return half if n % 2 == 0 else x * half


def product(x, tree):
    return x[tree] if isinstance(tree, int) else product(x, tree[0]) + np.sin(product(x, tree[1]))


def even(x, n):
    return x if n == 0 else odd(np.sin(x), n - 1)


def odd(x, n):
    return np.cos(x) if n == 0 else even(x * x, n - 1)


def collatz(x, n):
    """A recursion whose branches depend on numbers, with an end that does not."""
    if n == 0:
        return x
    return collatz(0.5 * x, n - 1) if x > 1.0 else collatz(3.0 * x + 1.0, n - 1)


def fibonacci(x, n):
    return x if n < 2 else fibonacci(x, n - 1) + fibonacci(0.9 * x, n - 2)


def endless(x):
    return x + endless(0.5 * x)


def until_small(x):
    if x < 0.1:
        return x
    return until_small(0.5 * x) + x


def test_recursions_with_an_end():
    compare(lambda x: power(x, 13), X)
    compare(lambda x: product(x, ((0, 1), (2, (1, 0)))), X)
    compare(lambda x: even(x, 7), X)
    compare(lambda x: collatz(x, 5), 0.3, others=[(7.0,), (1.0,)])
    compare(lambda x: power(x, 2**60), np.ones(3))
    assert len(trace(lambda x: power(x, 200), X).captured.graph.equations) < 20


def test_a_recursion_that_grows_too_large(monkeypatch):
    monkeypatch.setattr(trace_module, "MAX_EQUATIONS", 500)
    with pytest.raises(
        TraceError, match=r"grown to \d+ operations: fibonacci calls itself"
    ) as found:
        trace(lambda x: fibonacci(x, 25), 0.5)
    assert "calls deep" in found.value.reason
    assert found.value.location.function == "fibonacci"


def test_a_recursion_without_an_end():
    with pytest.raises(TraceError, match=r"endless calls itself, \d{3,} calls deep") as found:
        trace(endless, 0.5)
    assert "write it as a loop" in found.value.remedy
    assert found.value.location.function == "endless"


def test_a_recursion_whose_end_depends_on_numbers():
    with pytest.raises(TraceError, match="whether it goes on depends on numbers") as found:
        grad(until_small)(0.5)
    assert found.value.location.function == "until_small"


def test_the_same_as_a_loop():
    def looped(x):
        total = 0.0
        while x >= 0.1:
            total = total + x
            x = 0.5 * x
        return total + x

    assert grad(looped, check=True)(0.5) == pytest.approx(2.0 - 2.0**-3)
    compare(looped, 0.5, others=[(3.0,), (0.01,)])
    assert looped(0.7) == pytest.approx(until_small(0.7))
