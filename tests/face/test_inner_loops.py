"""Gradients taken inside of loops and branches that are themselves differentiated.

The reference is the function as Python runs it, where the inner `grad` is called with NumPy's
arrays; its derivative is checked by differences. All of it is one specialisation: nothing is
called while it runs.
"""

import numpy as np
import pytest

import adjit
from adjit import grad, jit, value_and_grad
from adjit.differences import compare, random_direction, tolerance
from adjit.ir.primitives import regions as rg

X = np.array([0.7, -0.4, 1.3])
A = np.array([[2.0, 0.3, 0.1], [0.3, 1.5, -0.2], [0.1, -0.2, 1.8]])


def energy(x, p):
    return np.sum(np.exp(0.3 * x * p)) + 0.5 * x @ x - p @ x


slope_of_energy = grad(energy)
energy_and_slope = value_and_grad(energy)


@grad
def residual(x, p):
    return 0.5 * x @ A @ x - p @ x


def descent(p):
    """A fixed number of steps."""
    x = np.zeros(3)
    for _ in range(20):
        x = x - 0.2 * slope_of_energy(x, p)
    return np.sum(x**2)


def descent_until(p, tol):
    """Steps until the gradient is small."""
    x = np.zeros(len(p))
    for it in range(200):
        value, g = energy_and_slope(x, p)
        if g @ g < tol:
            break
        x = x - 0.2 * g
    return value + np.sum(x) + it


def newton(p):
    """A minimum by the first two derivatives; both are adjit's."""

    def f(x):
        return p * x**4 + x**2 - 3.0 * x

    slope = grad(f)
    curvature = grad(slope)
    x = 1.0
    while abs(slope(x)) > 1e-12:
        x = x - slope(x) / curvature(x)
    return f(x) + x


def reads_what_the_loop_carries(p, n):
    """The inner function uses arrays and numbers of the outer loop that are not its arguments."""
    x, scale, history = p.copy(), 1.0, np.zeros(n)
    for i in range(n):

        def loss(z):
            return np.sum((z * x - scale) ** 2) + history[i - 1] * z[0] + i * z[1]

        g = grad(loss)(p)
        x = x + 0.01 * g
        scale = scale * np.cos(g[0])
        history[i] = np.sum(np.tanh(g))
    return np.sum(x) * scale + history @ history


def loops_inside(p, n):
    """The inner function has a loop and a branch of its own, over what is carried."""
    x = p.copy()
    for i in range(n):

        def inner(z):
            s = z[0]
            for k in range(i + 2):
                s = np.sin(s) * z[k % 3] if s > 0.1 else s + x[k % 3] * z[1]
            return s

        value, g = value_and_grad(inner)(x)
        x = x - 0.1 * g * value
    return np.sum(x * p)


def in_a_branch(p):
    total = 0.0
    for v in p:
        if v > 0:
            total = total + grad(lambda x: np.sin(x) * x)(v)
        else:
            total = total - grad(lambda x: x**3 * p[0])(v)
    return total * total


def writes_in_place(p, n):
    """Gradients stored into rows; the inner function writes to its own copy."""
    rows = np.zeros((n, 3))

    def f(x):
        y = x.copy()
        y[0] *= y[1]
        for k in range(1, 3):
            y[k] += y[k - 1] ** 2
        return np.sum(y)

    x = p
    for i in range(n):
        rows[i] = grad(f)(x)
        x = x + 0.05 * rows[i]
    return np.sum(rows**2)


def hessian_times_vector_descent(p):
    """A product with the Hessian in each turn, until it hardly changes."""
    v, steps = np.ones(3), 0
    x = 0.5 * p
    while steps < 5:
        w = grad(lambda z: slope_of_energy(z, p) @ v)(x)
        size = np.sqrt(w @ w)
        if abs(size - np.sqrt(v @ v)) < 1e-6:
            break
        v = w / size
        steps += 1
        x = x - 0.05 * v
    return size + v[0]


def two_levels(p, n):
    """A descent inside of a descent, the outer one through the inner one."""

    def inner(y):
        x = 0.0
        for _ in range(n):
            x = x - 0.3 * grad(lambda x: (x - y) ** 2 + 0.1 * x**4)(x)
        return x * y

    y = p[0]
    for _ in range(n):
        y = y - 0.1 * grad(inner)(y)
    return y * p[1]


def several_results(p):
    """Dicts of parameters and further results inside of a loop."""
    params = {"w": p.copy(), "b": 0.5}

    def loss(q, x):
        r = q["w"] * x + q["b"]
        return np.sum(r**2), {"mean": np.mean(r), "n": len(x)}

    trail = 0.0
    for i in range(5):
        g, aux = grad(loss, has_aux=True)(params, p * i)
        params = {k: params[k] - 0.02 * g[k] for k in ("w", "b")}
        trail = trail + aux["mean"] / aux["n"]
    return trail + params["b"] + np.sum(params["w"])


