"""A trace is never used when something that it depended on has changed."""

import sys
import types

import numpy as np
import pytest

from adjit import grad, jit, value_and_grad

X = np.array([1.0, 2.0, 3.0])
SCALE = 2.0
WEIGHTS = np.array([1.0, 1.0, 1.0])
LAYERS = [np.ones(3), 2 * np.ones(3)]
CONFIG = {"power": 2}


def helper(x):
    return x * SCALE


@pytest.fixture(autouse=True)
def restored():
    before = (SCALE, WEIGHTS.copy(), [a.copy() for a in LAYERS], dict(CONFIG), helper)
    yield
    g = globals()
    g["SCALE"], w, layers, config, g["helper"] = before
    g["WEIGHTS"] = w
    LAYERS[:] = layers
    CONFIG.clear()
    CONFIG.update(config)


def test_a_changed_global_number():
    g = grad(lambda x: np.sum(helper(x)))
    np.testing.assert_allclose(g(X), 2.0)
    globals()["SCALE"] = 5.0
    np.testing.assert_allclose(g(X), 5.0)
    globals()["SCALE"] = 2
    np.testing.assert_allclose(g(X), 2.0)


def test_a_global_array_is_read_at_each_call():
    g = grad(lambda x: np.sum(WEIGHTS * x))
    np.testing.assert_allclose(g(X), 1.0)
    WEIGHTS[1] = 7.0
    np.testing.assert_allclose(g(X), [1.0, 7.0, 1.0])
    globals()["WEIGHTS"] = np.array([3.0, 4.0, 5.0])
    np.testing.assert_allclose(g(X), [3.0, 4.0, 5.0])
    assert len(g.specializations) == 1
    globals()["WEIGHTS"] = 2.0
    np.testing.assert_allclose(g(X), 2.0)
    globals()["WEIGHTS"] = np.ones(3, np.float32)
    np.testing.assert_allclose(g(X), 1.0)


def test_containers_and_their_items():
    def f(x):
        total = 0.0
        for w in LAYERS:
            total = total + np.sum(w * x ** CONFIG["power"])
        return total

    g = grad(f)
    np.testing.assert_allclose(g(X), 6 * X)
    LAYERS[0][:] = 0.0
    np.testing.assert_allclose(g(X), 4 * X)
    LAYERS.append(np.ones(3))
    np.testing.assert_allclose(g(X), 6 * X)
    LAYERS[1] = np.zeros(3)
    np.testing.assert_allclose(g(X), 2 * X)
    CONFIG["power"] = 3
    np.testing.assert_allclose(g(X), 3 * X**2)


def test_a_changed_callee():
    g = grad(lambda x: np.sum(helper(x)))
    np.testing.assert_allclose(g(X), 2.0)
    globals()["helper"] = lambda x: x * 9.0
    np.testing.assert_allclose(g(X), 9.0)


def test_a_callee_whose_code_was_exchanged():
    def inner(x):
        return x * 2.0

    def other(x):
        return x * 3.0

    g = grad(lambda x: np.sum(inner(x)))
    np.testing.assert_allclose(g(X), 2.0)
    inner.__code__ = other.__code__
    np.testing.assert_allclose(g(X), 3.0)


def test_the_same_code_with_other_closures():
    def make(k, w):
        return grad(lambda x: np.sum(k * w * x))

    a, b = make(2.0, np.ones(3)), make(3.0, 2 * np.ones(3))
    np.testing.assert_allclose(a(X), 2.0)
    np.testing.assert_allclose(b(X), 6.0)


def test_a_rebound_closure_variable():
    k = 2.0

    def f(x):
        return np.sum(k * x)

    g = grad(f)
    np.testing.assert_allclose(g(X), 2.0)
    k = 4.0
    np.testing.assert_allclose(g(X), 4.0)


def test_attributes():
    class Config:
        rate = 2.0

    class Model:
        def __init__(self):
            self.w = np.ones(3)
            self.config = Config()

        def loss(self, x):
            return np.sum(self.w * x) * self.config.rate

    m = Model()
    g = grad(m.loss)
    np.testing.assert_allclose(g(X), 2.0)
    m.w[0] = 5.0
    np.testing.assert_allclose(g(X), [10.0, 2.0, 2.0])
    m.w = 2 * np.ones(3)
    np.testing.assert_allclose(g(X), 4.0)
    m.config.rate = 3.0
    np.testing.assert_allclose(g(X), 6.0)
    Config.rate = 1.0
    np.testing.assert_allclose(g(X), 6.0)
    m.config = Config()
    np.testing.assert_allclose(g(X), 2.0)


def test_a_user_module(tmp_path, monkeypatch):
    module = types.ModuleType("adjit_user_config")
    module.RATE = 2.0
    monkeypatch.setitem(sys.modules, "adjit_user_config", module)
    namespace = {"np": np, "config": module}
    file = tmp_path / "prog.py"
    file.write_text("def f(x):\n    return np.sum(x) * config.RATE\n")
    exec(compile(file.read_text(), str(file), "exec"), namespace)
    g = grad(namespace["f"])
    np.testing.assert_allclose(g(X), 2.0)
    module.RATE = 3.0
    np.testing.assert_allclose(g(X), 3.0)


def test_one_specialisation_serves_all_sizes_above_one():
    g = value_and_grad(lambda w, x: np.mean(np.tanh(x @ w) ** 2))
    rng = np.random.default_rng(0)
    for n in (5, 2, 17, 3):
        w, x = rng.standard_normal(4), rng.standard_normal((n, 4))
        value, dw = g(w, x)
        assert value == pytest.approx(np.mean(np.tanh(x @ w) ** 2))
        assert dw.shape == (4,)
    assert len(g.specializations) == 1
    g(np.ones(4), np.ones((1, 4)))
    assert len(g.specializations) == 2
    g(np.ones(6), np.ones((9, 6)))
    assert len(g.specializations) == 2


def test_broadcasting_is_decided_anew_for_size_one():
    f = jit(lambda x, y: np.sum(x * y))
    for n, m in ((3, 3), (3, 1), (1, 3), (1, 1), (4, 4)):
        assert f(np.ones(n), np.ones(m)) == max(n, m)


def test_a_branch_on_a_size_is_decided_anew():
    def f(x):
        if x.shape[0] > 3:
            return np.sum(x)
        return np.sum(x) * 10.0

    g = grad(f)
    for n in (5, 3, 2, 4, 10):
        np.testing.assert_allclose(g(np.ones(n)), 1.0 if n > 3 else 10.0)
    assert len(g.specializations) == 2


def test_layouts_and_strides():
    rng = np.random.default_rng(1)
    w = rng.standard_normal((4, 6))
    g = grad(lambda x: np.sum(np.sin(x) * w[: x.shape[0], : x.shape[1]]))
    base = rng.standard_normal((8, 12))
    for x in (
        base[:4, :6],
        np.asfortranarray(base[:4, :6]),
        base[::2, ::2],
        base[3::-1, :6],
        base[:6, :4].T,
        np.broadcast_to(base[0, :6], (4, 6)),
    ):
        got = g(x)
        np.testing.assert_allclose(got, np.cos(x) * w)
        assert got.shape == x.shape
