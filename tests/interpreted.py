"""Kernels run by Python itself: hundreds of random graphs in the time that one takes to compile.

The helpers that kernels import are replaced by plain ones, which are strict: new memory is full of
NaN, indices are in range and not negative, every array is given back exactly once.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from compiled import Compiled
from scipy import special

from adjit.codegen.numba_form import emit
from adjit.ir import Graph, verify


class Strict(np.ndarray):
    """An array that refuses indices that count from the end."""

    def __getitem__(self, key: Any) -> Any:
        return np.ndarray.__getitem__(self, _inside(key))

    def __setitem__(self, key: Any, value: Any) -> None:
        np.ndarray.__setitem__(self, _inside(key), value)


def _inside(key: Any) -> Any:
    for k in key if isinstance(key, tuple) else (key,):
        if isinstance(k, (int, np.integer)) and k < 0:
            raise IndexError(f"index {key}")
    return key


def strict(array: Any) -> Any:
    return np.asarray(array).view(Strict)


class Interpreted(Compiled):
    """As `Compiled`, without the compiler."""

    def __init__(self, graph: Graph, layouts: Sequence[str] | None = None) -> None:
        self.graph = verify(graph)
        self.layouts = list(layouts or ["C" if v.shape else "" for v in graph.inputs])
        self.program = emit(graph, self.layouts)
        self.status = 0
        self.live: dict[int, Any] = {}
        lines = self.program.source.split("\n\n\n", 1)[1].splitlines()
        text = "\n".join(line for line in lines if not line.startswith("@njit"))
        self.names = {**HELPERS, "empty": self.empty, "release": self.release, "grow": self.grow}
        exec(compile(text, "<kernel>", "exec"), self.names)
        self.run: Callable[..., Any] = self.names[self.program.entry]

    def kernel(self, *arguments: Any) -> Any:
        given = [strict(a) if np.ndim(a) else a for a in arguments]
        with np.errstate(all="ignore"):
            out = self.run(*given)
        assert not self.live, "memory is not given back"
        return out

    def empty(self, like: Any, *sizes: int) -> Any:
        kind = np.asarray(like).dtype
        made = strict(np.full(sizes, np.nan if kind.kind == "f" else 77, kind))
        self.live[id(made)] = made
        return made

    def release(self, *arrays: Any) -> None:
        for array in arrays:
            del self.live[id(array)]

    def grow(self, array: Any, count: int) -> Any:
        made = self.empty(array.dtype.type(0), max(2 * len(array), count), *array.shape[1:])
        made[: len(array)] = array
        self.release(array)
        return made


def _clear(array: Any) -> None:
    array[...] = 0


def _gemm(
    ta: bool, tb: bool, m: int, n: int, k: int,
    a: Any, a0: int, lda: int, b: Any, b0: int, ldb: int, beta: float, c: Any, c0: int, ldc: int,
) -> None:  # fmt: skip
    def matrix(x: Any, start: int, step: int, rows: int, columns: int) -> Any:
        flat = np.lib.stride_tricks.as_strided
        size = x.itemsize
        plain = np.asarray(x).T if x.flags.f_contiguous and not x.flags.c_contiguous else x
        return flat(np.asarray(plain).reshape(-1)[start:], (rows, columns), (step * size, size))

    left = matrix(a, a0, lda, *((k, m) if ta else (m, k)))
    right = matrix(b, b0, ldb, *((n, k) if tb else (k, n)))
    out = matrix(c, c0, ldc, m, n)
    product = (left.T if ta else left) @ (right.T if tb else right)
    out[...] = product if beta == 0 else beta * out + product


HELPERS: dict[str, Any] = {
    "math": math,
    "np": np,
    "at": lambda k: k,
    "clear": _clear,
    "extent": lambda n: n,
    "reshaped": lambda x, *sizes: np.asarray(x).reshape(sizes).view(Strict),
    "gemm": _gemm,
    "select": lambda c, x, y: x if c else y,
    "radd": lambda x, y: x + y,
    "rmul": lambda x, y: x * y,
    "rmax": max,
    "rmin": min,
    "rnan": lambda bad, x: bad | (x != x),
    "rbeyond": lambda bad, x, limit: bad | (abs(x) > limit),
    "finish": lambda x, bad: np.nan if bad else x,
    "fabs": abs,
    "sqrt": np.sqrt,
    "sign": np.sign,
    "maximum": np.maximum,
    "minimum": np.minimum,
    "divide": np.true_divide,
    "exp": np.exp,
    "log": np.log,
    "tanh": np.tanh,
    "expit": special.expit,
    "sin": np.sin,
    "cos": np.cos,
    "sincos": lambda x: (np.sin(x), np.cos(x)),
    "pow": np.power,
}
