"""The capture itself: names, places, sizes, outputs, inner functions."""

from __future__ import annotations

from collections import namedtuple
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from graph_eval import evaluate
from traced import compare, trace

from adjit.ir.dims import Symbol, symbol_size
from adjit.ir.errors import LeakedTraceError, ShapeError, UnsupportedError
from adjit.ir.rewrite import inline
from adjit.ir.simplify import simplify
from adjit.ir.verify import verify
from adjit.tracer import Leaf, OutputLeaf, SizeGuard, Trace, capture, subtrace

X = np.array([1.0, 2.0, 3.0])
M = np.arange(6.0).reshape(2, 3)
Point = namedtuple("Point", "x y")


def names_of(function: Any, *args: Any) -> list[str]:
    graph = simplify(trace(function, *args).captured.graph)
    return [v.name for e in graph.equations for v in e.outputs]


def test_values_get_the_users_names() -> None:
    def f(params, x):
        (W1, b1), (W2, b2) = params
        z1 = W1 @ x + b1
        y1 = np.tanh(z1)
        z2 = W2 @ y1 + b2
        return z2.sum()

    params = [(M, np.ones(2)), (np.ones((1, 2)), np.ones(1))]
    traced = trace(f, params, X)
    assert [v.name for v in traced.captured.graph.inputs] == ["W1", "b1", "W2", "b2", "x"]
    assert names_of(f, params, X) == ["", "z1", "y1", "", "z2", ""]


def test_names_of_written_arrays() -> None:
    def f(x):
        y = np.zeros(3)
        y[0] = x[1]
        y += x
        z = y
        z[1:] *= 2
        return y.sum()

    assert [n for n in names_of(f, X) if n] == ["y", "y", "y", "y"]


def test_first_name_stays() -> None:
    def helper(a):
        inner = a * 2
        return inner

    def f(x):
        out = helper(x)
        other = x
        return out + other

    traced = trace(f, X)
    assert traced.captured.graph.inputs[0].name == "x"
    assert names_of(f, X) == ["inner", ""]


def test_places() -> None:
    def helper(a):
        return np.exp(a)

    def f(x):
        y = helper(x)
        return y * 2

    graph = trace(f, X).captured.graph
    exp, mul = graph.equations
    first = test_places.__code__.co_firstlineno
    assert exp.location is not None
    assert mul.location is not None
    assert exp.location.line == first + 2
    assert exp.location.function == "helper"
    assert exp.location.text == "return np.exp(a)"
    assert Path(exp.location.file) == Path(__file__)
    assert (mul.location.line, mul.location.function) == (first + 6, "f")


def test_sizes_are_unified() -> None:
    traced = trace(lambda x, y, m: (x + y) @ m, X, X, M.T)
    x, y, m = traced.captured.graph.inputs
    assert x.shape == y.shape == m.shape[:1]
    assert set(map(str, traced.captured.graph.symbols)) == {str(x.shape[0]), str(m.shape[1])}
    assert traced.captured.size_guards == ()
    assert not traced.holds(np.ones(4), np.ones(3), M.T)


def test_unification_rewrites_what_was_captured_before() -> None:
    def f(x, y):
        a = np.exp(x)
        b = np.exp(y)
        row = a[None, :]
        c = a[1:] * 2
        s = a + b
        return row + b, c + s[:-1], row

    compare(f, X, X, others=[(np.ones(5), np.arange(5.0))])


def test_sizes_that_differ_by_one() -> None:
    def f(x, y):
        return np.diff(x) * y

    traced = compare(f, np.arange(4.0) ** 2, X, others=[(np.arange(6.0), np.arange(5.0))])
    assert not traced.holds(X, X)


def test_integer_argument_equal_to_a_size() -> None:
    def f(x, n):
        return np.zeros(n) + x

    traced = compare(f, X, 3, others=[(np.ones(5), 5)])
    assert str(traced.captured.scalar_sizes[1]) == "arg_0_0.shape[0]"
    assert not traced.holds(X, 4)


def test_python_needs_a_number() -> None:
    def f(x):
        scales = [1.0, 2.0, 3.0, 4.0]
        total = 0.0
        for k in range(len(x)):
            total += x[k] * scales[k]
        return total

    traced = compare(f, X)
    assert traced.captured.graph.inputs[0].shape == (3,)
    assert not traced.holds(np.ones(4))


def test_decisions_about_sizes_are_guarded() -> None:
    def f(x):
        return x * 2 if len(x) > 5 else x * 3

    traced = compare(f, X, others=[(np.ones(5),)])
    assert not traced.holds(np.ones(6))
    (guard,) = traced.captured.size_guards
    assert isinstance(guard, SizeGuard)
    assert str(guard) == "not arg_0_0.shape[0] > 5" or str(guard) == "arg_0_0.shape[0] <= 5"


