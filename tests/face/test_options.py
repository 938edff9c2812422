"""`options`: part of what a specialisation is made for, where it has loops."""

import threading

import numpy as np
import pytest

import adjit
from adjit import grad, jit
from adjit.errors import ArgumentError
from adjit.ir.primitives import structural as st
from adjit.options import MEMORY_LIMIT, present

X = np.linspace(0.1, 1.0, 12)


def looped(x):
    s = x[0]
    for i in range(len(x)):
        s = np.sin(s) * x[i]
    return s


@pytest.fixture(autouse=True)
def unset(monkeypatch):
    monkeypatch.delenv("ADJIT_CHECKPOINT", raising=False)
    monkeypatch.delenv("ADJIT_MEMORY_LIMIT", raising=False)


def test_blocks_nest_and_leave_nothing_behind():
    assert (present().checkpoint, present().memory_limit) == ("auto", MEMORY_LIMIT)
    outer = adjit.options(checkpoint="revolve:7")
    with outer:
        with adjit.options(memory_limit=10), outer:
            assert (present().checkpoint, present().memory_limit) == ("revolve:7", 10)
        assert (present().checkpoint, present().memory_limit) == ("revolve:7", MEMORY_LIMIT)
    with pytest.raises(KeyError), adjit.options(checkpoint="none"):
        raise KeyError
    assert present().checkpoint == "auto"


def test_the_environment_gives_what_is_not_chosen(monkeypatch):
    monkeypatch.setenv("ADJIT_CHECKPOINT", "sqrt")
    monkeypatch.setenv("ADJIT_MEMORY_LIMIT", "1000")
    assert (present().checkpoint, present().memory_limit) == ("sqrt", 1000)
    with adjit.options(checkpoint="none"):
        assert (present().checkpoint, present().memory_limit) == ("none", 1000)


@pytest.mark.parametrize("policy", ["", "SQRT", "revolve", "revolve:0", "revolve:x", 3])
def test_unknown_policies(policy, monkeypatch):
    with pytest.raises(ArgumentError, match=r"checkpoint=.* is not known"):
        adjit.options(checkpoint=policy)
    if isinstance(policy, str) and policy:
        monkeypatch.setenv("ADJIT_CHECKPOINT", policy)
        with pytest.raises(ArgumentError, match="ADJIT_CHECKPOINT"):
            grad(looped)(X)


@pytest.mark.parametrize("limit", [-1, 2.5, "1G", True])
def test_limits_that_are_no_number_of_bytes(limit, monkeypatch):
    with pytest.raises(ArgumentError, match="memory_limit"):
        adjit.options(memory_limit=limit)
    monkeypatch.setenv("ADJIT_MEMORY_LIMIT", str(limit))
    with pytest.raises(ArgumentError, match="ADJIT_MEMORY_LIMIT"):
        grad(looped)(X)


@pytest.mark.parametrize("policy", ["none", "sqrt", "revolve:1", "revolve:3", "auto"])
def test_another_choice_makes_another_specialisation_with_the_same_gradient(policy):
    f = grad(looped)
    expected = f(X)
    for _ in range(2):
        with adjit.options(checkpoint=policy):
            np.testing.assert_allclose(f(X), expected, rtol=1e-13)
            np.testing.assert_allclose(f(X[:5]), grad(looped)(X[:5]), rtol=1e-13)
    f(X)
    assert len(f.specializations) == 2


@pytest.mark.parametrize(("policy", "kept"), [("none", 200), ("sqrt", 14), ("revolve:7", 7)])
def test_what_is_kept(policy, kept):
    @grad
    def f(x):
        for _ in range(200):
            x = np.sin(x)
        return np.sum(x)

    with adjit.options(checkpoint=policy):
        f(X)
    stacks = [v for eqn in f.graph().equations for v in eqn.outputs if eqn.primitive is st.empty]
    assert [v.shape[0] for v in stacks] == [kept]


@pytest.mark.parametrize(("limit", "kept"), [(200 * 12 * 8, 200), (200 * 12 * 8 - 1, 15)])
def test_auto_goes_by_the_sizes_of_the_traced_call(limit, kept):
    @grad
    def f(x, n):
        for _ in range(n):
            x = np.sin(x)
        return np.sum(x)

    with adjit.options(memory_limit=limit):
        f(X, 200)
        f(np.ones(1000), 500)
    (spec,) = f.specializations
    assert ("segment" in str(spec.graph)) is (kept == 15)


def test_without_loops_it_is_the_same_code():
    f = grad(lambda x: np.sum(np.sin(x)))
    f(X)
    with adjit.options(checkpoint="sqrt"):
        f(X)
    assert len(f.specializations) == 1


def test_inner_gradients_follow_the_options():
    f = jit(lambda x: grad(looped)(x) @ x)
    value = f(X)
    with adjit.options(checkpoint="sqrt"):
        assert f(X) == pytest.approx(value, rel=1e-13)
    assert len(f.specializations) == 2


def test_options_are_those_of_the_thread():
    seen = []
    with adjit.options(checkpoint="sqrt"):
        thread = threading.Thread(target=lambda: seen.append(present().checkpoint))
        thread.start()
        thread.join()
    assert seen == ["auto"]
