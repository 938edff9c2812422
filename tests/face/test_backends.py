"""Which form runs at which call."""

import numpy as np
import pytest

from adjit import grad, value_and_grad
from adjit.errors import ArgumentError

pytestmark = pytest.mark.compiled


@pytest.fixture(autouse=True)
def unset(monkeypatch, tmp_path):
    monkeypatch.delenv("ADJIT_BACKEND", raising=False)
    monkeypatch.setenv("ADJIT_CACHE_DIR", str(tmp_path / "cache"))


def f(x, y):
    return np.sum(np.tanh(x) * y) + x[0] * y


def machine_code(tmp_path):
    return list((tmp_path / "cache").glob("**/*.nbc"))


def test_the_second_call_compiles(tmp_path):
    g = value_and_grad(f, (0, 1))
    x = np.linspace(0, 1, 5)
    first = g(x, 2.0)
    assert not machine_code(tmp_path)
    second = g(x, 2.0)
    assert machine_code(tmp_path)
    third = g(x, 2.0)
    for value, (dx, dy) in (second, third):
        assert value == pytest.approx(first[0], rel=1e-14)
        np.testing.assert_allclose(dx, first[1][0], rtol=1e-14)
        assert dy == pytest.approx(first[1][1], rel=1e-14)
        assert type(dy) is float
    # another function of the same text loads what is kept, at its first call
    loaded = value_and_grad(f, (0, 1))
    loaded(x, 2.0)
    assert loaded.specializations[0]._runner is not None


def test_much_work_compiles_at_once(tmp_path):
    grad(f)(np.linspace(0, 1, 400_000), 2.0)
    assert machine_code(tmp_path)


def test_a_long_unrolled_loop_is_interpreted_with_a_warning(tmp_path):
    turns = [None] * 1100  # a loop over a list is unrolled

    def unrolled(x):
        for _ in list(turns):
            x = np.sin(x) * 1.01 + 0.1
        return np.sum(x)

    g = grad(unrolled)
    x = np.linspace(0, 1, 3)
    expected = np.ones(3)
    y = x
    for _ in range(1100):
        expected = expected * np.cos(y) * 1.01
        y = np.sin(y) * 1.01 + 0.1
    with pytest.warns(RuntimeWarning, match="unrolled"):
        np.testing.assert_allclose(g(x), expected, rtol=1e-9)
    np.testing.assert_allclose(g(x), expected, rtol=1e-9)
    assert not machine_code(tmp_path)


def test_an_unknown_backend(monkeypatch):
    monkeypatch.setenv("ADJIT_BACKEND", "fortran")
    with pytest.raises(ArgumentError, match="fortran"):
        grad(f)(np.ones(3), 1.0)
