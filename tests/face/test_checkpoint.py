"""`checkpoint`: the function that it wraps means what it meant, and is run once more backwards."""

import pickle
from dataclasses import dataclass

import numpy as np
import pytest
from traced import compare

from adjit import check_grads, checkpoint, grad, value_and_grad
from adjit.errors import AdjitError, DataDependentError, TraceError
from adjit.ir.primitives import regions as rg

X = np.linspace(0.2, 1.4, 5)


@checkpoint
def wave(x):
    """Of x."""
    return np.sin(np.exp(np.cos(x)))


def checkpoints(graph):
    return sum(
        (eqn.primitive is rg.checkpoint) + sum(map(checkpoints, eqn.regions))
        for eqn in graph.equations
    )


def test_called_plainly_it_is_the_function():
    np.testing.assert_array_equal(wave(X), np.sin(np.exp(np.cos(X))))
    assert (wave.__name__, wave.__doc__) == ("wave", "Of x.")
    assert pickle.loads(pickle.dumps(wave)) is wave
    assert repr(wave) == "<adjit.checkpoint of wave>"


def test_the_backward_pass_runs_it_once_more():
    @value_and_grad
    def f(x):
        for _ in range(30):
            x = wave(x)
        return np.sum(x)

    f(X)
    (spec,) = f.specializations
    assert checkpoints(spec.forward) == 1
    code = "".join(line.partition("#")[0] for line in f.source().splitlines())
    assert code.count("np.exp") == 2
    assert code.count("np.empty") == 1  # one value is kept for each turn
    check_grads(f, (X,), order=2)


def test_what_it_returns_keeps_its_identity():
    @checkpoint
    def changed(x, y):
        x[0] = y[1]
        part = y[1:]
        part *= 2.0
        z = x * y
        return x, part, z, z[::2], {"z": z, "n": len(y), "none": None, "two": 2}

    def f(x, y):
        x, y = x.copy(), y.copy()
        a, part, z, half, tree = changed(x, y)
        a[1] += 1.0  # x itself
        part[0] -= 0.5  # y[1]
        half *= 3.0  # z, and tree["z"]
        assert tree["z"] is z
        return np.sum(x * y) + np.sum(tree["z"] ** 2) * tree["n"]

    compare(f, X, X + 1.0, others=[(X[:3], X[:3] + 1.0)])
    check_grads(f, (X, X + 1.0))


def test_what_it_changes_outside_of_it_is_changed():
    @dataclass
    class State:
        x: object
        history: list
        steps: int = 0

    @checkpoint
    def advance(state, scale):
        state.x = np.sin(state.x) * scale
        state.history.append(np.sum(state.x))
        state.steps += 1
        state.last = state.x[0]

    def f(x):
        state, scale = State(x.copy(), []), 1.0
        total = 0.0

        @checkpoint
        def add(y):
            nonlocal total, scale
            total = total + np.sum(y)
            scale = scale * y[0]

        for _ in range(2):
            advance(state, scale)
            add(state.x)
        return total * state.steps + state.history[0] * state.last + state.history[-1] + scale

    compare(f, X)
    check_grads(f, (X,))


def test_inside_of_loops_branches_and_itself():
    @checkpoint
    def inner(x, k):
        return x * np.cos(x + k)

    @checkpoint
    def outer(x, n):
        for k in range(n):
            x = inner(x, k) if np.sum(x) > 0.5 else inner(x, 0.5 * k)
        return x

    def f(x, n):
        steps = 0
        while np.sum(x) > 0.1 and steps < n:
            x = outer(x, 6)
            steps += 1
        return np.sum(x) * steps

    compare(f, X, 9)
    check_grads(f, (X, 9), argnums=0)


def test_a_number_of_turns_that_leaves_it():
    @checkpoint
    def descend(x):
        for k in range(100):
            x = 0.7 * x
            if x < 0.3:
                break
        return x, k

    def f(x, y):
        x, k = descend(x)
        for i in range(k):
            x = x * y[0] + i
        return x + k + y[1]

    compare(f, 2.0, X, others=[(0.9, X)])


def test_methods_and_inner_gradients():
    class Model:
        def __init__(self, w):
            self.w = w

        @checkpoint
        def layer(self, x):
            return np.tanh(self.w * x)

        def loss(self, x):
            return np.sum(self.layer(self.layer(x)) ** 2)

    model = Model(X)
    check_grads(model.loss, (X,), order=2)

    def f(x):
        return np.sum(grad(lambda y: np.sum(wave(y) * x))(x) ** 2)

    check_grads(f, (X,))


def test_a_function_without_source():
    made = {"np": np, "wave": wave}
    exec("def native(x): return wave(x) * 2", made)
    f = grad(lambda x: np.sum(made["native"](x)))
    f(X)
    assert checkpoints(f.specializations[0].forward) == 1


def test_refusals_name_the_line():
    @checkpoint
    def positive(x):
        return x[x > 0.5]

    with pytest.raises(DataDependentError, match=r"shape of .* is computed inside") as caught:
        grad(lambda x: np.sum(positive(x)))(X)
    assert "without checkpoint" in caught.value.remedy
    assert caught.value.location is not None

    items = iter([1.0, 2.0])

    @checkpoint
    def takes():
        return next(items)

    with pytest.raises((TraceError, AdjitError)) as caught:
        grad(lambda x: np.sum(x) * takes())(X)
    assert caught.value.location is not None


def test_nothing_but_plain_numbers():
    @checkpoint
    def plain(x, k):
        return x, k + 1, "name", None

    def f(x):
        y, k, *_ = plain(x, 2)
        y[0] = 3.0
        return np.sum(x) * k

    compare(lambda x: f(x.copy()), X)
    assert checkpoints(compare(lambda x: f(x.copy()), X).captured.graph) == 0
