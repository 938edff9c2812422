"""Linear algebra of square matrices, the last two axes; axes before them are a batch.

No shape of the result mentions anything but those of the operands. What NumPy raises (a singular
matrix, one that is not positive definite) is raised when the graph runs.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from adjit.ir.primitives.core import Primitive, require
from adjit.ir.primitives.structural import Params, structural
from adjit.ir.values import Type


def _require_square(name: str, a: Type) -> None:
    require(a.is_float and a.ndim >= 2 and a.shape[-1] == a.shape[-2], f"{name} of {a}")


@structural("solve")
def solve(types: Sequence[Type], params: Params, regions: Sequence[Any]) -> tuple[Type, ...]:
    """`solve(a, b)`: x with a @ x = b. `b` has the axes of `a`, the last one of any size; or `a`
    is a matrix and `b` a vector."""
    a, b = types
    _require_square("solve", a)
    require(a.dtype == b.dtype, f"solve {a}, {b}")
    alike = b.ndim == a.ndim and b.shape[:-1] == a.shape[:-1]
    require(alike or (a.ndim == 2 and b.shape == a.shape[:1]), f"solve {a}, {b}")
    return (b,)


@structural("inv")
def inv(types: Sequence[Type], params: Params, regions: Sequence[Any]) -> tuple[Type, ...]:
    """`inv(a)`: the inverse."""
    _require_square("inv", types[0])
    return (types[0],)


@structural("det")
def det(types: Sequence[Type], params: Params, regions: Sequence[Any]) -> tuple[Type, ...]:
    """`det(a)`: the determinant."""
    _require_square("det", types[0])
    return (types[0].with_shape(types[0].shape[:-2]),)


@structural("logabsdet")
def logabsdet(types: Sequence[Type], params: Params, regions: Sequence[Any]) -> tuple[Type, ...]:
    """`logabsdet(a)`: the logarithm of the absolute value of the determinant; -inf of 0."""
    _require_square("logabsdet", types[0])
    return (types[0].with_shape(types[0].shape[:-2]),)


@structural("detsign")
def detsign(types: Sequence[Type], params: Params, regions: Sequence[Any]) -> tuple[Type, ...]:
    """`detsign(a)`: the sign of the determinant, 1, 0 or -1."""
    _require_square("detsign", types[0])
    return (types[0].with_shape(types[0].shape[:-2]),)


@structural("cholesky")
def cholesky(types: Sequence[Type], params: Params, regions: Sequence[Any]) -> tuple[Type, ...]:
    """`cholesky(a)`: the lower triangular l with l @ l.T = a. What lies above the diagonal of `a`
    is not looked at."""
    _require_square("cholesky", types[0])
    return (types[0],)


#: What raises where there is no result.
RAISING: tuple[Primitive, ...] = (solve, inv, cholesky)
#: All of them.
ALL: tuple[Primitive, ...] = (solve, inv, det, logabsdet, detsign, cholesky)
