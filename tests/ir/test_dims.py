"""Symbolic sizes: arithmetic against plain integers, canonical form, bounds."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adjit.ir.bounds import at_most, bounds, maximum, minimum
from adjit.ir.dims import Dim, Symbol, as_symbol, floordiv, mod, product, symbol_size, symbols_of
from adjit.ir.substitution import hint, substitute, to_source

N = Symbol("n", hint=7, lower=2)
M = Symbol("m", hint=3, lower=2)
n, m = symbol_size(N), symbol_size(M)


def sizes(depth=3):
    leaves = st.one_of(st.integers(-4, 9), st.just(n), st.just(m))
    return st.recursive(
        leaves,
        lambda inner: st.tuples(
            st.sampled_from(["+", "-", "*", "//", "%", "min", "max"]), inner, inner
        ),
        max_leaves=8,
    )


def build(tree):
    if not isinstance(tree, tuple):
        return tree
    op, a, b = tree[0], build(tree[1]), build(tree[2])
    table = {
        "+": lambda: a + b,
        "-": lambda: a - b,
        "*": lambda: a * b,
        "//": lambda: floordiv(a, b),
        "%": lambda: mod(a, b),
        "min": lambda: minimum(a, b),
        "max": lambda: maximum(a, b),
    }
    return table[op]()


def value(tree, numbers):
    if isinstance(tree, Dim):
        return numbers[as_symbol(tree)]
    if not isinstance(tree, tuple):
        return tree
    op, a, b = tree[0], value(tree[1], numbers), value(tree[2], numbers)
    table = {
        "+": lambda: a + b,
        "-": lambda: a - b,
        "*": lambda: a * b,
        "//": lambda: a // b,
        "%": lambda: a % b,
        "min": lambda: min(a, b),
        "max": lambda: max(a, b),
    }
    return table[op]()


@given(sizes(), st.integers(2, 20), st.integers(2, 20))
def test_arithmetic_agrees_with_integers(tree, a, b):
    numbers = {N: a, M: b}
    try:
        expected = value(tree, numbers)
        size = build(tree)
        got = substitute(size, numbers)
    except ZeroDivisionError:
        return
    assert got == expected
    names = {N: "n", M: "m"}
    assert eval(to_source(size, names.__getitem__) + " * 1", {"n": a, "m": b}) == expected
    low, high = bounds(size)
    assert low is None or low <= expected
    assert high is None or expected <= high


@pytest.mark.parametrize(
    ("a", "b"),
    [
        (n + m, m + n),
        ((n + 1) * (n - 1), n * n - 1),
        (2 * n // 2, n),
        ((n * m) // m, n),
        (n - n, 0),
        (n % n, 0),
        ((n * m) % n, 0),
        (maximum(n - 2, 0), n - 2),
        (minimum(n, 1), 1),
        (3 - (1 - n), n + 2),
    ],
)
def test_canonical(a, b):
    assert a == b
    assert hash(a) == hash(b)


def test_a_constant_is_an_int():
    assert isinstance((n + 1) - n, int)
    assert as_symbol(n) is N
    assert as_symbol(n + 1) is None
    assert symbols_of(n * m + maximum(n - 5, m)) == {N, M}
    assert hint(n * m - 1) == 20
    assert hint(symbol_size(Symbol("k"))) is None
    assert product((n, 2, m)) == 2 * n * m
    assert product(()) == 1


def test_at_most_proves_and_never_guesses():
    assert at_most(2, n)
    assert not at_most(3, n)
    assert at_most(n, n + m)
    assert not at_most(n, m)


def test_hints_do_not_tell_symbols_apart():
    assert symbol_size(Symbol("n", hint=1)) == symbol_size(Symbol("n", hint=2))
