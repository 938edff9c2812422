"""Linear algebra of square matrices.

The rules are those of M. Giles, "Collected matrix derivative results for forward and reverse mode
algorithmic differentiation" (2008), and of I. Murray, "Differentiation of the Cholesky
decomposition" (2016), written in the same primitives.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from adjit.adjoint.arithmetic import negative, plus, times
from adjit.adjoint.context import Context, DenseRule, ForwardRule
from adjit.ir import Equation, GraphBuilder, Operand, Primitive, Shape, literal
from adjit.ir.indexing import Gather, Slice, Spec, full
from adjit.ir.primitives import elementwise as ew
from adjit.ir.primitives import linear_algebra as la
from adjit.ir.primitives import structural as st

# Matrices, with any batch axes before.


def _turned(builder: GraphBuilder, x: Operand) -> Operand:
    """The transposed matrices."""
    n = len(x.shape)
    return builder.transpose(x, (*range(n - 2), n - 1, n - 2))


def _product(builder: GraphBuilder, a: Operand, b: Operand) -> Operand:
    """`a @ b`; b may be a vector."""
    batch = tuple(range(10, 8 + len(a.shape)))
    right, out = ((1,), (0,)) if len(b.shape) < len(a.shape) else ((1, 2), (0, 2))
    return builder.emit(
        st.contract,
        a,
        b,
        a_axes=(*batch, 0, 1),
        b_axes=(*batch, *right),
        out_axes=(*batch, *out),
    )


def _outer(builder: GraphBuilder, a: Operand, b: Operand) -> Operand:
    """`a @ b.T`, of vectors the outer product."""
    if len(a.shape) == 1:
        return builder.emit(st.contract, a, b, a_axes=(0,), b_axes=(1,), out_axes=(0, 1))
    batch = tuple(range(10, 8 + len(a.shape)))
    return builder.emit(
        st.contract,
        a,
        b,
        a_axes=(*batch, 0, 2),
        b_axes=(*batch, 1, 2),
        out_axes=(*batch, 0, 1),
    )


def _of_each(builder: GraphBuilder, number: Operand) -> Operand:
    """One number for each matrix, in a shape that broadcasts to the matrices."""
    return builder.reshape(number, (*number.shape, 1, 1)) if number.shape else number


def _places(builder: GraphBuilder, shape: Shape) -> tuple[Operand, Operand]:
    """The row and the column of each entry of a matrix."""
    count = builder.emit(st.iota, size=shape[-1])
    return builder.reshape(count, (shape[-1], 1)), count


def _halved(builder: GraphBuilder, x: Operand) -> Operand:
    """x below the diagonal, half of it on the diagonal, 0 above."""
    row, column = _places(builder, x.shape)
    half = times(builder, x, literal(0.5, x.type.dtype))
    zero = literal(0, x.type.dtype)
    rest = builder.emit(ew.select, builder.emit(ew.eq, row, column), half, zero)
    return builder.emit(ew.select, builder.emit(ew.gt, row, column), x, rest)


def _symmetric(builder: GraphBuilder, x: Operand) -> Operand:
    """The symmetric matrix with the lower triangle of x."""
    row, column = _places(builder, x.shape)
    return builder.emit(ew.select, builder.emit(ew.ge, row, column), x, _turned(builder, x))


# Solutions of equations, the inverse.


def _solve(context: Context, eqn: Equation, ct: Operand) -> Iterator[tuple[int, Operand]]:
    builder, (a, b) = context.builder, eqn.inputs
    back = builder.emit(la.solve, _turned(builder, a), ct)
    if context.wants(b):
        yield 1, back
    if context.wants(a):
        yield 0, builder.neg(_outer(builder, back, eqn.output))


def _solve_forward(context: Context, eqn: Equation, tangents: Sequence[Operand | None]) -> Operand:
    builder, (da, db) = context.builder, tangents
    total = db
    if da is not None:
        part = builder.neg(_product(builder, da, eqn.output))
        total = part if db is None else plus(builder, db, part)
    assert total is not None
    return builder.emit(la.solve, eqn.inputs[0], total)


def _inv(context: Context, eqn: Equation, ct: Operand) -> Iterator[tuple[int, Operand]]:
    builder = context.builder
    turned = _turned(builder, eqn.output)
    yield 0, builder.neg(_product(builder, turned, _product(builder, ct, turned)))


def _inv_forward(context: Context, eqn: Equation, tangents: Sequence[Operand | None]) -> Operand:
    builder, (tangent,), x = context.builder, tangents, eqn.output
    assert tangent is not None
    return builder.neg(_product(builder, x, _product(builder, tangent, x)))


# Determinants.


def _det(context: Context, eqn: Equation, ct: Operand) -> Iterator[tuple[int, Operand]]:
    builder = context.builder
    yield 0, times(builder, _of_each(builder, ct), _cofactors(context, eqn))


def _det_forward(context: Context, eqn: Equation, tangents: Sequence[Operand | None]) -> Operand:
    return _summed(context, tangents[0], _cofactors(context, eqn))


def _logabsdet(context: Context, eqn: Equation, ct: Operand) -> Iterator[tuple[int, Operand]]:
    builder = context.builder
    inverse = builder.emit(la.inv, eqn.inputs[0])
    yield 0, times(builder, _of_each(builder, ct), _turned(builder, inverse))


def _logabsdet_forward(
    context: Context, eqn: Equation, tangents: Sequence[Operand | None]
) -> Operand:
    inverse = context.builder.emit(la.inv, eqn.inputs[0])
    return _summed(context, tangents[0], _turned(context.builder, inverse))


def _summed(context: Context, tangent: Operand | None, slope: Operand) -> Operand:
    builder = context.builder
    assert tangent is not None
    n = len(slope.shape)
    return builder.reduce(builder.mul(tangent, slope), "sum", (n - 2, n - 1))


def _cofactors(context: Context, eqn: Equation) -> Operand:
    """The derivative of a determinant: up to 3 by 3 without a division, right for any matrix;
    else by the inverse, which a singular matrix does not have."""
    builder, a = context.builder, eqn.inputs[0]
    n, dtype = a.shape[-1], a.type.dtype
    if n == 1:
        return builder.full(1, a.shape, dtype)
    if n == 2:
        back = (*map(full, a.shape[:-2]), Slice(1, 2, -1), Slice(1, 2, -1))
        row, column = _places(builder, a.shape)
        turned = builder.index(a, back)
        return builder.emit(
            ew.select, builder.emit(ew.eq, row, column), turned, negative(builder, turned)
        )
    if n == 3:
        near, far = (
            builder.emit(ew.mod, builder.add(builder.emit(st.iota, size=3), literal(k)), literal(3))
            for k in (1, 2)
        )
        pairs = ((near, near), (far, far), (near, far), (far, near))
        one, other, third, fourth = (_crossing(builder, a, i, j) for i, j in pairs)
        return builder.sub(builder.mul(one, other), builder.mul(third, fourth))
    inverse = _turned(builder, builder.emit(la.inv, a))
    return builder.mul(_of_each(builder, eqn.output), inverse)


def _crossing(builder: GraphBuilder, a: Operand, rows: Operand, columns: Operand) -> Operand:
    """The entries where these rows and columns cross."""
    spec: Spec = (*map(full, a.shape[:-2]), Gather(0, True), Gather(1, True))
    return builder.index(a, spec, (builder.reshape(rows, (*rows.shape, 1)), columns))


# The Cholesky factor: only the lower triangle of its operand counts.


def _cholesky(context: Context, eqn: Equation, ct: Operand) -> Iterator[tuple[int, Operand]]:
    builder = context.builder
    upper = _turned(builder, eqn.output)
    middle = _symmetric(builder, _product(builder, upper, ct))
    left = builder.emit(la.solve, upper, middle)
    both = builder.emit(la.solve, upper, _turned(builder, left))
    yield 0, _halved(builder, both)


def _cholesky_forward(
    context: Context, eqn: Equation, tangents: Sequence[Operand | None]
) -> Operand:
    builder, (tangent,), factor = context.builder, tangents, eqn.output
    assert tangent is not None
    left = builder.emit(la.solve, factor, _symmetric(builder, tangent))
    both = builder.emit(la.solve, factor, _turned(builder, left))
    return _product(builder, factor, _halved(builder, both))


DENSE: dict[Primitive, DenseRule] = {
    la.solve: _solve,
    la.inv: _inv,
    la.det: _det,
    la.logabsdet: _logabsdet,
    la.cholesky: _cholesky,
}
FORWARD: dict[Primitive, ForwardRule] = {
    la.solve: _solve_forward,
    la.inv: _inv_forward,
    la.det: _det_forward,
    la.logabsdet: _logabsdet_forward,
    la.cholesky: _cholesky_forward,
}
