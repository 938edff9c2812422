"""Building small graphs and checking their derivatives in every mode and to second order."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
from graph_eval import evaluate

from adjit.adjoint import jvp, value_and_gradient, vjp
from adjit.ir import Graph, GraphBuilder, Operand, Symbol, SymbolSource, Type, Value, verify
from adjit.ir.dims import symbol_size
from adjit.ir.primitives import elementwise as ew
from adjit.ir.simplify import simplify

Build = Callable[..., Any]


def make(build: Build, *arrays: Any, symbolic: bool = False, names: str = "") -> Graph:
    """The graph of `build(builder, *inputs)`, which returns one operand or several.

    With `symbolic`, sizes of two and more are symbols (the same one for equal sizes).
    """
    symbols: dict[Symbol, SymbolSource] = {}
    by_size: dict[int, Symbol] = {}
    inputs = []
    for k, array in enumerate(map(np.asarray, arrays)):
        shape: list[Any] = list(array.shape)
        for axis, n in enumerate(array.shape):
            if symbolic and n >= 2:
                symbol = by_size.setdefault(n, Symbol(f"n{n}", hint=n, lower=2))
                symbols.setdefault(symbol, SymbolSource(k, axis))
                shape[axis] = symbol_size(symbol)
        name = names[k] if k < len(names) else "xyzuvw"[k]
        inputs.append(Value(Type(array.dtype, tuple(shape)), name))
    builder = GraphBuilder()
    result = build(builder, *inputs)
    outputs = result if isinstance(result, tuple) else (result,)
    return verify(Graph(tuple(inputs), tuple(builder.equations), outputs, symbols))


def finished(graph: Graph) -> Graph:
    """The graph verified, simplified, verified."""
    return verify(simplify(verify(graph)), "simplify")


def total(builder: GraphBuilder, x: Operand) -> Operand:
    """Sum of all entries."""
    return builder.reduce(x, "sum", range(len(x.shape)))


def gradient(
    build: Build, *arrays: Any, wrt: Sequence[int] | None = None, symbolic: bool = False
) -> list[Any]:
    """Gradients of the sum of the first output."""
    wrt = floats(arrays) if wrt is None else wrt
    graph = make(lambda b, *xs: total(b, build(b, *xs)), *arrays, symbolic=symbolic)
    return evaluate(finished(value_and_gradient(graph, wrt)), *arrays)[1:]


def hessian(build: Build, x: Any, *others: Any) -> np.ndarray:
    """Second derivatives of the sum of the output by the entries of x, row by row."""
    x = np.asarray(x, dtype=float)
    first = finished(
        value_and_gradient(make(lambda b, *xs: total(b, build(b, *xs)), x, *others), [0])
    )
    second = finished(value_and_gradient(with_weights(first, [1]), [0]))
    weights = np.eye(x.size).reshape(x.size, *x.shape)
    return np.array([np.ravel(evaluate(second, x, *others, w)[1]) for w in weights])


def floats(arrays: Sequence[Any]) -> list[int]:
    """Numbers of the float arrays."""
    return [k for k, a in enumerate(arrays) if np.asarray(a).dtype.kind == "f"]


def numeric(
    fun: Callable[[list[Any]], float], arrays: Sequence[Any], k: int, step: float = 1e-3
) -> np.ndarray:
    """Gradient of `fun(arrays)` by array k, by central differences of fourth order."""
    base = [np.array(a) for a in arrays]
    out = np.zeros(base[k].shape)
    for place in np.ndindex(base[k].shape):
        values = []
        for factor in (-2, -1, 1, 2):
            moved = [a.copy() for a in base]
            moved[k][place] += factor * step
            values.append(fun(moved))
        out[place] = (values[0] - 8 * values[1] + 8 * values[2] - values[3]) / (12 * step)
    return out


def check(
    build: Build,
    *arrays: Any,
    wrt: Sequence[int] | None = None,
    tol: float = 1e-7,
    second: bool = True,
    symbolic: Sequence[bool] = (False, True),
    step: float = 1e-3,
    float32: bool = True,
) -> None:
    """Compare vjp, jvp, and the derivative of the vjp with differences; and float32 with float64.

    The result is multiplied with random cotangents; differences are of fourth order.
    """
    wrt = floats(arrays) if wrt is None else list(wrt)
    for flag in symbolic:
        graph = make(build, *arrays, symbolic=flag)
        _check_first(graph, arrays, wrt, tol, step)
        if second:
            _check_second(graph, arrays, wrt, 10 * tol, step)
    if float32:
        _check_float32(build, arrays, wrt)


def _random(seed: int, shape: tuple[int, ...]) -> np.ndarray:
    return np.random.default_rng(seed).normal(size=shape)


def _check_first(
    graph: Graph, arrays: Sequence[Any], wrt: Sequence[int], tol: float, step: float
) -> None:
    reverse, forward = finished(vjp(graph, wrt)), finished(jvp(graph, wrt))
    out = evaluate(graph, *arrays)[0]
    ct = _random(1, out.shape)
    gradients = evaluate(reverse, *arrays, ct)[len(graph.outputs) :]
    assert len(gradients) == len(wrt)
    for k, got in zip(wrt, gradients, strict=True):
        expected = numeric(lambda xs: float(np.sum(evaluate(graph, *xs)[0] * ct)), arrays, k, step)
        np.testing.assert_allclose(got, expected, rtol=tol, atol=tol, err_msg=f"input {k}")
    tangents = [_random(2 + k, np.shape(arrays[k])) for k in wrt]
    results = evaluate(forward, *arrays, *tangents)
    moved = results[len(graph.outputs)]
    left = np.sum(moved * ct)
    right = sum(np.sum(g * t) for g, t in zip(gradients, tangents, strict=True))
    np.testing.assert_allclose(
        left, right, rtol=tol / 100, atol=tol / 100, err_msg="jvp against vjp"
    )


def _check_second(
    graph: Graph, arrays: Sequence[Any], wrt: Sequence[int], tol: float, step: float
) -> None:
    first = vjp(graph, wrt)
    out = evaluate(graph, *arrays)[0]
    inputs = [*arrays, _random(1, out.shape)]
    outputs = range(len(graph.outputs), len(first.outputs))
    weights = [_random(20 + k, np.shape(arrays[k])) for k in wrt]
    names = [*wrt, len(arrays)]
    extended = with_weights(first, outputs)
    second = finished(value_and_gradient(extended, names))
    simple = finished(first)
    got = evaluate(second, *inputs, *weights)[1:]

    def along(xs: list[Any]) -> float:
        gradients = evaluate(simple, *xs)[len(graph.outputs) :]
        return float(sum(np.sum(g * w) for g, w in zip(gradients, weights, strict=True)))

    for k, value in zip(names, got, strict=True):
        expected = numeric(along, inputs, k, step)
        np.testing.assert_allclose(
            value, expected, rtol=tol, atol=tol, err_msg=f"second order, input {k}"
        )


def with_weights(graph: Graph, outputs: Sequence[int]) -> Graph:
    """One output: the sum of `outputs` times one more input each."""
    builder = GraphBuilder()
    builder.equations.extend(graph.equations)
    weights = [Value(graph.outputs[k].type, "w") for k in outputs]
    parts = [
        total(builder, builder.emit(ew.mul, graph.outputs[k], w))
        for k, w in zip(outputs, weights, strict=True)
    ]
    result = parts[0]
    for part in parts[1:]:
        result = builder.add(result, part)
    return replace(
        graph,
        inputs=(*graph.inputs, *weights),
        equations=tuple(builder.equations),
        outputs=(result,),
    )


def _check_float32(build: Build, arrays: Sequence[Any], wrt: Sequence[int]) -> None:
    def single(a: Any) -> Any:
        a = np.asarray(a)
        return a.astype(np.float32) if a.dtype.kind == "f" else a

    small = [single(a) for a in arrays]
    wide = [a.astype(float) if a.dtype.kind == "f" else a for a in small]
    results = []
    for given in (small, wide):
        graph = make(build, *given)
        ct = _random(1, evaluate(graph, *given)[0].shape).astype(np.float32)
        ct = ct.astype(graph.outputs[0].type.dtype)
        results.append(evaluate(finished(vjp(graph, wrt)), *given, ct)[len(graph.outputs) :])
    for got, expected in zip(*results, strict=True):
        assert got.dtype == np.float32
        scale = np.max(np.abs(expected), initial=1.0)
        np.testing.assert_allclose(got, expected, rtol=2e-4, atol=2e-5 * scale)
