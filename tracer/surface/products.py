"""Products of vectors and matrices, each a row of labels for a contraction."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from adjit.ir.errors import ArgumentError, ShapeError
from adjit.ir.values import Operand
from adjit.tracer.arrays import TracedArray
from adjit.tracer.surface import kit
from adjit.tracer.surface.contractions import product
from adjit.tracer.surface.table import lowers
from adjit.tracer.trace import Trace


def _pair(t: Trace, a: Any, b: Any) -> tuple[Operand, Operand]:
    """Both operands in their common dtype."""
    x, y = kit.array(t, a), kit.array(t, b)
    dtype = np.result_type(x.dtype, y.dtype)
    return kit.operand(t, x, dtype), kit.operand(t, y, dtype)


def _agree(t: Trace, name: str, a: Operand, i: int, b: Operand, j: int) -> None:
    """Two axes are summed together: their sizes must agree (size 1 does not broadcast)."""
    try:
        t.sizes.equate(a.shape[i], b.shape[j], name)
    except ShapeError as error:
        raise t.error(
            ShapeError,
            f"{name}: shapes {kit.show(t, a)} and {kit.show(t, b)}: "
            f"axis {i % len(a.shape)} of the first has size {t.sizes.show(a.shape[i])}, "
            f"axis {j % len(b.shape)} of the second {t.sizes.show(b.shape[j])}",
            error.remedy or "transpose or reshape one of them",
        ) from None


def _labels(start: int, n: int) -> list[int]:
    return list(range(start, start + n))


@lowers(np.dot, method="dot")
def dot(t: Trace, a: Any, b: Any) -> TracedArray:
    x, y = _pair(t, a, b)
    if not x.shape or not y.shape:
        return t.wrap(t.builder.mul(x, y))
    left = _labels(0, len(x.shape))
    right = _labels(len(left), len(y.shape))
    place = -1 if len(right) == 1 else -2
    _agree(t, "dot", x, -1, y, place)
    right[place] = left[-1]
    out = [*left[:-1], *(n for n in right if n != left[-1])]
    return t.wrap(product(t, x, left, y, right, out))


@lowers(np.matmul, np.linalg.matmul)
def matmul(t: Trace, x1: Any, x2: Any) -> TracedArray:
    x, y = _pair(t, x1, x2)
    if not x.shape or not y.shape:
        raise t.error(ShapeError, "matmul (@) of a scalar", "use * for scalars")
    n, k, m = 0, 1, 2
    left = [k] if len(x.shape) == 1 else [n, k]
    right = [k] if len(y.shape) == 1 else [k, m]
    _agree(t, "matmul", x, -1, y, -min(len(y.shape), 2))
    core = [label for label in (*left, *right) if label != k]
    return t.wrap(_batched(t, x, left, y, right, core))


def _batched(
    t: Trace, x: Operand, left: Sequence[int], y: Operand, right: Sequence[int], core: Sequence[int]
) -> Operand:
    """A product with leading batch axes that broadcast."""
    p, q = len(x.shape) - len(left), len(y.shape) - len(right)
    t.sizes.broadcast([x.shape[:p], y.shape[:q]])
    batch = _labels(10, max(p, q))
    return product(
        t,
        x,
        [*batch[len(batch) - p :], *left],
        y,
        [*batch[len(batch) - q :], *right],
        [*batch, *core],
    )


def _vector_product(
    t: Trace, name: str, a: Any, b: Any, left: list[int], right: list[int], core: list[int]
) -> TracedArray:
    """A product of stacked vectors and matrices; the label 1 is summed."""
    x, y = _pair(t, a, b)
    if len(x.shape) < len(left) or len(y.shape) < len(right):
        raise t.error(
            ShapeError,
            f"{name}: shapes {kit.show(t, x)} and {kit.show(t, y)} have too few axes",
            f"{name} needs at least {len(left)} and {len(right)}",
        )
    _agree(t, name, x, left.index(1) - len(left), y, right.index(1) - len(right))
    return t.wrap(_batched(t, x, left, y, right, core))


@lowers(np.vecdot)
def vecdot(t: Trace, x1: Any, x2: Any) -> TracedArray:
    return _vector_product(t, "vecdot", x1, x2, [1], [1], [])


if hasattr(np, "matvec"):  # NumPy 2.2

    @lowers(np.matvec)
    def matvec(t: Trace, x1: Any, x2: Any) -> TracedArray:
        return _vector_product(t, "matvec", x1, x2, [0, 1], [1], [0])

    @lowers(np.vecmat)
    def vecmat(t: Trace, x1: Any, x2: Any) -> TracedArray:
        return _vector_product(t, "vecmat", x1, x2, [1], [1, 2], [2])


@lowers(np.linalg.vecdot)
def linalg_vecdot(t: Trace, x1: Any, x2: Any, axis: Any = -1) -> TracedArray:
    return vecdot(
        t, *(x.transpose_view(_axis_last(t, axis, x)) for x in (kit.array(t, x1), kit.array(t, x2)))
    )


def _axis_last(t: Trace, axis: Any, x: TracedArray) -> tuple[int, ...]:
    k = kit.axis_of(t, axis, x.ndim)
    return (*(n for n in range(x.ndim) if n != k), k)


@lowers(np.vdot)
def vdot(t: Trace, a: Any, b: Any) -> TracedArray:
    x, y = _pair(t, a, b)
    # Of equal shapes nothing is fixed but that; of others, the product of all sizes.
    if len(x.shape) == len(y.shape):
        all(t.sizes.decide(n, "==", m) for n, m in zip(x.shape, y.shape, strict=True))
    flat = [kit.flat(t, v) for v in (x, y)]
    _agree(t, "vdot", flat[0], 0, flat[1], 0)
    return t.wrap(product(t, flat[0], [0], flat[1], [0], []))


@lowers(np.inner)
def inner(t: Trace, a: Any, b: Any) -> TracedArray:
    x, y = _pair(t, a, b)
    if not x.shape or not y.shape:
        return t.wrap(t.builder.mul(x, y))
    _agree(t, "inner", x, -1, y, -1)
    left = _labels(0, len(x.shape))
    right = [*_labels(len(left), len(y.shape) - 1), left[-1]]
    return t.wrap(product(t, x, left, y, right, [*left[:-1], *right[:-1]]))


@lowers(np.outer)
def outer(t: Trace, a: Any, b: Any) -> TracedArray:
    x, y = _pair(t, a, b)
    x, y = (kit.flat(t, v) for v in (x, y))
    return t.wrap(product(t, x, [0], y, [1], [0, 1]))


@lowers(np.linalg.outer)
def linalg_outer(t: Trace, x1: Any, x2: Any) -> TracedArray:
    if kit.array(t, x1).ndim != 1 or kit.array(t, x2).ndim != 1:
        raise t.error(ShapeError, "np.linalg.outer takes two vectors", "use np.outer")
    return outer(t, x1, x2)


@lowers(np.tensordot)
def tensordot(t: Trace, a: Any, b: Any, axes: Any = 2) -> TracedArray:
    x, y = _pair(t, a, b)
    if isinstance(axes, (tuple, list)):
        first, second = (
            kit.axes_of(t, k, len(v.shape), "axes") for k, v in zip(axes, (x, y), strict=True)
        )
    else:
        n = int(axes)
        if not 0 <= n <= min(len(x.shape), len(y.shape)):
            raise t.error(
                ArgumentError,
                f"tensordot: axes={n} of arrays with {len(x.shape)} and {len(y.shape)} axes",
                "sum over no more axes than both have",
            )
        first, second = tuple(range(len(x.shape) - n, len(x.shape))), tuple(range(n))
    if len(first) != len(second):
        raise t.error(
            ArgumentError,
            "tensordot: axes= names unequal numbers of axes",
            "name as many axes of a as of b",
        )
    left = _labels(0, len(x.shape))
    right = _labels(len(left), len(y.shape))
    for i, j in zip(first, second, strict=True):
        _agree(t, "tensordot", x, i, y, j)
        right[j] = left[i]
    summed = {left[i] for i in first}
    out = [n for n in [*left, *right] if n not in summed]
    return t.wrap(product(t, x, left, y, right, out), array=True)


@lowers(np.linalg.tensordot)
def linalg_tensordot(t: Trace, x1: Any, x2: Any, axes: Any = 2) -> TracedArray:
    return tensordot(t, x1, x2, axes)


@lowers(np.kron)
def kron(t: Trace, a: Any, b: Any) -> TracedArray:
    x, y = _pair(t, a, b)
    ndim = max(len(x.shape), len(y.shape))
    x, y = (t.builder.reshape(v, (*[1] * (ndim - len(v.shape)), *v.shape)) for v in (x, y))
    left, right = [2 * k for k in range(ndim)], [2 * k + 1 for k in range(ndim)]
    made = product(t, x, left, y, right, range(2 * ndim))
    sizes = tuple(n * m for n, m in zip(x.shape, y.shape, strict=True))
    return t.wrap(t.builder.reshape(made, sizes))


@lowers(np.linalg.multi_dot)
def multi_dot(t: Trace, arrays: Any) -> TracedArray:
    xs = [kit.array(t, x) for x in arrays]
    if len(xs) < 2:
        raise t.error(ArgumentError, "multi_dot takes at least two arrays", "give two or more")
    if len(xs) < 3:
        return dot(t, *xs)
    order = _cheapest(xs)
    return _in_order(t, xs, order, 0, len(xs) - 1)


def _cheapest(xs: Sequence[TracedArray]) -> dict[tuple[int, int], int]:
    """Where to split each run of factors (i, j) for the fewest multiplications: the textbook
    dynamic programme, over the sizes met while tracing."""
    shapes = [
        (1, *x.dims) if k == 0 and x.ndim == 1 else (*x.dims, 1)[:2] for k, x in enumerate(xs)
    ]
    p = [kit.hint(n) for n in (shapes[0][0], *(shape[1] for shape in shapes))]
    cost = {(i, i): 0 for i in range(len(xs))}
    split: dict[tuple[int, int], int] = {}
    for length in range(1, len(xs)):
        for i in range(len(xs) - length):
            j = i + length
            cost[i, j], split[i, j] = min(
                (cost[i, k] + cost[k + 1, j] + p[i] * p[k + 1] * p[j + 1], k) for k in range(i, j)
            )
    return split


def _in_order(
    t: Trace, xs: Sequence[TracedArray], split: dict[tuple[int, int], int], i: int, j: int
) -> TracedArray:
    if i == j:
        return xs[i]
    k = split[i, j]
    return dot(t, _in_order(t, xs, split, i, k), _in_order(t, xs, split, k + 1, j))