def test_provable_decisions_leave_no_guard() -> None:
    def f(x):
        if len(x) >= 2 and x.size > 0 and x.ndim == 1 and len(x) != 0:
            return x[1:] - x[:-1]
        return x

    assert compare(f, X, others=[(np.ones(9),)]).captured.size_guards == ()


def test_size_one_and_zero() -> None:
    compare(lambda x, y: x + y, np.ones((1, 3)), np.ones((4, 1)))
    compare(lambda x: (x.sum(), x * 2, x[:0]), np.ones((0, 3)))
    compare(lambda x, n: np.zeros(n) + x, X, 1)


def test_output_structures() -> None:
    @dataclass
    class Result:
        value: Any
        note: str

    def f(x):
        return {"a": [x, 1, "text", None], "p": Point(x[0], (x.sum(), 2.0)), "n": len(x)}

    compare(f, X)
    traced = trace(lambda x: Result(x * 2, "n"), X)
    outputs = traced.captured.outputs
    assert outputs.value == OutputLeaf(0, weak=False, kind="array")
    assert outputs.note == "n"


def test_kinds_of_outputs() -> None:
    compare(
        lambda x, s: (x, x[0], x.sum(), np.array(2.0), s, s * 2, s * x[0], 3.5, np.float32(1)),
        X,
        2.0,
    )
    compare(lambda x, b: (b, not x.shape[0], x if b is not None else x), X, None)


def test_output_that_is_an_input() -> None:
    graph = trace(lambda x: (x, x), X).captured.graph
    assert graph.outputs == (graph.inputs[0], graph.inputs[0])


class Scaled:
    """A transform: multiplies what its function returns by three."""

    def __init__(self, function: Any) -> None:
        self.function = function

    def __call__(self, *args: Any) -> Any:
        return 3 * self.function(*args)

    def _adjit_trace_(self, t: Trace, args: Any, kwargs: Any) -> Any:
        graph, captured, tree = subtrace(t, self.function, args, lambda xs: (tuple(xs), kwargs))
        verify(graph)
        operands = [t.lift(x) for x in args]
        (result,) = inline(graph, t.builder, [*operands, *captured])
        assert isinstance(tree, OutputLeaf)
        return 3 * t.wrap(result, weak=tree.weak, array=tree.kind == "array")


OUTER = np.array([5.0, 6.0, 7.0])


def test_inner_functions() -> None:
    def f(x, y):
        s = y * 2

        def inner(z):
            w = z * s + OUTER * len(x)
            w[0] = s[1]
            return np.sum(w * x)

        return Scaled(inner)(x) + Scaled(lambda a, b: a * b)(2.0, s[0]) + Scaled(np.sum)(s)

    compare(f, X, X + 1)


def test_inner_of_inner() -> None:
    def f(x):
        def outer(y):
            v = y * x
            return np.sum(v) * Scaled(lambda z: np.sum(z * v * x))(y)

        return Scaled(outer)(x + 1)

    compare(f, X)


def test_inner_functions_do_not_write_to_the_outside() -> None:
    def writes(x):
        y = x * 2

        def inner(z):
            y[0] = z[0]
            return z

        return Scaled(inner)(x) + y

    def rebinds(x):
        kept = None

        def inner(z):
            nonlocal kept
            kept = z
            return z

        return Scaled(inner)(x) + kept

    def writes_view(x):
        y = x * 2

        def inner(z):
            y[1:][0] = z[0]
            return z

        return Scaled(inner)(x) + y

    def appends(x):
        items = []

        def inner(z):
            items.append(z)
            return z

        return Scaled(inner)(x) + items[0]

    for function in (writes, rebinds, writes_view, appends):
        with pytest.raises((LeakedTraceError, UnsupportedError)):
            trace(function, X)


def test_deterministic() -> None:
    def f(x, m):
        y = (m @ x).reshape(-1, 1)
        y[0] = OUTER.sum()
        return y[y > 1].sum()

    assert str(trace(f, X, M).captured.graph) == str(trace(f, X, M).captured.graph)


def test_capture_by_hand() -> None:
    n = Symbol("n", 3, 2)
    leaf = Leaf("x", np.dtype(np.float64), (symbol_size(n),), "C", "array")
    found = capture(lambda x: {"loss": np.sum(x**2)}, [leaf], lambda xs: (tuple(xs), {}), name="f")
    assert found.outputs == {"loss": OutputLeaf(0, weak=False, kind="numpy")}
    (value,) = evaluate(found.graph, X)
    assert value == 14.0
    assert found.hidden == ()


def test_shape_error_in_a_helper() -> None:
    def helper(a, b):
        return a @ b

    with pytest.raises(ShapeError) as caught:
        trace(lambda x, m: helper(m, x[:2]), X, M)
    assert caught.value.location is not None
    assert caught.value.location.function == "helper"
    assert caught.value.location.text == "a @ b"
