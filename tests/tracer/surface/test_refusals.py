"""What cannot be done is an error that says why and what to write instead."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from surface_run import call, trace_call
from surface_samples.arrays import CUBE, EMPTY, INTS, MASK, ZERO_D, V, X

from adjit.ir.errors import (
    AdjitError,
    DTypeError,
    MatrixError,
    ShapeError,
    UnsupportedError,
)
from adjit.tracer import surface

COMPLEX = np.complex128

CASES: list[tuple[Callable[..., Any], tuple[Any, ...], dict[str, Any], type[Exception], str]] = [
    (np.add, (X, V[:3]), {}, ShapeError, r"\(3, 4\) and \(3,\) do not broadcast"),
    (np.add, (X, X), {"where": MASK}, UnsupportedError, "where= without out="),
    (np.add, (X, X), {"dtype": COMPLEX}, DTypeError, "complex128"),
    (np.add, (INTS, X), {"out": INTS}, DTypeError, "cannot be written into"),
    (np.subtract, (MASK, MASK), {}, DTypeError, "boolean subtract"),
    (np.exp, (MASK,), {}, DTypeError, "float16"),
    (np.power, (INTS, -1), {}, DTypeError, "negative integer powers"),
    (np.reciprocal, (INTS,), {}, DTypeError, "reciprocal of int64"),
    (np.bitwise_and, (X, X), {}, DTypeError, "not supported for the input types"),
    (np.add, (np.ones(2, np.uint8), 300), {}, OverflowError, "out of bounds for uint8"),
    (np.sum, (X,), {"axis": 2}, ShapeError, "axis 2 is out of bounds"),
    (np.sum, (X,), {"axis": (0, 0)}, ShapeError, "repeated axis"),
    (np.sum, (X,), {"axis": 0.5}, AdjitError, "is not an integer"),
    (np.sum, (X,), {"dtype": bool}, DTypeError, "dtype=bool"),
    (np.sum, (X,), {"where": MASK[:2]}, ShapeError, "does not fit"),
    (np.max, (EMPTY,), {}, ShapeError, "size 0 has no value"),
    (np.max, (X,), {"where": MASK}, ShapeError, "needs initial="),
    (np.mean, (X,), {"dtype": int}, DTypeError, "dtype=int64"),
    (np.sum, (X,), {"axis": 0, "out": INTS[0]}, UnsupportedError, "out= has dtype int64"),
    (np.argmax, (EMPTY,), {"axis": 0}, ValueError, "empty sequence"),
    (np.average, (X,), {"weights": V}, ShapeError, "weights="),
    (np.average, (X, 0, V), {}, ShapeError, "weights= and axis 0"),
    (np.linalg.norm, (X, 2), {}, UnsupportedError, "ord=2 over 2 axes"),
    (np.linalg.norm, (CUBE, "nuc"), {}, UnsupportedError, "ord='nuc'"),
    (np.linalg.inv, (V,), {}, MatrixError, "1-dimensional array given"),
    (np.linalg.det, (X,), {}, MatrixError, r"must be square, got \(3, 4\)"),
    (np.linalg.solve, (X[:, :3], V), {}, ShapeError, r"shape \(3, 3\) .* shape \(4,\)"),
    (np.linalg.solve, (X[:, :3], 2.0), {}, ShapeError, "scalar"),
    (np.matmul, (X, X), {}, ShapeError, r"matmul: shapes \(3, 4\) and \(3, 4\)"),
    (np.matmul, (X, 2.0), {}, ShapeError, "scalar"),
    (np.dot, (X, X), {}, ShapeError, "dot: shapes"),
    (np.inner, (X, V[:3]), {}, ShapeError, "inner: shapes"),
    (np.tensordot, (X, X, 3), {}, AdjitError, "axes=3"),
    (np.einsum, ("ij,jk->ik", X, X), {}, ShapeError, "4 and 3"),
    (np.einsum, ("ij->ik", X), {}, AdjitError, "output label"),
    (np.einsum, ("ijk", X), {}, AdjitError, "3 labels for an array with 2 axes"),
    (np.einsum, ("ij,jk", X), {}, AdjitError, "2 terms"),
    (np.reshape, (X, (5, 2)), {}, ShapeError, "cannot be reshaped"),
    (np.transpose, (X, (0, 0)), {}, ShapeError, "repeated axis"),
    (np.squeeze, (X, 0), {}, ShapeError, "axis 0 has size 3"),
    (np.broadcast_to, (X, (2, 4)), {}, ShapeError, "does not fit"),
    (np.concatenate, ([X, V],), {}, ShapeError, "2 and 1 axes"),
    (np.concatenate, ([X, X[:, :3]],), {}, ShapeError, "np.concatenate: axis 1"),
    (np.concatenate, ([ZERO_D],), {}, ShapeError, "scalars cannot be concatenated"),
    (np.stack, ([X, V],), {}, ShapeError, "different numbers of axes"),
    (np.split, (X, 3), {"axis": 1}, ShapeError, "does not divide into 3"),
    (np.pad, (X, 1, "mean"), {}, UnsupportedError, "mode='mean'"),
    (np.pad, (X, 1, "reflect"), {"reflect_type": "odd"}, UnsupportedError, "reflect_type="),
    (np.pad, (X, -1), {}, AdjitError, "negative"),
    (np.repeat, (V, INTS[0]), {}, UnsupportedError, "traced repeats"),
    (np.insert, (V, [1, 2], 0.0), {}, UnsupportedError, "several places"),
    (np.insert, (V, 9, 0.0), {}, IndexError, "out of bounds"),
    (np.take, (V, 9), {}, IndexError, "out of bounds"),
    (np.arange, (np.float64(3.0),), {}, AdjitError, "np.arange of a traced number"),
    (np.zeros, ((2, -1),), {}, ValueError, "negative dimensions"),
    (np.zeros, (3,), {"dtype": COMPLEX}, DTypeError, "complex128"),
    (np.zeros, (3,), {"dtype": object}, DTypeError, "object"),
    (np.array, ([[V[0]], [V[0], V[1]]],), {}, ShapeError, "rows of a list"),
    (np.quantile, (V, np.float64(0.5)), {}, UnsupportedError, "traced q="),
    (np.quantile, (V, 0.5), {"method": "lower"}, UnsupportedError, "method='lower'"),
    (np.gradient, (V, V), {}, UnsupportedError, "coordinates"),
    (np.cross, (V, V), {}, AdjitError, "incompatible dimensions"),
]


@pytest.mark.parametrize(("function", "args", "kwargs", "error", "text"), CASES)
def test_errors(
    function: Callable[..., Any],
    args: tuple[Any, ...],
    kwargs: dict[str, Any],
    error: type[Exception],
    text: str,
) -> None:
    with pytest.raises(error, match=text) as caught:
        trace_call(function, args, kwargs)
    if isinstance(caught.value, AdjitError):
        assert caught.value.remedy or isinstance(caught.value, ShapeError)


@pytest.mark.parametrize("name", sorted(surface.REFUSED))
def test_refused_by_name(name: str) -> None:
    owner: Any = {"np": np}.get(name.split(".")[0])
    if owner is None:
        return
    for part in name.split(".")[1:]:
        owner = getattr(owner, part)
    with pytest.raises(UnsupportedError) as caught:
        trace_call(lambda x: call(owner, x), (X,))
    assert caught.value.remedy == surface.REFUSED[name]


def test_the_nearest_name_is_given() -> None:
    with pytest.raises(UnsupportedError, match="nearest supported name is flip") as caught:
        trace_call(lambda x: call(_named("numpy", "flips"), x), (X,))
    assert "numpy.flips" not in str(caught.value) or "np.flips" in str(caught.value)


def _named(module: str, name: str) -> Callable[..., Any]:
    def function(x: Any) -> Any:
        return x

    function.__module__, function.__qualname__ = module, name
    return function


@pytest.mark.parametrize(
    "write",
    [
        lambda x: np.broadcast_to(x, (2, 3, 4)).__setitem__(0, 1.0),
        lambda x: np.diagonal(x).__setitem__(0, 1.0),
        lambda x: np.diag(x).__setitem__(0, 1.0),
    ],
)
def test_read_only_views_stay_read_only(write: Callable[..., Any]) -> None:
    with pytest.raises(ValueError, match="read-only"):
        trace_call(lambda x: write(x.copy()), (X,))


@pytest.mark.parametrize("make", [lambda x: x.reshape(-1), lambda x: call(np.ascontiguousarray, x)])
def test_a_view_or_a_copy_is_never_guessed(make: Callable[..., Any]) -> None:
    strided = np.ones((3, 8))[:, ::2]

    def program(x: Any) -> Any:
        y = make(x)
        y[0] = 1.0
        return y

    with pytest.raises(UnsupportedError, match="layout"):
        trace_call(program, (strided,))