def solves(p):
    """A linear system by descent: its solution differentiated through the iterations."""
    x = np.zeros(3)
    turns = 0
    while True:
        g = residual(x, p)
        if np.max(np.abs(g)) < 1e-10 or turns > 300:
            break
        x = x - 0.4 * g
        turns += 1
    return x @ x


def loops_of_unknown_length(p):
    """The inner function's own loop ends when its numbers say so: its gradient stores as many
    values, in one outer turn more of them than in the next."""

    def f(x):
        y = x
        while y * y > 0.01:
            y = y * p[0]
        return y * x

    s, x = 0.0, 1.0
    slope = grad(f)
    for _ in range(4):
        x = x + 0.1 * slope(x)
        s = s + x * grad(slope)(x + 0.05)
    return s


def parts_that_grow(p, n):
    """Arguments whose size changes from turn to turn."""
    s = 0.0
    for i in range(1, n):
        g = grad(lambda z: np.sum(np.sin(z) * p[:i]) ** 2)(p[:i])
        s = s + np.sum(g[-1] * g) + grad(lambda z: np.cos(z[0]) * len(z))(p[i - 1 :])[0]
    return s


def arguments_by_name(p):
    s = 0.0
    g = grad(lambda x, k, name: x**k if name == "power" else x * k, static_argnames="name")
    h = grad(lambda *, scale, rest=2.0: scale**2 * rest, argnums="scale")
    for i in range(5):
        s = s + g(p[0] + i, 2, "power") + g(p[1], i, name="product") + h(scale=p[2] * i)
    return s


def nothing_depends_on_it(p):
    s = 0.0
    for i in range(5):
        s = s + grad(lambda x: 3.0)(p[0]) + grad(lambda x: p[1] * i)(p[0])
    return s + p[0]


CASES = [
    (descent, (X,)),
    (descent_until, (X, 1e-6)),
    (newton, (0.8,)),
    (reads_what_the_loop_carries, (X, 5)),
    (loops_inside, (X, 3)),
    (in_a_branch, (X,)),
    (writes_in_place, (X, 3)),
    (hessian_times_vector_descent, (X,)),
    (two_levels, (X, 3)),
    (several_results, (X,)),
    (solves, (X,)),
    (loops_of_unknown_length, (X,)),
    (parts_that_grow, (X, 3)),
    (arguments_by_name, (X,)),
    (nothing_depends_on_it, (X,)),
]


def cases(chosen):
    names = [function.__name__ for function, _ in chosen]
    return pytest.mark.parametrize(("function", "args"), chosen, ids=names)


def check(function, args, gradient):
    for seed in (0, 1):
        found = compare(
            lambda leaves: float(function(leaves[0], *args[1:])),
            [args[0]],
            [gradient],
            random_direction([args[0]], [True], seed),
            tolerance(single=False),
        )
        assert found.decided
        assert found.agrees, found


@cases(CASES)
def test_the_gradient_through_them(function, args):
    compiled = value_and_grad(function, check=False)
    value, gradient = compiled(*args)
    assert value == pytest.approx(function(*args), rel=1e-12)
    check(function, args, gradient)
    assert len(compiled.specializations) == 1


@cases(CASES)
def test_the_function_alone(function, args):
    assert jit(function)(*args) == pytest.approx(function(*args), rel=1e-12)


def regions(graph, primitive):
    return sum(
        (eqn.primitive is primitive) + sum(regions(r, primitive) for r in eqn.regions)
        for eqn in graph.equations
    )


def test_a_loop_stays_a_loop():
    f = value_and_grad(descent_until)
    f(X, 1e-6)
    (spec,) = f.specializations
    assert regions(spec.forward, rg.while_) == 1
    f(np.append(X, 0.2), 1e-8)  # another size, another number of turns
    assert len(f.specializations) == 1


@pytest.mark.parametrize("policy", ["sqrt", "revolve:3"])
def test_other_checkpoints(policy):
    expected = grad(descent)(X)
    with adjit.options(checkpoint=policy):
        np.testing.assert_allclose(grad(descent)(X), expected, rtol=1e-12)


def test_twice():
    inner = grad(descent, check=False)
    weights = np.array([0.3, -1.0, 0.5])

    def weighted(p):
        return inner(p) @ weights

    check(weighted, (X,), grad(weighted, check=False)(X))


@pytest.mark.compiled
@cases(CASES[1:3])
def test_compiled(function, args, monkeypatch):
    compiled = grad(function, check=False)(*args)
    monkeypatch.setenv("ADJIT_BACKEND", "numpy")
    np.testing.assert_allclose(compiled, grad(function, check=False)(*args), rtol=1e-11)
