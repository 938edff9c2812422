"""Linear algebra of square matrices: a matrix is factored once for all that needs its factors."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from adjit.codegen.numba_form.lower import Lowering
from adjit.codegen.numba_form.overwrite import copy_into
from adjit.codegen.numba_form.space import Index
from adjit.codegen.numba_form.statements import Factors, Memory
from adjit.ir.dims import Size
from adjit.ir.graph import Equation
from adjit.ir.primitives import structural as st
from adjit.ir.values import Operand, Shape, Type, Value

_PIVOT = np.dtype(np.int32)
_NUMBERS = {"det": "lu_det", "logabsdet": "lu_logarithm", "detsign": "lu_sign"}


def solve(low: Lowering, eqn: Equation) -> None:
    """The right sides are copied into the result and solved for there."""
    a, b = eqn.inputs
    factors, turned = _factors(low, a)
    columns: Size = 1 if len(b.shape) < len(a.shape) else b.shape[-1]
    low.memory(eqn.output)
    copy_into(low, eqn.output, b)
    _whole(low, eqn.output)
    batch = a.shape[:-2]
    sizes = (a.shape[-1], columns)
    _write(low, "solve", eqn.output, batch, factors, turned=turned, sizes=sizes)


def inv(low: Lowering, eqn: Equation) -> None:
    (a,) = eqn.inputs
    factors, turned = _factors(low, a)
    low.memory(eqn.output)
    _whole(low, eqn.output)
    sizes = (a.shape[-1],)
    _write(low, "inverse", eqn.output, a.shape[:-2], factors, turned=turned, sizes=sizes)


def of_factors(low: Lowering, eqn: Equation) -> None:
    """Numbers that the diagonal of the factors gives."""
    (a,) = eqn.inputs
    factors, _ = _factors(low, a)
    low.memory(eqn.output)
    name, sizes = _NUMBERS[eqn.primitive.name], (a.shape[-1],)
    _write(low, "of_factors", eqn.output, a.shape[:-2], factors, name=name, sizes=sizes)


def cholesky(low: Lowering, eqn: Equation) -> None:
    (a,) = eqn.inputs
    low.memory(eqn.output)
    copy_into(low, eqn.output, a)
    _whole(low, eqn.output)
    _write(low, "cholesky", eqn.output, a.shape[:-2], None, sizes=(a.shape[-1],))


def _write(
    low: Lowering,
    kind: str,
    value: Value,
    batch: Shape,
    factors: Factors | None,
    **params: Any,
) -> None:
    """One call for every matrix of the batch."""
    index, axes = low.space.over(batch)
    terms = []
    if factors is not None:
        terms = [(x, _within(low, index, x.shape)) for x in (factors.matrix, factors.pivots)]
    low.write(
        kind, value, axes, _within(low, index, value.shape), terms, batch=len(batch), **params
    )


def _within(low: Lowering, index: Index, shape: Shape) -> Index:
    """All of the part of an array that belongs to one element of the batch."""
    return (*index, *(low.space.axis(n).index for n in shape[len(index) :]))


def _whole(low: Lowering, value: Value) -> Memory:
    """A routine looks at the memory of this value as one block, and writes into it."""
    memory = low.memories[value]
    memory.whole = memory.mutable = True
    return memory


def _factors(low: Lowering, a: Operand) -> tuple[Factors, bool]:
    """The factors of a matrix, and whether they are those of the transposed one."""
    turned = False
    eqn = low.equations.get(a) if isinstance(a, Value) else None
    while eqn is not None and eqn.primitive is st.transpose and _turns(eqn):
        a, turned = eqn.inputs[0], not turned
        eqn = low.equations.get(a) if isinstance(a, Value) else None
    known = low.factors.setdefault(a, [])
    for factors in known:
        if low.scope.within(low.home[factors.pivots]):
            return factors, turned
    factors = _factored(low, a)
    known.append(factors)
    return factors, turned


def _turns(eqn: Equation) -> bool:
    perm = tuple(eqn.params["perm"])
    n = len(perm)
    return perm == (*range(n - 2), n - 1, n - 2)


def _factored(low: Lowering, a: Operand) -> Factors:
    """Factor a copy, where `a` comes up: outside of loops in which it stays the same."""
    copied = low.copy(a, a.type)
    pivots = low.temporary(Type(_PIVOT, a.shape[:-1]), "pivots")
    matrix = low.temporary(a.type, "factors")
    if isinstance(a, Value):
        for value in (copied, pivots, matrix):
            low.hoist(value, a)
    low.store(copied)
    low.take(matrix, copied)
    low.memory(pivots)
    _whole(low, matrix)
    memory = _whole(low, pivots)
    index, axes = low.space.over(a.shape[:-2])
    first, second, third = (int(k) for k in low.position[copied][-3:])
    low.write(
        "factor",
        matrix,
        axes,
        _within(low, index, a.shape),
        [(copied, _within(low, index, a.shape))],
        order=(first, second, third + 2),
        batch=len(a.shape) - 2,
        sizes=(a.shape[-1],),
        pivots=(pivots, _within(low, index, pivots.shape)),
        targets=[memory],
    )
    return Factors(matrix, pivots)


ROWS: dict[str, Callable[[Lowering, Equation], None]] = {
    "solve": solve,
    "inv": inv,
    "det": of_factors,
    "logabsdet": of_factors,
    "detsign": of_factors,
    "cholesky": cholesky,
}
