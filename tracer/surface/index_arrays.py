"""Index arrays that follow from sizes alone: NumPy computes them while tracing."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from adjit.ir.primitives import elementwise as ew
from adjit.ir.values import Operand, literal
from adjit.tracer.arrays import TracedArray
from adjit.tracer.surface import kit
from adjit.tracer.surface.table import lowers
from adjit.tracer.symint import SymInt
from adjit.tracer.trace import Trace


def _known(t: Trace, function: Callable[..., Any], *args: Any) -> Any:
    """The result for numbers that are known; a symbolic size is specialised."""
    found = function(*(int(x) if isinstance(x, SymInt) else x for x in args))
    if isinstance(found, tuple):
        return tuple(_wrapped(t, x) for x in found)
    return _wrapped(t, found)


def _wrapped(t: Trace, found: Any) -> Any:
    return t.outside.fresh(found) if isinstance(found, np.ndarray) else found


@lowers(np.triu_indices)
def triu_indices(t: Trace, n: Any, k: Any = 0, m: Any = None) -> Any:
    return _known(t, np.triu_indices, n, k, m)


@lowers(np.tril_indices)
def tril_indices(t: Trace, n: Any, k: Any = 0, m: Any = None) -> Any:
    return _known(t, np.tril_indices, n, k, m)


@lowers(np.triu_indices_from)
def triu_indices_from(t: Trace, arr: Any, k: Any = 0) -> Any:
    return _known(t, np.triu_indices, *_matrix(arr, k))


@lowers(np.tril_indices_from)
def tril_indices_from(t: Trace, arr: Any, k: Any = 0) -> Any:
    return _known(t, np.tril_indices, *_matrix(arr, k))


def _matrix(arr: Any, k: Any) -> tuple[Any, Any, Any]:
    if np.ndim(arr) != 2:
        raise ValueError("input array must be 2-d")
    return arr.shape[0], k, arr.shape[1]


@lowers(np.diag_indices)
def diag_indices(t: Trace, n: Any, ndim: Any = 2) -> tuple[TracedArray, ...]:
    line: TracedArray = t.lowered(np.arange, n)
    return (line,) * int(ndim)


@lowers(np.diag_indices_from)
def diag_indices_from(t: Trace, arr: Any) -> tuple[TracedArray, ...]:
    if arr.ndim < 2:
        raise ValueError("input array must be at least 2-d")
    for n in arr.dims[1:]:
        if not t.sizes.decide(n, "==", arr.dims[0]):
            raise ValueError("All dimensions of input must be of equal length")
    return diag_indices(t, arr.shape[0], arr.ndim)


@lowers(np.ix_)
def ix_(t: Trace, *args: Any) -> tuple[TracedArray, ...]:
    out = []
    for k, x in enumerate(args):
        line = kit.array(t, x)
        if line.ndim != 1:
            raise ValueError("Cross index must be 1 dimensional")
        if line.dtype.kind == "b":
            line = t.lowered(np.flatnonzero, line)
        if line.dims[0] == 0:
            line = t.wrap(kit.operand(t, line, np.int64))
        out.append(line.reshape_view([*[1] * k, line.shape[0], *[1] * (len(args) - k - 1)]))
    return tuple(out)


@lowers(np.unravel_index)
def unravel_index(t: Trace, indices: Any, shape: Any, order: str = "C") -> tuple[Any, ...]:
    sizes = kit.as_shape(t, shape)
    if not kit.is_traced(indices):
        known: tuple[Any, ...] = _known(
            t, np.unravel_index, indices, tuple(map(t.sizes.concrete, sizes)), order
        )
        return known
    rest = kit.operand(t, indices, np.int64)
    out = []
    for n in sizes[::-1] if order == "C" else sizes:
        size = t.builder.dim(n)
        out.append(t.wrap(t.builder.emit(ew.mod, rest, size)))
        rest = t.builder.emit(ew.floordiv, rest, size)
    return tuple(out[::-1] if order == "C" else out)


@lowers(np.ravel_multi_index)
def ravel_multi_index(t: Trace, multi_index: Any, dims: Any, order: str = "C") -> Any:
    sizes = kit.as_shape(t, dims)
    indices = [kit.operand(t, x, np.int64) for x in multi_index]
    if len(sizes) != len(indices):
        raise ValueError(f"parameter multi_index must be a sequence of length {len(sizes)}")
    pairs = list(zip(indices, sizes, strict=True))
    total: Operand = literal(0, np.int64)
    for index, n in pairs if order == "C" else pairs[::-1]:
        t.sizes.broadcast([total.shape, index.shape])
        total = t.builder.add(t.builder.mul(total, t.builder.dim(n)), index)
    return t.wrap(total)
